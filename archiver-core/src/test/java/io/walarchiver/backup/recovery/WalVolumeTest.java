package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalVolumeTest {

    @TempDir
    Path directory;

    private final Owners owners = Owners.of(BackupRestoreSettings.Ownership.IGNORE);
    private Path wal;

    @BeforeEach
    void makeALog() throws IOException {
        wal = Files.createDirectories(directory.resolve("pgdata/pg_wal"));
        Files.createDirectories(wal.resolve("archive_status/deeper"));
        Files.writeString(wal.resolve("archive_status/deeper/file"), "deep");
        Files.writeString(wal.resolve("segment"), "log");
        Files.createSymbolicLink(wal.resolve("link"), Path.of("segment"));
    }

    private void assertMoved(Path target) throws IOException {
        assertThat(Files.readSymbolicLink(wal)).isEqualTo(target);
        assertThat(target.resolve("segment")).hasContent("log");
        assertThat(target.resolve("archive_status/deeper/file")).hasContent("deep");
        assertThat(Files.readSymbolicLink(target.resolve("link"))).isEqualTo(Path.of("segment"));
    }

    @Test
    void theContentIsMovedAndTheLinkMade() throws IOException {
        Path target = directory.resolve("volume/pg_wal");

        WalVolume.link(wal, target, owners);
        assertMoved(target);

        WalVolume.link(wal, target, owners);
        assertMoved(target);
    }

    @Test
    void aMoveToAnotherFileSystemCopies() throws IOException {
        Path memory = Path.of("/dev/shm");
        FileStore here = Files.getFileStore(directory);
        assumeTrue(
                Files.isWritable(memory) && !Files.getFileStore(memory).equals(here),
                "/dev/shm is not a writable file system of its own");
        Path target = Files.createTempDirectory(memory, "wal-archiver-test").resolve("pg_wal");
        try {
            WalVolume.link(wal, target, owners);
            assertMoved(target);
        } finally {
            try (Stream<Path> all = Files.walk(target.getParent())) {
                all.sorted(Comparator.reverseOrder())
                        .forEach(path -> path.toFile().delete());
            }
        }
    }

    /** The states a process that died can leave. */
    @ParameterizedTest
    @ValueSource(strings = {"target made", "half moved", "all moved", "directory removed"})
    void anInterruptedMoveGoesOn(String state) throws IOException {
        Path target = Files.createDirectories(directory.resolve("volume/pg_wal"));
        if (!state.equals("target made")) {
            Files.move(wal.resolve("segment"), target.resolve("segment"));
            Files.createDirectories(target.resolve("archive_status/deeper"));
            Files.writeString(target.resolve("archive_status/deeper/other"), "moved before");
        }
        if (state.equals("all moved") || state.equals("directory removed")) {
            Files.move(wal.resolve("archive_status/deeper/file"), target.resolve("archive_status/deeper/file"));
            Files.delete(wal.resolve("archive_status/deeper"));
            Files.delete(wal.resolve("archive_status"));
            Files.move(wal.resolve("link"), target.resolve("link"));
        }
        if (state.equals("directory removed")) {
            Files.delete(wal);
        }

        WalVolume.link(wal, target, owners);

        assertMoved(target);
    }

    @Test
    void aLinkToSomewhereElseIsAnError() throws IOException {
        Path other = directory.resolve("pgdata/other");
        Files.createSymbolicLink(other, Path.of("/elsewhere"));

        assertThatThrownBy(() -> WalVolume.link(other, directory.resolve("volume/pg_wal"), owners))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/elsewhere");
    }
}
