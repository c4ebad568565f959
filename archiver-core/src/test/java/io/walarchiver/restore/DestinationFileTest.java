package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.SIZE;
import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationFileTest {

    private static final String SEGMENT = "0000000A0000000200000003";

    @TempDir
    Path directory;

    private RestoreFixture fixture;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RestoreFixture(directory);
        fixture.archiveSegment(SEGMENT, Compression.ZSTD);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        fixture.assertNothingLeft();
    }

    private Throwable failureAt(Path destination) {
        return catchThrowable(
                () -> fixture.pipeline().restore(name(SEGMENT), destination).block());
    }

    @Test
    void missingDirectoryIsNamed() {
        assertThat(failureAt(fixture.pgWal.resolve("no/such/RECOVERYXLOG")))
                .isInstanceOf(RestoreException.DestinationUnusable.class)
                .hasMessageContaining("no/such does not exist");
        assertThat(fixture.events).containsExactly("failed " + SEGMENT + " destination_unusable");
    }

    @Test
    void fileInThePlaceOfTheDirectoryIsNamed() throws IOException {
        Path file = Files.writeString(fixture.pgWal.resolve("file"), "x");

        assertThat(failureAt(file.resolve("RECOVERYXLOG")))
                .isInstanceOf(RestoreException.DestinationUnusable.class)
                .hasMessageContaining(file + " does not exist");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void directoryInThePlaceOfTheFileIsNamed(boolean largerThanBuffers) throws IOException {
        Files.createDirectories(fixture.destination().resolve("not-empty"));
        if (largerThanBuffers) {
            fixture.pool = new BufferPool(64 << 10, 6);
        }

        assertThat(failureAt(fixture.destination()))
                .isInstanceOf(RestoreException.DestinationUnusable.class)
                .hasMessageContaining("a directory is in its place");
    }

    @Test
    void deniedPermissionIsNamed() {
        DestinationFile destination = new DestinationFile(fixture.destination(), false);

        assertThat(destination.unusable(name(SEGMENT), 1, new AccessDeniedException("x")))
                .hasMessageContaining("permission")
                .hasMessageContaining(fixture.pgWal.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Disk quota exceeded"})
    void fullFileSystemIsRecognisedByWhatTheSystemSays(String text) {
        DestinationFile destination = new DestinationFile(fixture.destination(), false);

        assertThat(destination.unusable(name(SEGMENT), 16, new IOException(text)))
                .hasMessageContaining("no space left for 16 bytes");
        assertThat(destination.unusable(name(SEGMENT), 16, new FileSystemException("x", null, text)))
                .hasMessageContaining("no space left for 16 bytes");
    }

    @Test
    void fullFileSystemIsRecognisedInAnyLanguage() {
        DestinationFile destination = new DestinationFile(fixture.destination(), false);

        assertThat(destination.unusable(name(SEGMENT), Long.MAX_VALUE, new IOException("Kein Platz")))
                .hasMessageContaining("no space left");
        assertThat(destination.unusable(name(SEGMENT), 1, new IOException("Ein-/Ausgabefehler")))
                .hasMessageContaining("Ein-/Ausgabefehler");
    }

    /** A real full file system; only root may mount one, and the tests above cover the rest for everybody else. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fullFileSystemIsReportedAndLeftAsItWas(boolean largerThanBuffers) throws Exception {
        Path mount = Files.createDirectories(directory.resolve("small"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", mount.toString()))
                .as("may mount a file system")
                .isZero();
        try {
            if (largerThanBuffers) {
                fixture.pool = new BufferPool(64 << 10, 6);
            }
            Files.writeString(mount.resolve("RECOVERYXLOG"), "left from before");

            Throwable failure = failureAt(mount.resolve("RECOVERYXLOG"));

            assertThat(failure)
                    .isInstanceOf(RestoreException.DestinationUnusable.class)
                    .hasMessageContaining("no space left for");
            try (Stream<Path> files = Files.list(mount)) {
                assertThat(files).containsExactly(mount.resolve("RECOVERYXLOG"));
            }
            assertThat(mount.resolve("RECOVERYXLOG")).hasContent("left from before");
        } finally {
            assertThat(run("umount", mount.toString())).isZero();
        }
    }

    private static int run(String... command) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException noSuchProgram) {
            return -1;
        }
        process.getInputStream().readAllBytes();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void moveAcrossFileSystemsCopies() throws Exception {
        Path other = Path.of("/dev/shm");
        assumeThat(Files.isWritable(other)).isTrue();
        Path source = Files.createTempFile(other, "wal-archiver-test", "");
        try {
            byte[] content = segment(SEGMENT);
            Files.write(source, content);

            new DestinationFile(fixture.destination(), true).moveHere(source, name(SEGMENT));

            assertThat(fixture.destination()).hasBinaryContent(content);
            assertThat(Files.size(fixture.destination())).isEqualTo(SIZE.bytes());
            assertThat(source).doesNotExist();
        } finally {
            Files.deleteIfExists(source);
        }
    }

    @Test
    void temporaryNameIsNoWalFileForPostgres() {
        Path temporary = new DestinationFile(fixture.destination(), false).temporaryFor(name(SEGMENT));

        assertThat(temporary.getParent()).isEqualTo(fixture.pgWal);
        assertThat(temporary.getFileName().toString())
                .startsWith(".wal-archiver-" + SEGMENT)
                .endsWith(".tmp");
        assertThat(DestinationFile.isTemporary(temporary)).isTrue();
        assertThat(DestinationFile.isTemporary(fixture.destination())).isFalse();
    }
}
