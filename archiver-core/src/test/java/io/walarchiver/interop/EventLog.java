package io.walarchiver.interop;

import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;

/** A table that several sessions write to, row by row, as fast as they can, until it is closed. */
final class EventLog implements AutoCloseable {

    private static final int WRITERS = 2;
    private static final int FEW_ROWS = 20;

    private final PostgresServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    private final List<Future<?>> writers = new ArrayList<>();
    private volatile boolean closed;

    private EventLog(PostgresServer server) {
        this.server = server;
    }

    static void create(PostgresServer server) {
        server.execute(
                "create table event (id bigserial primary key, note text default repeat('event ', 20))",
                "insert into event default values");
    }

    /** Begins to write. */
    static EventLog write(PostgresServer server) {
        EventLog log = new EventLog(server);
        for (int i = 0; i < WRITERS; i++) {
            log.writers.add(log.threads.submit(() -> log.write()));
        }
        return log;
    }

    static long rows(PostgresServer server) {
        return Long.parseLong(server.query("select count(*) from event"));
    }

    private Void write() throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            while (!closed) {
                statement.execute("insert into event default values");
            }
        }
        return null;
    }

    /**
     * A moment between two rows.
     *
     * @param rows how many there were
     * @param time by the server's clock
     * @param lsn  a position in the log
     * @param name of a restore point
     */
    record Moment(long rows, Instant time, Lsn lsn, String name) {}

    /** Waits for some more rows, and keeps all writers waiting for as long as a moment takes. */
    Moment moment(String name) throws SQLException {
        awaitRows();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table event in exclusive mode");
            try (ResultSet row = statement.executeQuery("select count(*),"
                    + " to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
                    + " pg_current_wal_insert_lsn(), pg_create_restore_point('" + name + "') from event")) {
                row.next();
                Moment moment =
                        new Moment(row.getLong(1), Instant.parse(row.getString(2)), Lsn.parse(row.getString(3)), name);
                connection.rollback();
                // Recovery to the last moment of all needs something behind it.
                awaitRows();
                return moment;
            }
        }
    }

    /**
     * A transaction that adds a row.
     *
     * @param rows how many rows there were before
     * @param xid  its number
     */
    record Transaction(long rows, long xid) {}

    /** Waits for some more rows, and adds one between two others. */
    Transaction transaction() throws SQLException {
        awaitRows();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table event in exclusive mode");
            long rows = number(statement, "select count(*) from event");
            statement.execute("insert into event default values");
            long xid = number(statement, "select pg_current_xact_id()::text::bigint");
            connection.commit();
            return new Transaction(rows, xid);
        }
    }

    private static long number(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private void awaitRows() {
        long enough = rows(server) + FEW_ROWS;
        Awaitility.await("rows")
                .atMost(WalArchiver.PATIENCE)
                .until(() -> writers.stream().anyMatch(Future::isDone) || rows(server) >= enough);
    }

    /** Stops writing. Fails when a writer has failed. */
    @Override
    public void close() {
        closed = true;
        threads.shutdown();
        for (Future<?> writer : writers) {
            try {
                Object unused = writer.get(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            } catch (ExecutionException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
