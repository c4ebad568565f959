package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.sidecar.cli.Commands;
import io.walarchiver.sidecar.recovery.RestoreCommand;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands are killed in the middle of a backup, of a restore and of retention. What is left behind harms nobody, and the
 * same command, run again, comes to the right end.
 */
@Timeout(600)
class KilledBackupIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int ROWS = 40_000;

    @TempDir
    private Path directory;

    private EmbeddedS3 s3;
    private Path storeFile;
    private Path pgdata;
    private Standalone host;
    private PostgresServer server;

    @BeforeEach
    void startServer() throws IOException {
        directory = directory.toRealPath();
        s3 = EmbeddedS3.start();
        storeFile = StoreFiles.inS3(directory, s3);
        pgdata = directory.resolve("pg/pgdata");
        Files.createDirectories(pgdata.getParent());
        PostgresBinaries binaries = PostgresBinaries.of(17);
        String unused = binaries.initdb(pgdata);
        host = Standalone.serve(binaries, pgdata, storeFile);
        server = host.start();
        // Random text: what compresses well is over too soon to be killed in the middle.
        server.execute(
                "CREATE TABLE t (id bigserial, filler text)",
                "INSERT INTO t (filler) SELECT string_agg(md5(random()::text), '') FROM generate_series(1, " + ROWS
                        + ") row, generate_series(1, 32) part GROUP BY row");
    }

    @AfterEach
    void stop() {
        System.clearProperty(RestoreCommand.BIN_PROPERTY);
        host.close();
        s3.close();
    }

    @Test
    void killedBackupIsNoneAndTheNextOneIsWhole() throws Exception {
        try (Child child = Child.start(directory, backup("--max-bandwidth", "2MiB"))) {
            awaitCopying();
            child.kill();
        }
        assertThat(backups()).isEmpty();
        assertThat(run("retention", "--policy", "7d").exitCode()).isZero();

        Commands.Run again = run("backup", (Object[]) options());
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(backups())
                .singleElement()
                .satisfies(entry -> assertThat(entry.path("status").asText()).isEqualTo("DONE"));
        assertThat(run("verify", "--backup-id", "latest").exitCode()).isZero();
    }

    @Test
    void terminatedBackupIsRecordedAsFailedAndLeavesNothingOpen() throws Exception {
        try (Child child = Child.start(directory, backup("--max-bandwidth", "2MiB"))) {
            awaitCopying();
            child.terminate();
            assertThat(child.exitCode()).as(child.err()).isEqualTo(4);
            assertThat(child.err()).contains("broken off by a signal");
        }
        assertThat(backups()).singleElement().satisfies(entry -> {
            assertThat(entry.path("status").asText()).isEqualTo("FAILED");
            assertThat(entry.path("end_time").isNull()).isTrue();
        });
        await().atMost(PATIENCE)
                .until(() -> server.query("SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                                + " 'wal_archiver_backup'")
                        .equals("0"));
        assertThat(s3.openUploads()).isZero();
    }

    @Test
    void killedRestoreGoesOnWhereItWas() throws Exception {
        System.setProperty(RestoreCommand.BIN_PROPERTY, Standalone.BIN.toString());
        assertThat(run("backup", (Object[]) options()).exitCode()).isZero();
        archiveEverything();
        Path target = directory.resolve("new/pgdata");
        Files.createDirectories(target.getParent());
        Object[] recover = {
            "recover", "--store", storeFile, "--server", "db", "--pgdata", target, "--log-level", "error"
        };
        int kills = 0;
        for (int i = 0; i < 4; i++) {
            try (Child child = Child.start(directory, recover)) {
                int round = i;
                await().atMost(PATIENCE).until(() -> !child.isRunning() || files(target) > 200 * (round + 1));
                kills += child.isRunning() ? 1 : 0;
                child.kill();
            }
            if (Files.exists(target.resolve("global/pg_control"))) {
                break;
            }
            assertThat(target.resolve("recovery.signal")).doesNotExist();
        }
        assertThat(kills).isPositive();

        if (!Files.exists(target.resolve("recovery.signal"))) {
            Commands.Run last = Commands.run(with(recover, "--resume"));
            assertThat(last.exitCode()).as(last.err()).isZero();
        }
        try (Standalone other = Standalone.serve(PostgresBinaries.of(17), target, storeFile)) {
            PostgresServer recovered = other.start(
                    "archive_mode",
                    "off",
                    "restore_command",
                    Standalone.BIN + "/wal-archiver-command restore " + other.apiSocket() + " %f %p");
            await().atMost(PATIENCE)
                    .until(() -> recovered.query("SELECT pg_is_in_recovery()").equals("f"));
            assertThat(recovered.query("SELECT count(*) FROM t")).isEqualTo(Integer.toString(ROWS));
        }
    }

    @Test
    void killedRetentionIsCompletedByTheNextRun() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(run("backup", (Object[]) options()).exitCode()).isZero();
            archiveEverything();
        }
        JsonNode plan = Commands.run(
                        "retention",
                        "--store",
                        storeFile,
                        "--server",
                        "db",
                        "--policy",
                        "REDUNDANCY 1",
                        "--dry-run",
                        "-o",
                        "json")
                .json();
        assertThat(plan.path("wal")).isNotEmpty();

        int before = objects();
        try (Child child = Child.start(
                directory,
                "backup-delete",
                "--store",
                storeFile,
                "--server",
                "db",
                "-r",
                "REDUNDANCY 1",
                "--batch-size",
                "1")) {
            await().atMost(PATIENCE).until(() -> !child.isRunning() || objects() < before);
            child.kill();
        }
        assertThat(run("retention", "--policy", "REDUNDANCY 1").exitCode()).isZero();

        assertThat(backups())
                .singleElement()
                .satisfies(entry -> assertThat(entry.path("status").asText()).isEqualTo("DONE"));
        assertThat(run("verify").exitCode()).isZero();
        String first = backups().get(0).path("begin_wal").asText();
        assertThat(keys().stream()
                        .filter(key -> key.contains("/wals/0"))
                        .map(key -> key.substring(key.lastIndexOf('/') + 1))
                        .filter(name -> name.compareTo(first) < 0))
                .isEmpty();
    }

    /** Until the session has begun a backup and says nothing more: files are being read. */
    private void awaitCopying() {
        await().atMost(PATIENCE)
                .until(() -> server.query("SELECT count(*) FROM pg_stat_activity WHERE application_name ="
                                + " 'wal_archiver_backup' AND state = 'idle' AND query LIKE '%backup_start%'")
                        .equals("1"));
    }

    private String[] options() {
        return new String[] {
            "--pgdata",
            pgdata.toString(),
            "--host",
            host.serverSockets().toString(),
            "--immediate-checkpoint",
            "-J",
            "1"
        };
    }

    private Object[] backup(Object... more) {
        List<Object> all = new ArrayList<>(List.of("backup", "--store", storeFile, "--server", "db"));
        all.addAll(List.of((Object[]) options()));
        all.addAll(List.of("--log-level", "error", "-S", "16MiB"));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private Commands.Run run(String command, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(command, "--store", storeFile, "--server", "db"));
        all.addAll(List.of(arguments));
        return Commands.run(all.toArray());
    }

    private static Object[] with(Object[] some, Object more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray();
    }

    private List<JsonNode> backups() throws IOException {
        List<JsonNode> found = new ArrayList<>();
        run("backup-list", "-o", "json").json().path("backups_list").forEach(found::add);
        return found;
    }

    private int objects() {
        return keys().size();
    }

    private List<String> keys() {
        try (ObjectStore store = S3ObjectStore.open(
                S3Settings.of(
                                s3.bucket(),
                                new S3Settings.StaticKeys(s3.accessKeyId(), s3.secretAccessKey(), Optional.empty()))
                        .withEndpoint(s3.endpoint()),
                StoreObserver.NONE)) {
            return store.list("archive/")
                    .map(object -> object.key().value())
                    .collectList()
                    .blockOptional(PATIENCE)
                    .orElseThrow();
        }
    }

    private static long files(Path target) throws IOException {
        if (!Files.exists(target)) {
            return 0;
        }
        try (Stream<Path> all = Files.walk(target)) {
            return all.count();
        } catch (UncheckedIOException changing) {
            return 0;
        }
    }

    private void archiveEverything() {
        server.execute("SELECT pg_create_restore_point('something to archive')");
        String last = server.query("SELECT pg_walfile_name(pg_switch_wal())");
        await().atMost(PATIENCE)
                .until(() -> server.query("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")
                                .compareTo(last)
                        >= 0);
    }
}
