package io.walarchiver.backup.postgres;

import io.walarchiver.backup.base.BackupException;
import io.walarchiver.backup.base.BackupSession;
import io.walarchiver.backup.base.BackupStart;
import io.walarchiver.backup.base.BackupStop;
import io.walarchiver.backup.base.ServerFacts;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A session over JDBC. Each call occupies a thread of the scheduler until the server has answered; {@link #close} cancels
 * the running statement over a connection of its own, because a server that waits does not look at this one.
 */
final class JdbcBackupSession implements BackupSession {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcBackupSession.class);

    /** How long a cancelled statement may take to end before its connection is cut. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final JdbcConnector connector;
    private final String location;
    private final Scheduler scheduler;
    private @Nullable Connection connection;
    private @Nullable ServerVersion version;
    private @Nullable PreparedStatement running;
    private boolean startedInRecovery;
    private boolean busy;
    private boolean closed;

    JdbcBackupSession(JdbcConnector connector, String location, Scheduler scheduler) {
        this.connector = connector;
        this.location = location;
        this.scheduler = scheduler;
    }

    /** Something that talks to the server. */
    private interface Call<T> {
        T run() throws SQLException;
    }

    @Override
    public Mono<ServerFacts> connect() {
        return call("asking " + location + " about itself", () -> {
            Connection opened = open();
            ServerFactsQuery query = new ServerFactsQuery(opened, location);
            ServerVersion known = query.prepare();
            ServerFacts facts = query.facts(known);
            synchronized (this) {
                version = known;
                startedInRecovery = facts.inRecovery();
            }
            return facts;
        });
    }

    private Connection open() throws SQLException {
        Connection opened;
        try {
            opened = connector.connect();
        } catch (SQLException e) {
            throw new BackupException.CannotConnect(
                    "cannot connect to PostgreSQL at " + location + ", database " + connector.database() + ": "
                            + SqlFailures.message(e) + "; is the server running there, and does it know the role?",
                    e);
        }
        synchronized (this) {
            if (!closed) {
                connection = opened;
                return opened;
            }
        }
        opened.close();
        throw new BackupException.SessionLost("the session was closed while it was being opened", null);
    }

    @Override
    public Mono<BackupStart> start(String label, boolean fast) {
        return call(
                "beginning a backup of " + location,
                () -> execute(
                        version().startStatement(),
                        row -> {
                            return new BackupStart(
                                    Lsn.parse(row.getString(1)), new Timeline(row.getInt(2)), time(row, 3));
                        },
                        label,
                        fast));
    }

    @Override
    public Mono<BackupStop> stop() {
        return call("ending the backup of " + location, () -> {
            try {
                return execute(
                        version().stopStatement(),
                        row -> new BackupStop(
                                Lsn.parse(row.getString(1)),
                                new Timeline(row.getInt(2)),
                                time(row, 3),
                                row.getString(4)));
            } catch (SQLException e) {
                if (wasPromoted(e)) {
                    throw new BackupException.StandbyPromoted(
                            "the standby " + location
                                    + " was promoted while it was backed up, and the copy is of no use"
                                    + " (PostgreSQL: " + SqlFailures.message(e) + "); take another backup",
                            e);
                }
                throw e;
            }
        });
    }

    private boolean wasPromoted(SQLException failure) {
        if (!startedInRecovery || !SqlFailures.isWrongState(failure)) {
            return false;
        }
        try {
            return execute("select not pg_is_in_recovery()", row -> row.getBoolean(1));
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public Mono<Void> createRestorePoint(String name) {
        return call(
                        "creating the restore point " + name + " on " + location,
                        () -> execute("select pg_create_restore_point(?)", row -> true, name))
                .then();
    }

    @Override
    public Mono<Void> switchWal() {
        return call("switching WAL on " + location, () -> execute("select pg_switch_wal()", row -> true))
                .then();
    }

    private static Instant time(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    private synchronized ServerVersion version() {
        ServerVersion known = version;
        if (known == null) {
            throw new IllegalStateException("the session is not connected");
        }
        return known;
    }

    /** Takes the one row of an answer. */
    private interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> T execute(String sql, Row<T> row, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet answer = statement.executeQuery()) {
                if (!answer.next()) {
                    throw new SQLException("no answer to: " + sql);
                }
                return row.read(answer);
            }
        } finally {
            synchronized (this) {
                running = null;
            }
        }
    }

    private synchronized PreparedStatement prepare(String sql) throws SQLException {
        Connection open = connection;
        if (closed || open == null) {
            throw new BackupException.SessionLost("the session with " + location + " is closed", null);
        }
        PreparedStatement statement = open.prepareStatement(sql);
        running = statement;
        return statement;
    }

    private <T> Mono<T> call(String what, Call<T> call) {
        return BlockingWork.on(scheduler, () -> {
            begin();
            try {
                return call.run();
            } catch (SQLException e) {
                throw SqlFailures.describe(what, e, isClosed());
            } finally {
                end();
            }
        });
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void begin() {
        if (closed) {
            throw new BackupException.SessionLost("the session with " + location + " is closed", null);
        }
        if (busy) {
            throw new IllegalStateException("a session does one thing at a time");
        }
        busy = true;
    }

    private synchronized void end() {
        busy = false;
        notifyAll();
    }

    @Override
    public Mono<Void> close() {
        return BlockingWork.run(scheduler, this::closeNow).onErrorResume(failure -> {
            LOG.atWarn().addKeyValue("server", location).setCause(failure).log("the session did not end properly");
            return Mono.empty();
        });
    }

    private void closeNow() throws SQLException, InterruptedException {
        Connection open;
        PreparedStatement statement;
        synchronized (this) {
            closed = true;
            open = connection;
            connection = null;
            statement = running;
        }
        if (open == null) {
            return;
        }
        try {
            if (statement != null) {
                statement.cancel();
            }
            if (awaitIdle()) {
                open.close();
                return;
            }
        } catch (SQLException e) {
            LOG.atWarn()
                    .addKeyValue("server", location)
                    .setCause(e)
                    .log("the running statement could not be cancelled");
        }
        // Cuts the connection; the server notices when it looks at it next, within its connection check interval.
        open.abort(Runnable::run);
    }

    private synchronized boolean awaitIdle() throws InterruptedException {
        long deadline = System.nanoTime() + GRACE.toNanos();
        while (busy) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            wait(Math.max(1, left / 1_000_000));
        }
        return true;
    }
}
