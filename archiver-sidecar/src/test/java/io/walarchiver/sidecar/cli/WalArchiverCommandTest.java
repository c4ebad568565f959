package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.sidecar.request.Failure.Verdict;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class WalArchiverCommandTest {

    @TempDir
    private Path directory;

    private FakeCluster cluster;
    private Path bucket;
    private Path store;

    @BeforeEach
    void makeCluster() throws IOException {
        directory = directory.toRealPath();
        cluster = FakeCluster.create(directory.resolve("pgdata"), SegmentSize.ofMebibytes(1));
        bucket = Files.createDirectory(directory.resolve("bucket"));
        store = StoreFiles.inDirectory(directory, bucket);
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_FOUND, 1",
        "CONFLICT, 1",
        "FOREIGN_ARCHIVE, 1",
        "PRECONDITION, 1",
        "ACCESS_DENIED, 1",
        "REJECTED, 1",
        "UNAVAILABLE, 2",
        "INVALID, 3",
        "UNUSABLE, 4",
        "CORRUPT, 4",
        "INTERNAL, 4"
    })
    void eachVerdictHasItsExitCode(Verdict verdict, int code) {
        assertThat(ExitCode.of(verdict)).isEqualTo(code);
    }

    @Test
    void everySubcommandHasHelp() {
        WalArchiverCommand.create().getSubcommands().keySet().forEach(name -> {
            CommandRun run = CommandRun.of(name, "--help");
            assertThat(run.exitCode()).isEqualTo(CommandLine.ExitCode.OK);
            assertThat(run.out()).startsWith("Usage: wal-archiver " + name);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "serve",
                "wal-archive",
                "wal-restore",
                "backup",
                "backup-list",
                "backup-show",
                "backup-keep",
                "backup-delete",
                "recover",
                "retention",
                "verify",
                "restore-job",
                "check",
                "status",
                "healthcheck",
                "nonsense",
                ""
            })
    void missingOptionsAreBadUsageAndSayWhereHelpIs(String command) {
        CommandRun run = command.isEmpty() ? CommandRun.of() : CommandRun.of(command);
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("--help");
    }

    @Test
    void fileIsArchivedAndRestored() throws IOException {
        WalFileName name = cluster.readySegments(1).get(0);
        Path source = cluster.walDirectory().resolve(name.toString());
        CommandRun archived = CommandRun.of("wal-archive", "--store", store, "--server", "db", source);
        assertThat(archived).satisfies(run -> {
            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isZero();
            assertThat(run.out()).contains(name + " is durable as db/wals/");
        });
        assertThat(CommandRun.of("wal-archive", "--store", store, "--server", "db", source)
                        .exitCode())
                .isZero();
        Path destination = directory.resolve("restored");
        assertThat(CommandRun.of("wal-restore", "--store", store, "--server", "db", name, destination)
                        .exitCode())
                .isZero();
        assertThat(destination).hasSameBinaryContentAs(source);
    }

    @Test
    void differentContentUnderTheSameNameIsRefused() throws IOException {
        WalFileName name = WalFileName.parse("00000002.history");
        Path source = cluster.write(name, "1\t0/3000000\tfirst\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(CommandRun.of("wal-archive", "--store", store, "--server", "db", source)
                        .exitCode())
                .isZero();
        Files.writeString(source, "1\t0/4000000\tother\n");
        CommandRun run = CommandRun.of("wal-archive", "--store", store, "--server", "db", source);
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("00000002.history");
    }

    @Test
    void absentFileIsNotFoundAlsoForRestoreCommand() {
        Path destination = directory.resolve("restored");
        CommandRun run = CommandRun.of(
                "wal-restore", "--store", store, "--server", "db", "0000000100000000000000AA", destination);
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("0000000100000000000000AA");
        assertThat(CommandRun.of(
                                "wal-restore",
                                "--stop-recovery",
                                "--store",
                                store,
                                "--server",
                                "db",
                                "0000000100000000000000AA",
                                destination)
                        .exitCode())
                .isEqualTo(ExitCode.REFUSED);
        assertThat(destination).doesNotExist();
    }

    @Test
    void restoreCommandStopsRecoveryOnEverythingElse() throws IOException {
        Files.delete(bucket);
        assertThat(CommandRun.of(
                                "wal-restore",
                                "--stop-recovery",
                                "--store",
                                store,
                                "--server",
                                "db",
                                "0000000100000000000000AA",
                                "x")
                        .exitCode())
                .isEqualTo(ExitCode.STOP_RECOVERY);
        assertThat(CommandRun.of("wal-restore", "--stop-recovery", "--store", store, "--server", "db", "nonsense", "x")
                        .exitCode())
                .isEqualTo(ExitCode.STOP_RECOVERY);
        assertThat(CommandRun.of("wal-restore", "--stop-recovery", "--store", store)
                        .exitCode())
                .isEqualTo(ExitCode.STOP_RECOVERY);
    }

    @Test
    void brokenStoreFileTellsAllItsProblems() throws IOException {
        Files.writeString(store, "apiVersion: v1\nkind: ObjectStore\nspec:\n  configuration:\n    unknownField: 1\n");
        CommandRun run = CommandRun.of("check", "--store", store, "--server", "a/b");
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err())
                .contains("unknownField")
                .contains("destinationPath")
                .contains("--server");
    }

    @Test
    void checkFindsAGoodStoreGoodAndLeavesNothingBehind() throws IOException {
        CommandRun run =
                CommandRun.of("check", "--store", store, "--server", "db", "--pgdata", cluster.pgdata(), "-o", "json");
        assertThat(run.exitCode()).isZero();
        JsonNode report = new ObjectMapper().readTree(run.out());
        assertThat(report.path("items"))
                .extracting(item ->
                        item.path("name").asText() + " " + item.path("result").asText())
                .containsExactly(
                        "list ok", "write ok", "read ok", "clock ok", "no overwrite ok", "delete ok", "ownership ok");
        try (var files = Files.walk(bucket)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void checkNamesTheForeignCluster() throws IOException {
        WalFileName name = cluster.readySegments(1).get(0);
        CommandRun.of(
                "wal-archive",
                "--store",
                store,
                "--server",
                "db",
                cluster.walDirectory().resolve(name.toString()));
        FakeCluster other = FakeCluster.create(directory.resolve("other"), SegmentSize.ofMebibytes(1), 42);
        CommandRun run = CommandRun.of("check", "--store", store, "--server", "db", "--pgdata", other.pgdata());
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.out())
                .contains("system identifier " + FakeCluster.SYSTEM_IDENTIFIER)
                .contains("42")
                .contains("--server");
    }

    @Test
    void checkOfAStoreThatIsNotThereSaysWhatToDo() throws IOException {
        Files.delete(bucket);
        CommandRun run = CommandRun.of("check", "--store", store, "--server", "db");
        assertThat(run.exitCode()).isNotZero();
        assertThat(run.out()).contains("failed").contains("-> ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "healthcheck"})
    void serviceThatDoesNotRunIsUnreachable(String command) {
        CommandRun run = CommandRun.of(command, "--api-socket", directory.resolve("none"));
        assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run.err()).contains("is \"wal-archiver serve\" running");
    }

    @Test
    void instanceNamesEveryVariableThatIsMissing() {
        // An argument of another plugin's manifest does not keep it from saying so.
        CommandRun run = CommandRun.of("instance", "--pprof-server=0.0.0.0:6061", "--log-level=error");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("PGDATA", "POD_NAME", "NAMESPACE", "CLUSTER_NAME");
    }

    @Test
    void recoveryJobWithoutAStoreFileTakesItsSettingsFromTheEnvironment() {
        CommandRun run = CommandRun.of("restore-job", "--pprof-server=0.0.0.0:6061");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("PGDATA", "POD_NAME", "NAMESPACE", "CLUSTER_NAME");
    }

    @Test
    void healthcheckNeedsNoArguments() {
        CommandRun run = CommandRun.of("healthcheck", "--timeout-seconds", "1");
        // Nothing serves here, or somebody else does: what matters is that it asks.
        assertThat(run.exitCode()).isNotEqualTo(3);
    }
}
