package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the backup command says when it cannot do its work; that it does is proven with real servers elsewhere. */
@Timeout(60)
class BackupCommandTest {

    @TempDir
    private Path directory;

    private FakeCluster cluster;
    private Path store;

    @BeforeEach
    void makeCluster() throws IOException {
        directory = directory.toRealPath();
        cluster = FakeCluster.create(directory.resolve("pgdata"), SegmentSize.ofMebibytes(1));
        store = StoreFiles.inDirectory(directory, Files.createDirectory(directory.resolve("bucket")));
    }

    @Test
    void serverThatDoesNotRunIsRefused() {
        CommandRun run = backup("--pgdata", cluster.pgdata());
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("no server runs on " + cluster.pgdata());
    }

    @Test
    void serverThatDoesNotAnswerIsUnreachable() {
        CommandRun run = backup("--pgdata", cluster.pgdata(), "-h", directory, "-p", "5432", "-U", "postgres");
        assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run.err()).contains(directory + "/.s.PGSQL.5432");
        assertThat(CommandRun.of("backup-list", "--store", store, "--server", "db", "-o", "json")
                        .out())
                .contains("\"backups_list\":[]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--name latest",
                "--name 20310405T060708",
                "-J 0",
                "-J 65",
                "-S lots",
                "--min-chunk-size x",
                "--max-bandwidth x",
                "-z -j",
                "--compression xz",
                "--compression best",
                "--checksums maybe",
                "-p 0",
                "--memory lots"
            })
    void badOptionsAreBadUsage(String options) {
        List<Object> arguments = new ArrayList<>(List.of("--pgdata", cluster.pgdata()));
        arguments.addAll(List.of((Object[]) options.split(" ")));
        assertThat(backup(arguments.toArray()).exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void directoryThatIsNoDataDirectoryIsBadUsage() {
        CommandRun run = backup("--pgdata", directory);
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("is not a data directory");
    }

    @Test
    void hostHasTheShortNameThatHelpHasElsewhere() {
        CommandRun run = CommandRun.of("backup", "--help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("-h, --host")
                .contains("-S, --max-archive-size")
                .contains("-n, --name");
    }

    private CommandRun backup(Object... arguments) {
        List<Object> all =
                new ArrayList<>(List.of("backup", "--store", store, "--server", "db", "--log-level", "error"));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray());
    }
}
