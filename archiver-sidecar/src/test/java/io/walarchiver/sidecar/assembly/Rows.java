package io.walarchiver.sidecar.assembly;

import static org.awaitility.Awaitility.await;

import io.walarchiver.testing.postgres.PostgresServer;
import java.time.Duration;

/** The table {@code t} of a real server: what a recovery must bring back is counted in its rows. */
final class Rows {

    private Rows() {}

    static void insert(PostgresServer server, int rows) {
        server.execute("INSERT INTO t (filler) SELECT repeat('x', 200) FROM generate_series(1, " + rows + ")");
    }

    static long count(PostgresServer server) {
        return Long.parseLong(server.query("SELECT count(*) FROM t"));
    }

    /** Switches the log and waits until the server considers all of it archived. */
    static void archiveEverything(PostgresServer server, Duration patience) {
        server.execute("SELECT pg_create_restore_point('something to archive')");
        String last = server.query("SELECT pg_walfile_name(pg_switch_wal())");
        await().atMost(patience)
                .until(() -> server.query("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")
                                .compareTo(last)
                        >= 0);
    }

    /** Waits for the end of a recovery. */
    static void awaitPrimary(PostgresServer server, Duration patience) {
        await().atMost(patience)
                .until(() -> server.query("SELECT pg_is_in_recovery()").equals("f"));
    }
}
