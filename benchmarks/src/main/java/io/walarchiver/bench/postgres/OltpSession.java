package io.walarchiver.bench.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.SplittableRandom;
import java.util.UUID;

/** One customer-facing session: the statements it has prepared, and the transaction it repeats. */
final class OltpSession implements AutoCloseable {

    private static final int PURCHASES = 4;

    private final Connection connection;
    private final SplittableRandom random;
    private final int accounts;
    private final PreparedStatement charge;
    private final PreparedStatement purchase;
    private final PreparedStatement book;
    private final PreparedStatement ship;
    private final PreparedStatement forget;

    OltpSession(Connection connection, SplittableRandom random, int accounts) throws SQLException {
        this.connection = connection;
        this.random = random;
        this.accounts = accounts;
        connection.setAutoCommit(false);
        charge = connection.prepareStatement(
                "UPDATE account SET balance = balance + ?, changed = clock_timestamp() WHERE id = ?");
        purchase = connection.prepareStatement("INSERT INTO purchase (account, placed, status, amount, token, note)"
                + " VALUES (?, clock_timestamp(), 'new', ?::numeric / 100, ?::uuid, ?)");
        book = connection.prepareStatement("INSERT INTO ledger (account, delta, at) VALUES (?, ?, clock_timestamp())");
        ship = connection.prepareStatement("UPDATE purchase SET status = 'shipped', note = note || ?"
                + " WHERE id = (SELECT max(id) FROM purchase) - ?");
        forget = connection.prepareStatement("DELETE FROM purchase WHERE id = (SELECT min(id) FROM purchase)");
    }

    /** Some purchases, one shipment, now and then a deletion; committed. */
    void transact() throws SQLException {
        // Ascending order of accounts: two sessions can never wait for one another.
        int[] chosen = random.ints(PURCHASES, 1, accounts + 1).sorted().toArray();
        for (int account : chosen) {
            int amount = random.nextInt(100, 100_000);
            charge.setLong(1, amount);
            charge.setLong(2, account);
            charge.addBatch();
            purchase.setLong(1, account);
            purchase.setLong(2, amount);
            purchase.setString(3, new UUID(random.nextLong(), random.nextLong()).toString());
            purchase.setString(4, Prose.sentence(random, random.nextInt(2, 10)));
            purchase.addBatch();
            book.setLong(1, account);
            book.setLong(2, amount);
            book.addBatch();
        }
        purchase.executeBatch();
        book.executeBatch();
        ship.setString(1, " " + Prose.sentence(random, 4));
        ship.setLong(2, random.nextInt(5_000));
        ship.executeUpdate();
        if (random.nextInt(8) == 0) {
            forget.executeUpdate();
        }
        charge.executeBatch();
        connection.commit();
    }

    /** The statements end with their connection. */
    @Override
    public void close() throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
        }
    }
}
