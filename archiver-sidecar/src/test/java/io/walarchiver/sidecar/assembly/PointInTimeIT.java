package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.walarchiver.bridge.cnpgi.backup.BackupGrpc;
import io.walarchiver.bridge.cnpgi.backup.BackupRequest;
import io.walarchiver.bridge.cnpgi.backup.BackupResult;
import io.walarchiver.sidecar.cli.Commands;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.net.UnixHttp;
import io.walarchiver.sidecar.recovery.RestoreCommand;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real server is backed up under write load, its data directory is lost, and it is recovered to every kind of target.
 * The rows that are there afterwards prove it.
 */
@Timeout(600)
class PointInTimeIT {

    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final int BEFORE = 500;
    private static final int AFTER = 300;

    @TempDir
    private Path directory;

    private EmbeddedS3 s3;
    private Path storeFile;

    @BeforeEach
    void startStore() throws IOException {
        directory = directory.toRealPath();
        s3 = EmbeddedS3.start();
        storeFile = StoreFiles.inS3(directory, s3);
        System.setProperty(RestoreCommand.BIN_PROPERTY, Standalone.BIN.toString());
    }

    @AfterEach
    void stopStore() {
        System.clearProperty(RestoreCommand.BIN_PROPERTY);
        s3.close();
    }

    /** Where a person would like to go back to: between the first rows and the last ones. */
    private record Moment(String time, String lsn, String name, String xid, long rows) {}

    @ParameterizedTest
    @ValueSource(ints = {14, 18})
    void lostServerIsRecoveredToEveryKindOfTarget(int version) throws Exception {
        PostgresBinaries binaries = PostgresBinaries.of(version);
        Path pgdata = directory.resolve("lost/pgdata");
        Files.createDirectories(pgdata.getParent());
        String unused = binaries.initdb(pgdata);
        Moment moment;
        long backedUp;
        try (Standalone host = Standalone.serve(binaries, pgdata, storeFile)) {
            PostgresServer server = host.start();
            server.execute("CREATE TABLE t (id bigserial, filler text)");
            Rows.insert(server, BEFORE);
            BackupResult backup = backupUnderLoad(host, server);
            assertThat(backup.getOnline()).isTrue();
            assertThat(backup.getInstanceId()).isEqualTo("host-1");
            backedUp = Rows.count(server);
            assertShown(host);
            moment = moment(server);
            Rows.insert(server, AFTER);
            Rows.archiveEverything(server, PATIENCE);
        }
        Standalone.deleteTree(pgdata);

        long all = moment.rows + AFTER;
        assertThat(recovered(binaries, "latest")).isEqualTo(all);
        assertThat(recovered(binaries, "time", "--target-time", moment.time)).isEqualTo(moment.rows);
        assertThat(recovered(binaries, "lsn", "--target-lsn", moment.lsn)).isEqualTo(moment.rows);
        assertThat(recovered(binaries, "name", "--target-name", moment.name)).isEqualTo(moment.rows);
        // The transaction after the moment, and the same without it.
        assertThat(recovered(binaries, "xid", "--target-xid", moment.xid)).isEqualTo(moment.rows + 1);
        assertThat(recovered(binaries, "before", "--target-xid", moment.xid, "--exclusive"))
                .isEqualTo(moment.rows);
        assertThat(recovered(binaries, "immediate", "--target-immediate")).isBetween((long) BEFORE, backedUp);
    }

    @Test
    void recoveryGoesOverAPromotion() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.of(17);
        Path first = directory.resolve("first/pgdata");
        Files.createDirectories(first.getParent());
        String unused = binaries.initdb(first);
        String backupId;
        long onFirst;
        try (Standalone host = Standalone.serve(binaries, first, storeFile)) {
            PostgresServer server = host.start();
            server.execute("CREATE TABLE t (id bigserial, filler text)");
            Rows.insert(server, BEFORE);
            Commands.Run backup = Commands.run(
                    "backup",
                    "--store",
                    storeFile,
                    "--server",
                    "db",
                    "--pgdata",
                    first,
                    "--host",
                    host.serverSockets(),
                    "--immediate-checkpoint",
                    "-z",
                    "-n",
                    "nightly",
                    "-o",
                    "json",
                    "--log-level",
                    "error");
            assertThat(backup.exitCode()).as(backup.err()).isZero();
            backupId = backup.json().path("backupId").asText();
            Rows.insert(server, AFTER);
            onFirst = Rows.count(server);
            server.execute("SELECT pg_create_restore_point('fork')");
            Rows.insert(server, AFTER);
            Rows.archiveEverything(server, PATIENCE);
        }
        // Promoted at the fork, the server goes on there, on timeline 2, and archives what it does.
        Path second = recover("second", "--target-name", "fork", "--target-action", "promote");
        try (Standalone host = Standalone.serve(binaries, second, storeFile)) {
            configure(second, host);
            PostgresServer server = host.start();
            Rows.awaitPrimary(server, PATIENCE);
            assertThat(Rows.count(server)).isEqualTo(onFirst);
            server.execute("INSERT INTO t (filler) VALUES ('only on timeline 2')");
            Rows.archiveEverything(server, PATIENCE);
        }

