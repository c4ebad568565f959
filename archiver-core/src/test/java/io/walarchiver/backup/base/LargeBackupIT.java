package io.walarchiver.backup.base;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backups of any size fit a small heap and the budget of buffers. */
@Timeout(600)
class LargeBackupIT {

    private static final long GIB = 1L << 30;
    private static final int BUFFER_BYTES = 8 << 20;

    @TempDir
    Path directory;

    private Path cluster() throws IOException {
        Path pgdata = directory.resolve("pgdata");
        FakeCluster unused = FakeCluster.create(pgdata, SegmentSize.DEFAULT);
        Files.createDirectories(pgdata.resolve("base/1"));
        Files.writeString(pgdata.resolve("postgresql.conf"), "");
        return pgdata;
    }

    private static void sparse(Path file, long length) throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(length);
        }
    }

    private String run(Path pgdata, String compression, int buffers) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process probe = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        // The budget, and what compressors and file channels need besides.
                        "-XX:MaxDirectMemorySize=" + (buffers * BUFFER_BYTES + (8 << 20)),
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LargeBackupProbe.class.getName(),
                        pgdata.toString(),
                        compression,
                        Integer.toString(BUFFER_BYTES),
                        Integer.toString(buffers))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(probe.waitFor(8, TimeUnit.MINUTES)).isTrue();
        } finally {
            probe.destroyForcibly();
        }
        String printed = Files.readString(output);
        assertThat(probe.exitValue()).as(printed).isZero();
        return printed;
    }

    /** Nine of the ten gigabytes in one file, which is more than the classic header of a member can tell. */
    @Test
    void tenGigabytesNeedNoMoreMemoryThanTenMegabytes() throws IOException, InterruptedException {
        Path pgdata = cluster();
        sparse(pgdata.resolve("base/1/large"), 9 * GIB);
        sparse(pgdata.resolve("base/1/16384"), GIB);

        assertThat(run(pgdata, "NONE", 4))
                .contains("left: 0")
                .containsPattern("most buffers: [12]\n")
                .containsPattern("read: 107374\\d{5}\n")
                .containsPattern("stored: 107374\\d{5}\n");
    }

    @Test
    void manySmallFilesNeedNoMoreMemoryEither() throws IOException, InterruptedException {
        Path pgdata = cluster();
        for (int database = 2; database < 4; database++) {
            Path base = Files.createDirectory(pgdata.resolve("base/" + database));
            for (int file = 0; file < 5_000; file++) {
                Files.createFile(base.resolve(Integer.toString(16_384 + file)));
            }
        }

        assertThat(run(pgdata, "LZ4", 2)).contains("most buffers: 1", "left: 0");
    }
}
