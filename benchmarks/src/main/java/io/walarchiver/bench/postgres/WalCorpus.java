package io.walarchiver.bench.postgres;

import io.walarchiver.bench.process.UnprivilegedUser;
import io.walarchiver.bench.process.WorkDirectory;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Real WAL of a real server under load, recorded once and kept in the cache directory: what every measurement works on.
 *
 * @param home where it is kept, with the cluster's {@code pg_control} and {@code PG_VERSION}
 * @param oltp        complete segments of transactional load, consecutive
 * @param bulk        complete segments of a bulk load
 * @param idle        segments that were switched early and are mostly zeros
 */
public record WalCorpus(Path home, List<Path> oltp, List<Path> bulk, List<Path> idle) {

    private static final int SEED = 7;
    private static final int SCALE = 8;
    private static final int SESSIONS = 2;
    private static final int BULK_SEGMENTS = 2;
    private static final int IDLE_SEGMENTS = 2;
    private static final SegmentSize SIZE = SegmentSize.DEFAULT;

    public WalCorpus {
        oltp = List.copyOf(oltp);
        bulk = List.copyOf(bulk);
        idle = List.copyOf(idle);
    }

    /** The recorded corpus of the server that comes with this module; see {@link #recorded(PostgresBinaries, int)}. */
    public static WalCorpus recorded(int oltpSegments) throws IOException, SQLException {
        return recorded(PostgresBinaries.unpack(WorkDirectory.cache()), oltpSegments);
    }

    /**
     * The recorded corpus with that many segments of transactional load; records it first when there is none.
     *
     * @param binaries the server to record with
     */
    public static WalCorpus recorded(PostgresBinaries binaries, int oltpSegments) throws IOException, SQLException {
        Path cache = WorkDirectory.cache();
        Path home = cache.resolve("wal-" + binaries.home().getFileName() + "-" + SEED + "-" + oltpSegments);
        if (!Files.isDirectory(home)) {
            Path unfinished = Files.createTempDirectory(cache, "wal-");
            try {
                record(binaries, unfinished, oltpSegments);
                Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                WorkDirectory.delete(unfinished);
            }
        }
        return new WalCorpus(
                home, segments(home.resolve("oltp")), segments(home.resolve("bulk")), segments(home.resolve("idle")));
    }

    private static List<Path> segments(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    private static void record(PostgresBinaries binaries, Path target, int oltpSegments)
            throws IOException, SQLException {
        Path run = WorkDirectory.forOneRun("record");
        UnprivilegedUser user = UnprivilegedUser.find(List.of(binaries.home()));
        try (PostgresServer server = PostgresServer.initialize(binaries, user, run, SIZE.bytes() >> 20)) {
            server.configure(Map.of(
                    "fsync", "off",
                    "synchronous_commit", "off",
                    "wal_level", "replica",
                    "shared_buffers", "128MB",
                    "checkpoint_timeout", "30s",
                    "max_wal_size", "256MB",
                    // The archiver of no command: every segment stays, marked ready.
                    "archive_mode", "on",
                    "archive_command", ""));
            server.start();
            WalSegmentName bulkFrom = nextSegment(server);
            OltpLoad.createTables(server, SCALE, SEED);
            WalSegmentName oltpFrom = nextSegment(server);
            WalSegmentName oltpTo = advance(oltpFrom, oltpSegments);
            try (OltpLoad load = OltpLoad.start(server, SCALE, SESSIONS, SEED)) {
                while (current(server).compareTo(oltpTo) < 0) {
                    load.requireHealthy();
                    pause();
                }
            }
            WalSegmentName idleFrom = nextSegment(server);
            for (int i = 0; i < IDLE_SEGMENTS; i++) {
                execute(server, "UPDATE account SET balance = 0 WHERE id <= 20");
                nextSegment(server);
            }
            server.stopFast();
            keep(server, target.resolve("bulk"), bulkFrom, BULK_SEGMENTS);
            keep(server, target.resolve("oltp"), oltpFrom, oltpSegments);
            keep(server, target.resolve("idle"), idleFrom, IDLE_SEGMENTS);
            Files.copy(server.dataDirectory().resolve("global/pg_control"), target.resolve("pg_control"));
            Files.copy(server.dataDirectory().resolve("PG_VERSION"), target.resolve("PG_VERSION"));
        } finally {
            WorkDirectory.delete(run);
        }
    }

    private static void keep(PostgresServer server, Path target, WalSegmentName first, int count) throws IOException {
        Files.createDirectories(target);
        WalSegmentName name = first;
        for (int i = 0; i < count; i++) {
            Files.copy(
                    server.dataDirectory().resolve("pg_wal").resolve(name.toString()), target.resolve(name.toString()));
            name = name.next(SIZE);
        }
    }

    private static WalSegmentName advance(WalSegmentName from, int segments) {
        WalSegmentName name = from;
        for (int i = 0; i < segments; i++) {
            name = name.next(SIZE);
        }
        return name;
    }

    /** Ends the current segment and tells the name of the one that begins. */
    private static WalSegmentName nextSegment(PostgresServer server) throws SQLException {
        execute(server, "SELECT pg_create_restore_point('switch')");
        execute(server, "SELECT pg_switch_wal()");
        // The position after a switch is the end of the old segment until something is written.
        execute(server, "SELECT pg_create_restore_point('switched')");
        return current(server);
    }

    private static WalSegmentName current(PostgresServer server) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")) {
            result.next();
            return WalSegmentName.parse(result.getString(1));
        }
    }

    private static void execute(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while recording WAL", e);
        }
    }

    /** All kinds together, in the order they were written. */
    public List<Path> all() {
        List<Path> all = new ArrayList<>(bulk);
        all.addAll(oltp);
        all.addAll(idle);
        return all;
    }
}