        // From a backup of timeline 1 to the end of timeline 2, and to that of timeline 1.
        assertThat(recovered(binaries, "newest", "--backup-id", backupId)).isEqualTo(onFirst + 1);
        assertThat(recovered(binaries, "oldest", "--target-timeline", "1", "--target-action", "promote"))
                .isEqualTo(onFirst + AFTER);
    }

    @Test
    void recoveredServerNeedsNothingButTheProgram() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.of(16);
        Path pgdata = directory.resolve("lost/pgdata");
        Files.createDirectories(pgdata.getParent());
        String unused = binaries.initdb(pgdata);
        try (Standalone host = Standalone.serve(binaries, pgdata, storeFile)) {
            PostgresServer server = host.start();
            server.execute("CREATE TABLE t (id bigserial, filler text)");
            Rows.insert(server, BEFORE);
            BackupResult backup = backupUnderLoad(host, server);
            assertThat(backup.getBackupId()).isNotEmpty();
            server.execute("TRUNCATE t");
            Rows.insert(server, AFTER);
            Rows.archiveEverything(server, PATIENCE);
        }
        System.clearProperty(RestoreCommand.BIN_PROPERTY);

        // restore_command starts this program for each file; no service runs.
        Path target = recover("new");
        try (PostgresServer server = binaries.start(target, Map.of("archive_mode", "off"))) {
            Rows.awaitPrimary(server, PATIENCE);
            assertThat(Rows.count(server)).isEqualTo(AFTER);
        }
    }

    private BackupResult backupUnderLoad(Standalone host, PostgresServer server) throws InterruptedException {
        AtomicBoolean enough = new AtomicBoolean();
        Thread writer = new Thread(
                () -> {
                    while (!enough.get()) {
                        Rows.insert(server, 20);
                    }
                },
                "writer");
        writer.start();
        try (SocketClient client = new SocketClient(host.socket())) {
            return BackupGrpc.newBlockingStub(client.channel())
                    .withDeadlineAfter(120, TimeUnit.SECONDS)
                    .backup(BackupRequest.newBuilder()
                            .setClusterDefinition(ByteString.EMPTY)
                            .build());
        } finally {
            enough.set(true);
            writer.join();
        }
    }

    /** A backup that has ended is news at once. */
    private static void assertShown(Standalone host) throws IOException {
        JsonNode status = new ObjectMapper()
                .readTree(UnixHttp.get(host.apiSocket(), "/status?format=json", "*/*", Duration.ofSeconds(10))
                        .body());
        assertThat(status.at("/backups/catalog/restorable").asInt()).isEqualTo(1);
        assertThat(status.at("/backups/catalog/firstRecoverabilityPoint").asText())
                .isNotEmpty();
        assertThat(status.at("/backups/last/done").asBoolean()).isTrue();
        assertThat(UnixHttp.get(host.apiSocket(), "/metrics", "*/*", Duration.ofSeconds(10))
                        .body())
                .contains("wal_archiver_backup_runs_total{outcome=\"done\"} 1.0")
                .contains("wal_archiver_catalog_backups{state=\"restorable\"} 1.0");
    }

    private static Moment moment(PostgresServer server) {
        long rows = Rows.count(server);
        server.execute("SELECT pg_create_restore_point('moment')");
        String time = server.query("SELECT clock_timestamp() AT TIME ZONE 'UTC'");
        String lsn = server.query("SELECT pg_current_wal_insert_lsn()");
        // A transaction of one row, known by its number; it comes after all of the above.
        String xid = server.query("WITH added AS (INSERT INTO t (filler) VALUES ('one') RETURNING 1)"
                + " SELECT txid_current()::text FROM added");
        server.execute("DELETE FROM t WHERE filler = 'one'");
        return new Moment(time, lsn, "moment", xid, rows);
    }

    /** Recovers into a directory of that name, starts the server there and counts the rows. */
    private long recovered(PostgresBinaries binaries, String name, Object... options) throws Exception {
        List<Object> all = new ArrayList<>(List.of(options));
        if (!all.contains("--target-action")) {
            all.addAll(List.of("--target-action", "promote"));
        }
        Path target = recover(name, all.toArray());
        try (Standalone host = Standalone.serve(binaries, target, storeFile)) {
            configure(target, host);
            PostgresServer server = host.start("archive_mode", "off");
            Rows.awaitPrimary(server, PATIENCE);
            return Rows.count(server);
        } finally {
            Standalone.deleteTree(target);
        }
    }

    private Path recover(String name, Object... options) throws IOException {
        Path target = directory.resolve(name + "/pgdata");
        Files.createDirectories(target.getParent());
        List<Object> arguments = new ArrayList<>(
                List.of("recover", "--store", storeFile, "--server", "db", "--pgdata", target, "--log-level", "error"));
        arguments.addAll(List.of(options));
        Commands.Run run = Commands.run(arguments.toArray());
        assertThat(run.exitCode()).as(run.err()).isZero();
        return target;
    }

    /** Lets the server get its WAL from the service, which is much faster than a process for each file. */
    private static void configure(Path target, Standalone host) throws IOException {
        Files.writeString(
                target.resolve("postgresql.auto.conf"),
                "restore_command = '" + RestoreCommand.ofService(host.apiSocket()) + "'\n",
                StandardOpenOption.APPEND);
    }
}
