package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.sidecar.recovery.RestoreCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RecoverCommandTest {

    @TempDir
    private Path directory;

    private HandMadeArchive archive;
    private Path pgdata;

    @BeforeEach
    void makeArchive() throws IOException {
        directory = directory.toRealPath();
        archive = HandMadeArchive.create(directory);
        pgdata = directory.resolve("new");
    }

    @AfterEach
    void forget() {
        System.clearProperty(RestoreCommand.BIN_PROPERTY);
    }

    @Test
    void backupIsRestoredAndTheServerToldToRecover() throws IOException {
        CommandRun run = recover("--target-time", "2031-04-05 07:00:00");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("Backup 20310405T060708 is restored to " + pgdata)
                .contains("recovers to 2031-04-05 07:00:00+00")
                .contains("pg_ctl -D " + pgdata + " start")
                .contains("pg_wal_replay_resume()");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pgdata)))
                .isEqualTo("rwx------");
        assertThat(pgdata.resolve("base/1/1259")).hasSize(300_000);
        assertThat(pgdata.resolve("recovery.signal")).isEmptyFile();
        Map<String, String> settings = settings();
        assertThat(settings)
                .containsEntry("work_mem", "'5MB'")
                .containsEntry("recovery_target_time", "'2031-04-05 07:00:00+00'")
                .containsEntry("recovery_target_timeline", "'latest'")
                .containsEntry("recovery_target_action", "'pause'");
        assertThat(settings.get("restore_command"))
                .contains("wal-restore --stop-recovery --store " + archive.store() + " --server db %f %p");
        assertThat(Files.readSymbolicLink(pgdata.resolve("pg_tblspc/16384")))
                .isEqualTo(directory.resolve("old-tablespace"));
    }

    @Test
    void restoreCommandThatWasWrittenBringsWal() throws Exception {
        assertThat(recover().exitCode()).isZero();
        String command = Objects.requireNonNull(settings().get("restore_command"))
                .replace("%f", archive.cluster().name(1).toString())
                .replace("%p", "pg_wal/RECOVERYXLOG");
        Process process = new ProcessBuilder("/bin/sh", "-c", command.substring(1, command.length() - 1))
                .directory(pgdata.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile())
                .start();
        assertThat(process.waitFor())
                .as(Files.readString(directory.resolve("out")))
                .isZero();
        assertThat(pgdata.resolve("pg_wal/RECOVERYXLOG"))
                .hasBinaryContent(
                        archive.cluster().segmentBytes(archive.cluster().name(1).segment()));
    }

    @Test
    void tablespaceAndWalGoWhereTheyAreSent() throws IOException {
        CommandRun run = recover(
                "--tablespace",
                "hot:" + directory.resolve("elsewhere"),
                "--wal-dir",
                directory.resolve("wal"),
                "-J",
                "4");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(directory.resolve("elsewhere/PG_17_202406281/16999")).hasSize(10_000);
        assertThat(Files.readSymbolicLink(pgdata.resolve("pg_tblspc/16384"))).isEqualTo(directory.resolve("elsewhere"));
        assertThat(Files.readSymbolicLink(pgdata.resolve("pg_wal"))).isEqualTo(directory.resolve("wal/pg_wal"));
        assertThat(directory.resolve("old-tablespace")).doesNotExist();
    }

    @Test
    void configurationCanBeLeftToOthers() throws IOException {
        CommandRun run = recover("--no-config", "-o", "json");

        JsonNode report = new ObjectMapper().readTree(run.out());
        assertThat(report.path("backupId").asText()).isEqualTo("20310405T060708");
        assertThat(report.path("configured").asBoolean(true)).isFalse();
        assertThat(report.path("bytes").asLong()).isGreaterThan(300_000);
        assertThat(pgdata.resolve("recovery.signal")).doesNotExist();
        assertThat(settings()).doesNotContainKey("restore_command");
    }

    @Test
    void serviceCanBringTheWal() throws IOException {
        System.setProperty(RestoreCommand.BIN_PROPERTY, "/opt/wal-archiver/bin");
        assertThat(recover("--api-socket", "/run/wal-archiver/sock.http", "--target-action", "promote")
                        .exitCode())
                .isZero();
        assertThat(settings())
                .containsEntry(
                        "restore_command",
                        "'/opt/wal-archiver/bin/wal-archiver-command restore /run/wal-archiver/sock.http %f %p'")
                .containsEntry("recovery_target_action", "'promote'");
    }

    @Test
    void settingsThatNameFilesOfTheOriginalAreTold() throws IOException {
        archive.addBackup(
                "20310406T000000",
                Instant.parse("2031-04-06T00:00:00Z"),
                "data_directory = '/var/lib/postgresql/17/main'\n#ident_file = '/etc/pg_ident.conf'\n");

        CommandRun run = recover();

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("Correct first what postgresql.conf there says of the original")
                .contains("data_directory = '/var/lib/postgresql/17/main'")
                .doesNotContain("ident_file");
    }

    @Test
    void newestBackupThatLeadsToTheTargetIsTaken() throws IOException {
        archive.addBackup("20310406T000000", Instant.parse("2031-04-06T00:00:00Z"));
        assertThat(recover("--target-time", "2031-04-05T23:00:00Z").out()).contains("Backup 20310405T060708");
        assertThat(run(directory.resolve("second")).out()).contains("Backup 20310406T000000");
        assertThat(run(directory.resolve("third"), "-b", "20310405T060708").out())
                .contains("Backup 20310405T060708");
    }

    @Test
    void targetThatNoBackupLeadsToIsNotFoundAndNothingIsTouched() {
        CommandRun run = recover("--target-time", "2031-04-05 06:00:00");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("20310405T060708: it ends at");
        assertThat(pgdata).doesNotExist();
        assertThat(recover("--backup-id", "20310101T000000").exitCode()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void directoryThatIsNotEmptyIsRefusedAndUntouched() throws IOException {
        Files.createDirectory(pgdata);
        Files.writeString(pgdata.resolve("precious"), "x");
        CommandRun run = recover();
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains("is not empty");
        try (var files = Files.list(pgdata)) {
            assertThat(files).containsExactly(pgdata.resolve("precious"));
        }
    }

    @Test
    void missingFirstWalIsSaidBeforeAnythingIsRestored() throws IOException {
        Files.delete(archive.wal(archive.cluster().name(1)));
        CommandRun run = recover();
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err()).contains(archive.cluster().name(1).toString()).contains("recovery could not start");
        assertThat(pgdata).doesNotExist();
    }

    @Test
    void unfinishedRestoreIsResumedWithItsOwnBackup() throws IOException {
        Path data = archive.base(HandMadeArchive.BACKUP).resolve("data.tar");
        byte[] whole = Files.readAllBytes(data);
        byte[] damaged = whole.clone();
        // In the header of the last member, which its checksum tells.
        damaged[new String(whole, StandardCharsets.ISO_8859_1).indexOf("backup_label")] ^= 0x55;
        Files.write(data, damaged);
        CommandRun first = recover();
        assertThat(first.exitCode()).as(first.err()).isNotZero();
        assertThat(pgdata.resolve("global/pg_control")).doesNotExist();

        Files.write(data, whole);
        archive.addBackup("20310406T000000", Instant.parse("2031-04-06T00:00:00Z"));
        CommandRun other = recover();
        assertThat(other.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(other.err()).contains("unfinished restore");

        CommandRun resumed = recover("--resume");
        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(resumed.out()).contains("Backup 20310405T060708");
        assertThat(pgdata.resolve("global/pg_control")).exists();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--target-time yesterday",
                "--target-lsn nonsense",
                "--target-xid -5",
                "--target-timeline next",
                "--target-lsn 0/3000000 --target-immediate",
                "--tablespace hot",
                "--tablespace hot:relative",
                "--target-action stop",
                "--jobs 0",
                "--memory lots"
            })
    void badOptionsAreBadUsage(String options) {
        CommandRun run = recover((Object[]) options.split(" "));
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(pgdata).doesNotExist();
    }

    @Test
    void tablespaceThatTheBackupDoesNotHaveIsRefused() {
        CommandRun run = recover("--tablespace", "cold:" + directory.resolve("elsewhere"));
        assertThat(run.exitCode()).isNotZero();
        assertThat(run.err()).contains("cold").contains("hot (16384)");
        assertThat(pgdata).doesNotExist();
    }

    private CommandRun recover(Object... arguments) {
        return run(pgdata, arguments);
    }

    private CommandRun run(Path target, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(
                "recover", "--store", archive.store(), "--server", "db", "--pgdata", target, "--log-level", "error"));
        all.addAll(List.of(arguments));
        boolean mapped = List.of(arguments).contains("--tablespace");
        if (!mapped && !target.equals(pgdata)) {
            all.addAll(List.of("--tablespace", "hot:" + target + "-hot"));
        }
        return CommandRun.of(all.toArray());
    }

    private Map<String, String> settings() throws IOException {
        Map<String, String> settings = new HashMap<>();
        for (String line : Files.readAllLines(pgdata.resolve("postgresql.auto.conf"))) {
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                settings.put(
                        line.substring(0, equals).strip(),
                        line.substring(equals + 1).strip());
            }
        }
        return settings;
    }
}
