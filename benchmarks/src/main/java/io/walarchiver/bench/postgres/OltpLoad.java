package io.walarchiver.bench.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A small order system under load: the WAL that a transactional application writes, with indexed inserts, updates,
 * deletes, text of its own and full-page images after checkpoints. Seeded: the same seed does the same work, though
 * timing decides how sessions interleave.
 */
public final class OltpLoad implements AutoCloseable {

    /** The tables, each with a primary key {@code id}. */
    public static final List<String> TABLES = List.of("account", "purchase", "ledger");

    private static final int ACCOUNTS_PER_SCALE = 100_000;

    private final PostgresServer server;
    private final int accounts;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<Thread> sessions = new ArrayList<>();

    private OltpLoad(PostgresServer server, int scale) {
        this.server = server;
        this.accounts = scale * ACCOUNTS_PER_SCALE;
    }

    /** Creates the tables and fills them: {@code scale} × 100,000 accounts. A bulk load, in WAL terms. */
    public static void createTables(PostgresServer server, int scale, long seed) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE account (id bigint PRIMARY KEY, branch int NOT NULL, balance bigint NOT NULL,"
                            + " owner text NOT NULL, changed timestamptz NOT NULL, filler char(84) NOT NULL DEFAULT '')");
            statement.execute("CREATE TABLE purchase (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                    + " account bigint NOT NULL, placed timestamptz NOT NULL, status text NOT NULL,"
                    + " amount numeric(12,2) NOT NULL, token uuid NOT NULL, note text NOT NULL)");
            statement.execute("CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                    + " account bigint NOT NULL, delta bigint NOT NULL, at timestamptz NOT NULL)");
            statement.execute("INSERT INTO account SELECT i, i % 100, 0, 'owner ' || i + " + seed
                    + ", now() FROM generate_series(1, " + scale * ACCOUNTS_PER_SCALE + ") AS i");
            statement.execute("CREATE INDEX ON account (branch)");
            statement.execute("CREATE INDEX ON purchase (account, placed)");
            statement.execute("CREATE INDEX ON ledger (account)");
            statement.execute("VACUUM ANALYZE account");
        }
    }

    /** Starts {@code connections} sessions that work until {@link #close}. */
    public static OltpLoad start(PostgresServer server, int scale, int connections, long seed) {
        OltpLoad load = new OltpLoad(server, scale);
        SplittableRandom seeds = new SplittableRandom(seed);
        for (int i = 0; i < connections; i++) {
            SplittableRandom random = seeds.split();
            Thread session = new Thread(() -> load.work(random), "load-" + i);
            session.setDaemon(true);
            load.sessions.add(session);
            session.start();
        }
        return load;
    }

    /** Transactions committed so far. */
    public long transactions() {
        return transactions.get();
    }

    /** Fails with the reason when a session has failed. */
    public void requireHealthy() throws SQLException {
        Throwable reason = failure.get();
        if (reason != null) {
            throw new SQLException("the load failed", reason);
        }
    }

    /** Lets every session finish its transaction. */
    @Override
    public void close() {
        stopping.set(true);
        for (Thread session : sessions) {
            boolean interrupted = false;
            while (session.isAlive()) {
                try {
                    session.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void work(SplittableRandom random) {
        try (Connection connection = server.connect();
                OltpSession session = new OltpSession(connection, random, accounts)) {
            while (!stopping.get()) {
                session.transact();
                transactions.incrementAndGet();
            }
        } catch (SQLException | RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }
}
