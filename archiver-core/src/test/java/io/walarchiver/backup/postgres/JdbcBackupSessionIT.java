package io.walarchiver.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.BackupException;
import io.walarchiver.backup.base.BackupServer;
import io.walarchiver.backup.base.BackupSession;
import io.walarchiver.backup.base.BackupStart;
import io.walarchiver.backup.base.BackupStop;
import io.walarchiver.backup.base.ServerFacts;
import io.walarchiver.backup.base.ServerFacts.ArchiveMode;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The session against servers of every supported version. */
@Timeout(180)
class JdbcBackupSessionIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String OUR_SESSIONS =
            "select count(*) from pg_stat_activity where application_name = 'wal_archiver_backup'";

    static final List<Integer> VERSIONS = PostgresBinaries.MAJOR_VERSIONS;

    @TempDir
    Path directory;

    private final Scheduler scheduler = Schedulers.newBoundedElastic(2, 100, "test-jdbc");

    @AfterEach
    void dispose() {
        scheduler.dispose();
    }

    private PostgresServer start(int major, Map<String, String> settings) throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        Path data = directory.resolve("data");
        String unused = postgres.initdb(data, "--wal-segsize=1");
        Files.writeString(data.resolve("more.conf"), "work_mem = '5MB'\n");
        Files.writeString(data.resolve("postgresql.conf"), "include 'more.conf'\n");
        Map<String, String> all = new HashMap<>(Map.of("unix_socket_directories", directory.toString()));
        all.putAll(settings);
        return postgres.start(data, all);
    }

    private BackupServer socketOf(PostgresServer server, String user) {
        return new JdbcBackupServer(
                new ServerAddress.UnixSocket(directory, server.port()), user, "postgres", scheduler);
    }

    @CanIgnoreReturnValue
    private static <T> T answer(Mono<T> call) {
        return Objects.requireNonNull(call.block(PATIENCE));
    }

    private static void awaitNoSession(PostgresServer server) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> server.query(OUR_SESSIONS).equals("0"));
    }

    @ParameterizedTest
    @FieldSource("VERSIONS")
    void aBackupBeginsAndEndsOverTheSocket(int major) throws IOException {
        Path location = Files.createDirectory(directory.resolve("fast \"disk\""));
        try (PostgresServer server = start(major, Map.of("archive_mode", "on", "archive_command", "true"))) {
            server.execute(
                    "create tablespace \"quick\"\"er\" location '" + location + "'",
                    "create role impatient superuser login",
                    "alter role impatient set statement_timeout = 1");
            BackupSession session = socketOf(server, "impatient").newSession();

            ServerFacts facts = answer(session.connect());
            BackupStart start = answer(session.start("Barman backup cloud 20310405T060708", true));
            assertThat(server.query(OUR_SESSIONS)).isEqualTo("1");
            BackupStop stop = answer(session.stop());
            session.createRestorePoint("barman_20310405T060708").block(PATIENCE);
            session.switchWal().block(PATIENCE);
            session.close().block(PATIENCE);
            session.close().block(PATIENCE);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> server.query(OUR_SESSIONS).equals("0"));

            assertThat(facts.majorVersion()).isEqualTo(major);
            assertThat(facts.systemIdentifier())
                    .isEqualTo(new DataDirectory(server.dataDirectory())
                            .controlFile()
                            .systemIdentifier());
            assertThat(facts.inRecovery()).isFalse();
            assertThat(facts.archiveMode()).isEqualTo(ArchiveMode.ON);
            assertThat(facts.stopWaitsForArchive()).isTrue();
            assertThat(Path.of(facts.dataDirectory()).toRealPath())
                    .isEqualTo(server.dataDirectory().toRealPath());
            assertThat(facts.segmentSize().bytes()).isEqualTo(1 << 20);
            assertThat(facts.blockSize()).isEqualTo(8192);
            assertThat(facts.relationSegmentBlocks()).isEqualTo(131_072);
            assertThat(facts.configFile()).endsWith("/data/postgresql.conf");
            assertThat(facts.hbaFile()).endsWith("/data/pg_hba.conf");
            assertThat(facts.identFile()).endsWith("/data/pg_ident.conf");
            assertThat(facts.includedFiles())
                    .containsExactly(directory.resolve("data/more.conf").toString());
            assertThat(facts.tablespaces()).singleElement().satisfies(tablespace -> {
                assertThat(tablespace.name()).isEqualTo("quick\"er");
                assertThat(tablespace.location()).isEqualTo(location.toString());
                assertThat(tablespace.oid()).isGreaterThanOrEqualTo(16_384);
            });
            assertThat(facts.clusterSizeBytes()).isGreaterThan(10 << 20);

            assertThat(start.timeline().id()).isEqualTo(1);
            assertThat(stop.timeline().id()).isEqualTo(1);
            assertThat(stop.lsn()).isGreaterThan(start.lsn());
            assertThat(stop.time()).isAfter(start.time());
            assertThat(start.time()).isBetween(Instant.now().minusSeconds(120), Instant.now());
            assertThat(stop.label())
                    .contains("START WAL LOCATION: " + start.lsn() + " ")
                    .contains("LABEL: Barman backup cloud 20310405T060708\n");
        }
    }

    @Test
    void inPlaceTablespacesAreNotListed() throws IOException {
        try (PostgresServer server = start(18, Map.of())) {
            server.execute("set allow_in_place_tablespaces = on", "create tablespace inside location ''");
            BackupSession session = socketOf(server, "postgres").newSession();
            ServerFacts facts = answer(session.connect());
            session.close().block(PATIENCE);

            assertThat(facts.tablespaces()).isEqualTo(List.<TablespaceLocation>of());
            assertThat(facts.archiveMode()).isEqualTo(ArchiveMode.OFF);
            assertThat(facts.stopWaitsForArchive()).isFalse();
        }
    }

    @Test
    void tcpWorksToo() throws IOException {
        try (PostgresServer server = start(17, Map.of())) {
            BackupSession session = new JdbcBackupServer(
                            new ServerAddress.Tcp("127.0.0.1", server.port()), "postgres", "template1", scheduler)
                    .newSession();
            assertThat(session.connect().map(ServerFacts::majorVersion).block(PATIENCE))
                    .isEqualTo(17);
            session.close().block(PATIENCE);
            awaitNoSession(server);
        }
    }

    @ParameterizedTest
    @FieldSource("VERSIONS")
    void theNamedGrantsAreAllARoleNeeds(int major) throws IOException {
        try (PostgresServer server = start(major, Map.of())) {
            server.execute("create role \"Backup er\" login");
            BackupSession refused = socketOf(server, "Backup er").newSession();
            BackupException.MissingRights failure = catchThrowableOfType(
                    BackupException.MissingRights.class, () -> refused.connect().block(PATIENCE));
            refused.close().block(PATIENCE);

            List<String> grants = Pattern.compile("GRANT [^;]+;")
                    .matcher(failure.getMessage())
                    .results()
                    .map(MatchResult::group)
                    .toList();
            assertThat(grants).hasSize(6).allMatch(grant -> grant.endsWith(" TO \"Backup er\";"));
            server.execute(grants.toArray(String[]::new));

            BackupSession allowed = socketOf(server, "Backup er").newSession();
            assertThat(allowed.connect()
                            .flatMap(facts -> allowed.start("label", true))
                            .flatMap(start -> allowed.stop())
                            .flatMap(stop -> allowed.createRestorePoint("here")
                                    .then(allowed.switchWal())
                                    .thenReturn(stop.label()))
                            .block(PATIENCE))
                    .contains("LABEL: label");
            allowed.close().block(PATIENCE);
        }
    }

    @Test
    void nobodyListeningIsSaid() throws IOException {
        BackupSession session = new JdbcBackupServer(
                        new ServerAddress.UnixSocket(directory, 5432), "postgres", "postgres", scheduler)
                .newSession();
        assertThatThrownBy(() -> session.connect().block(PATIENCE))
                .isInstanceOf(BackupException.CannotConnect.class)
                .hasMessageContaining(directory.resolve(".s.PGSQL.5432").toString())
                .hasMessageContaining("as postgres");
        session.close().block(PATIENCE);

        int port;
        try (ServerSocket closed = new ServerSocket(0)) {
            port = closed.getLocalPort();
        }
        BackupSession tcp = new JdbcBackupServer(
                        new ServerAddress.Tcp("127.0.0.1", port), "postgres", "postgres", scheduler)
                .newSession();
        assertThatThrownBy(() -> tcp.connect().block(PATIENCE))
                .isInstanceOf(BackupException.CannotConnect.class)
                .hasMessageContaining("127.0.0.1:" + port);
        tcp.close().block(PATIENCE);
    }

    @Test
    void anUnknownRoleIsSaid() throws IOException {
        try (PostgresServer server = start(16, Map.of())) {
            BackupSession session = socketOf(server, "nobody").newSession();
            assertThatThrownBy(() -> session.connect().block(PATIENCE))
                    .isInstanceOf(BackupException.CannotConnect.class)
                    .hasMessageContaining("role \"nobody\" does not exist");
            session.close().block(PATIENCE);
        }
    }

    @Test
    void aServerWhoseWalIsTooPoorForABackupSaysSo() throws IOException {
        try (PostgresServer server = start(17, Map.of("wal_level", "minimal", "max_wal_senders", "0"))) {
            BackupSession session = socketOf(server, "postgres").newSession();
            assertThatThrownBy(() -> session.connect()
                            .flatMap(facts -> session.start("label", true))
                            .block(PATIENCE))
                    .isInstanceOf(BackupException.ServerRefused.class)
                    .hasMessageContaining("wal_level");
            session.close().block(PATIENCE);
        }
    }

    @ParameterizedTest
    @FieldSource("VERSIONS")
    void closingEndsAStopThatWaitsForTheArchive(int major) throws IOException {
        try (PostgresServer server = start(major, Map.of("archive_mode", "on", "archive_command", "false"))) {
            BackupSession session = socketOf(server, "postgres").newSession();
            answer(session.connect().flatMap(facts -> session.start("label", true)));
            Disposable stopping = session.stop().subscribe();
            awaitWaitingForTheArchive(server);
            stopping.dispose();

            session.close().block(PATIENCE);
            awaitNoSession(server);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {14, 18})
    void theServerNoticesThatItsClientWasKilled(int major) throws Exception {
        try (PostgresServer server = start(major, Map.of("archive_mode", "on", "archive_command", "false"))) {
            Process client = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            SessionProbe.class.getName(),
                            directory.toString(),
                            Integer.toString(server.port()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                awaitWaitingForTheArchive(server);
            } finally {
                client.destroyForcibly();
            }
            // Without looking at the connection it would wait for its archiver for ever.
            awaitNoSession(server);
        }
    }

    @Test
    void anEndedSessionIsSaid() throws IOException {
        try (PostgresServer server = start(17, Map.of("archive_mode", "on", "archive_command", "false"))) {
            BackupSession session = socketOf(server, "postgres").newSession();
            answer(session.connect().flatMap(facts -> session.start("label", true)));
            Scheduler killer = Schedulers.newSingle("test-killer");
            killer.schedule(() -> {
                awaitWaitingForTheArchive(server);
                server.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                        + " where application_name = 'wal_archiver_backup'");
            });
            assertThatThrownBy(() -> session.stop().block(PATIENCE)).isInstanceOf(BackupException.SessionLost.class);
            session.close().block(PATIENCE);
            killer.dispose();
        }
    }

    @Test
    void aClosedSessionDoesNothing() throws IOException {
        try (PostgresServer server = start(17, Map.of())) {
            BackupSession session = socketOf(server, "postgres").newSession();
            session.close().block(PATIENCE);
            assertThatThrownBy(() -> session.connect().block(PATIENCE)).isInstanceOf(BackupException.SessionLost.class);
            assertThat(server.query(OUR_SESSIONS)).isEqualTo("0");
        }
    }

    private static void awaitWaitingForTheArchive(PostgresServer server) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> server.query("select count(*) from pg_stat_activity where application_name ="
                                + " 'wal_archiver_backup' and wait_event in ('BackupWaitWalArchive')")
                        .equals("1"));
    }
}
