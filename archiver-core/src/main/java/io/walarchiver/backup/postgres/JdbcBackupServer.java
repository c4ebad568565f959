package io.walarchiver.backup.postgres;

import io.walarchiver.backup.base.BackupServer;
import io.walarchiver.backup.base.BackupSession;
import reactor.core.scheduler.Scheduler;

/**
 * A PostgreSQL server, 14 to 18, that is reached by JDBC.
 *
 * <p>The role needs no superuser rights: execution of the backup functions, and membership in {@code pg_read_all_settings}
 * and {@code pg_read_all_stats}. What is missing is named when a session connects.
 */
public final class JdbcBackupServer implements BackupServer {

    private final ServerAddress address;
    private final String user;
    private final String database;
    private final Scheduler scheduler;

    /**
     * @param address   where the server listens
     * @param user      the role; there is no password, so the server has to know the socket's user or trust the address
     * @param database  any database the role may connect to
     * @param scheduler for calls that block, one of them for as long as the backup waits for WAL archiving; has at least
     *                  two threads, so that a waiting call can be cancelled
     */
    public JdbcBackupServer(ServerAddress address, String user, String database, Scheduler scheduler) {
        if (user.isEmpty() || database.isEmpty()) {
            throw new IllegalArgumentException("a session needs a user and a database");
        }
        this.address = address;
        this.user = user;
        this.database = database;
        this.scheduler = scheduler;
    }

    @Override
    public BackupSession newSession() {
        return new JdbcBackupSession(new JdbcConnector(address, user, database), location(), scheduler);
    }

    @Override
    public String location() {
        return address + " as " + user;
    }
}
