package io.walarchiver.bench.demo;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.bench.postgres.OltpLoad;
import io.walarchiver.bench.postgres.PostgresBinaries;
import io.walarchiver.bench.postgres.PostgresServer;
import io.walarchiver.bench.process.UnprivilegedUser;
import io.walarchiver.bench.process.WorkDirectory;
import io.walarchiver.bench.s3.S3ServerProcess;
import io.walarchiver.bench.service.ArchiverService;
import io.walarchiver.bench.service.Distribution;
import io.walarchiver.bench.service.StoreClient;
import io.walarchiver.bench.service.StoreFile;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The story the demo tells, from an empty directory to the verdict. */
final class DemoRun {

    private static final String SERVER_NAME = "demo";
    private static final int SCALE = 4;
    private static final SegmentSize SIZE = SegmentSize.DEFAULT;
    private static final Duration CATCH_UP_LIMIT = Duration.ofSeconds(90);
    private static final Duration RECOVERY_LIMIT = Duration.ofMinutes(3);

    private final DemoSettings settings;
    private final Console console;
    private final Cleanup cleanup;

    DemoRun(DemoSettings settings, Console console, Cleanup cleanup) {
        this.settings = settings;
        this.console = console;
        this.cleanup = cleanup;
    }

    /** True when nothing was lost. */
    boolean run() throws IOException, SQLException {
        Distribution built = Distribution.find(settings.distribution());
        Path work = WorkDirectory.forOneRun("demo");
        if (settings.keep()) {
            console.step("working in %s, which stays", work);
        } else {
            cleanup.add(() -> WorkDirectory.delete(work));
        }
        PostgresBinaries binaries = PostgresBinaries.unpack(WorkDirectory.cache());
        UnprivilegedUser user =
                UnprivilegedUser.find(List.of(binaries.home(), Path.of(System.getProperty("java.home"))));
        Distribution distribution = built.reachable(work);

        S3ServerProcess s3 = cleanup.add(S3ServerProcess.s3Proxy(work, Optional.empty()));
        console.step("S3 server at %s, bucket %s (process %d)", s3.endpoint(), S3ServerProcess.BUCKET, s3.pid());
        // A directory of the user's own: the service keeps its spool beside the data directory.
        Path home = Files.createDirectory(work.resolve("postgres"));
        user.own(home);
        PostgresServer server = cleanup.add(PostgresServer.initialize(binaries, user, home, SIZE.bytes() >> 20));
        ArchiverService service = cleanup.add(service(distribution, user, s3, server, work));
        service.start();
        console.step(
                "wal-archiver serving (process %d), metrics at %s/metrics, status at %s/status",
                service.pid(), service.address(), service.address());

        String call = '"' + distribution.command() + "\" %s \"" + socket(work) + ".http\" \"%%f\" \"%%p\"";
        server.configure(Map.of(
                "archive_mode", "on",
                "archive_command", String.format(call, "archive"),
                "wal_level", "replica",
                "max_wal_size", "512MB",
                "checkpoint_timeout", "30s",
                "shared_buffers", "256MB",
                "synchronous_commit", "off"));
        server.start();
        WalSegmentName first = state(server).segment();
        OltpLoad.createTables(server, SCALE, settings.seed());
        console.step("PostgreSQL on port %d with %,d accounts", server.port(), SCALE * 100_000);
        BaseCopy base = BaseCopy.take(server, work);
        console.step("base copy taken (low-level backup API)");

        Load load = new Load(settings, console, server, service, SIZE);
        Summary summary = load.run(SCALE);

        Fingerprint before = Fingerprint.of(server);
        Lsn lastCommit = state(server).insert();
        WalSegmentName last = switchWal(server);
        awaitArchived(server, last);
        Summary whole = summary.finish(state(server), service);
        console.step("PostgreSQL has archived everything up to %s", last);
        whole.print(console);

        server.stopImmediately();
        base.restore(server, String.format(call, "restore"));
        console.step("PostgreSQL stopped, data directory wiped, base copy put back; recovering");
        Duration recovery = recover(server, last);
        console.step("recovered and promoted in %.1f s", recovery.toMillis() / 1000.0);

        Verdict verdict = new Verdict(console);
        verdict.compare(before, Fingerprint.of(server));
        verdict.replayed(lastCommit, replayedTo(server));
        try (ObjectStore store = StoreClient.connect(s3)) {
            verdict.archive(
                    new ArchiveAudit(store, new ArchiveLayout(StoreFile.PREFIX, SERVER_NAME), SIZE).check(first, last));
        }
        server.stopFast();
        return verdict.announce();
    }

    private static Path socket(Path work) {
        return work.resolve("run").resolve("archiver.sock");
    }

    private static ArchiverService service(
            Distribution distribution, UnprivilegedUser user, S3ServerProcess s3, PostgresServer server, Path work)
            throws IOException {
        Path run = Files.createDirectory(
                work.resolve("run"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path store = StoreFile.write(run.resolve("store.yaml"), s3);
        user.own(run);
        return new ArchiverService(
                distribution,
                user,
                new ArchiverService.Settings(
                        store, SERVER_NAME, server.dataDirectory(), socket(work), work.resolve("service.log")));
    }

    private static ServerState state(PostgresServer server) throws SQLException {
        return ServerState.of(server, SIZE);
    }

    /** Ends the segment that holds the last commit and names it. */
    private static WalSegmentName switchWal(PostgresServer server) throws SQLException {
        WalSegmentName current = state(server).segment();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_switch_wal()");
        }
        return current;
    }

    private void awaitArchived(PostgresServer server, WalSegmentName last) throws SQLException, IOException {
        Instant deadline = Instant.now().plus(CATCH_UP_LIMIT);
        while (true) {
            ServerState state = state(server);
            boolean done = state.lastArchived()
                    .flatMap(ServerState::segmentOf)
                    .filter(archived -> archived.compareTo(last) >= 0)
                    .isPresent();
            if (done) {
                return;
            }
            if (Instant.now().isAfter(deadline)) {
                throw new IOException("PostgreSQL did not archive " + last + " within " + CATCH_UP_LIMIT.toSeconds()
                        + " s; its log is " + server.log());
            }
            console.progress("waiting for the archiver, %d segments behind", state.behind(SIZE));
            Pause.of(Duration.ofMillis(100));
        }
    }

    private Duration recover(PostgresServer server, WalSegmentName last) throws IOException, SQLException {
        Instant start = Instant.now();
        server.launch();
        Instant deadline = start.plus(RECOVERY_LIMIT);
        server.awaitConnections(RECOVERY_LIMIT);
        while (true) {
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery(
                            "SELECT pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn(), '0/0')::text")) {
                result.next();
                if (!result.getBoolean(1)) {
                    return Duration.between(start, Instant.now());
                }
                Lsn at = Lsn.parse(result.getString(2));
                console.progress("replaying %s of %s", WalSegmentName.containing(last.timeline(), at, SIZE), last);
            }
            if (Instant.now().isAfter(deadline)) {
                throw new IOException("recovery did not end within " + RECOVERY_LIMIT.toSeconds()
                        + " s; the log of PostgreSQL is " + server.log());
            }
            Pause.of(Duration.ofMillis(100));
        }
    }

    private static Lsn replayedTo(PostgresServer server) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT pg_last_wal_replay_lsn()::text")) {
            result.next();
            return Lsn.parse(result.getString(1));
        }
    }
}
