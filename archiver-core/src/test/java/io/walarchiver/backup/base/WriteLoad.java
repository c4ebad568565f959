package io.walarchiver.backup.base;

import io.walarchiver.testing.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes into tables until it is stopped: every transaction adds one row to each of them and changes another one, so that
 * after recovery to whatever moment all have the same number of rows.
 */
final class WriteLoad implements AutoCloseable {

    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final AtomicLong transactions = new AtomicLong();
    private volatile boolean stopped;

    private WriteLoad() {}

    static WriteLoad start(PostgresServer server, List<String> tables) {
        WriteLoad load = new WriteLoad();
        Thread thread = new Thread(() -> load.run(server, tables), "write-load");
        thread.setDaemon(true);
        thread.start();
        return load;
    }

    private void run(PostgresServer server, List<String> tables) {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!stopped) {
                long number = transactions.get();
                for (String table : tables) {
                    statement.execute("insert into " + table + " values (" + number + ", repeat(md5('" + number
                            + "'), 20))");
                    statement.execute("update " + table + " set filler = md5(filler) where id = " + number / 2);
                }
                connection.commit();
                transactions.incrementAndGet();
            }
            done.complete(null);
        } catch (SQLException | RuntimeException e) {
            done.completeExceptionally(e);
        }
    }

    /** How many transactions were committed. */
    long transactions() {
        return transactions.get();
    }

    /** Lets the transaction under way end, and fails when one did. */
    @Override
    public void close() {
        stopped = true;
        done.join();
    }
}
