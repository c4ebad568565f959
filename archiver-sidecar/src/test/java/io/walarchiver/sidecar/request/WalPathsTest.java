package io.walarchiver.sidecar.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalPathsTest {

    private static final String SEGMENT = "00000001000000000000000A";

    @TempDir
    private Path directory;

    private Path pgdata;
    private WalPaths paths;

    @BeforeEach
    void makeDataDirectory() throws IOException {
        pgdata = DataDirectories.empty(directory.toRealPath());
        paths = new WalPaths(pgdata);
    }

    @ParameterizedTest
    @ValueSource(strings = {SEGMENT, SEGMENT + ".partial", "00000002.history", SEGMENT + ".00000028.backup"})
    void everyKindOfWalFileIsRecognisedByItsPath(String name) {
        assertThat(paths.source(pgdata + "/pg_wal/" + name)).hasToString(name);
    }

    @Test
    void dataDirectoryWrittenTwiceIsTakenOnce() {
        assertThat(paths.source(pgdata + "" + pgdata + "/pg_wal/" + SEGMENT)).hasToString(SEGMENT);
        assertThat(paths.destination(pgdata + "" + pgdata + "/pg_wal/RECOVERYXLOG"))
                .isEqualTo(pgdata.resolve("pg_wal/RECOVERYXLOG"));
    }

    @Test
    void linkedWalDirectoryIsFollowed() throws IOException {
        Path volume = Files.createDirectories(directory.resolve("volume"));
        Files.delete(pgdata.resolve("pg_wal/archive_status"));
        Files.delete(pgdata.resolve("pg_wal"));
        Files.createSymbolicLink(pgdata.resolve("pg_wal"), volume);

        assertThat(paths.source(pgdata + "/pg_wal/" + SEGMENT)).hasToString(SEGMENT);
        assertThat(paths.source(volume + "/" + SEGMENT)).hasToString(SEGMENT);
        assertThat(paths.destination("pg_wal/RECOVERYXLOG"))
                .isEqualTo(volume.toRealPath().resolve("RECOVERYXLOG"));
    }

    @Test
    void pathOutsideWalDirectoryIsRefusedAndNamed() {
        assertThatThrownBy(() -> paths.source(directory + "/" + SEGMENT))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(SEGMENT)
                .hasMessageContaining("pg_wal");
        assertThatThrownBy(() -> paths.source(pgdata + "/pg_wal/../" + SEGMENT))
                .isInstanceOf(InvalidRequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pg_wal/" + SEGMENT, "", "relative"})
    void relativeSourceIsRefused(String path) {
        assertThatThrownBy(() -> paths.source(path))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("absolute");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/pg_wal/", "/no/such/directory/" + SEGMENT, "/pg_wal/00000001000000000000000a"})
    void nonsenseIsRefusedNotCrashing(String path) {
        assertThatThrownBy(() -> paths.source(path)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void controlCharactersAreRefusedAndNotRepeated() {
        assertThatThrownBy(() -> paths.source(pgdata + "/pg_wal/a\nb\u0000c"))
                .isInstanceOf(InvalidRequestException.class)
                .message()
                .doesNotContain("\n")
                .doesNotContain("\u0000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/tmp/RECOVERYXLOG", "../RECOVERYXLOG", "pg_wal/../../RECOVERYXLOG", ""})
    void destinationOutsideDataDirectoryIsRefused(String destination) {
        assertThatThrownBy(() -> paths.destination(destination)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void pgRewindIsKnownByItsDestination() {
        assertThat(WalPaths.isServerRecovery(pgdata.resolve("pg_wal/RECOVERYXLOG")))
                .isTrue();
        assertThat(WalPaths.isServerRecovery(pgdata.resolve("pg_wal/RECOVERYHISTORY")))
                .isTrue();
        assertThat(WalPaths.isServerRecovery(pgdata.resolve("pg_wal/" + SEGMENT)))
                .isFalse();
    }
}
