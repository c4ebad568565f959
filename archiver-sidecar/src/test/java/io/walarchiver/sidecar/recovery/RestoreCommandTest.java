package io.walarchiver.sidecar.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestoreCommandTest {

    @Test
    void commandOfThisProgramSurvivesShellAndPostgresql() {
        String command = RestoreCommand.ofThisProgram(List.of("--store", "/a b/100%'.yaml", "--server", "db"));
        assertThat(command)
                .contains(" wal-restore --stop-recovery --store '/a b/100%%'\\''.yaml' --server db ")
                .endsWith(" %f %p");
    }

    @Test
    void commandOfAServiceNeedsTheDistribution() {
        assertThatThrownBy(() -> RestoreCommand.ofService(Path.of("/run/sock.http")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("bin/wal-archiver");
        System.setProperty(RestoreCommand.BIN_PROPERTY, "/opt/wal-archiver/bin");
        try {
            assertThat(RestoreCommand.ofService(Path.of("/run/sock.http")))
                    .isEqualTo("/opt/wal-archiver/bin/wal-archiver-command restore /run/sock.http %f %p");
            assertThat(RestoreCommand.ofThisProgram(List.of()))
                    .contains("/opt/wal-archiver/bin/wal-archiver wal-restore");
        } finally {
            System.clearProperty(RestoreCommand.BIN_PROPERTY);
        }
    }
}
