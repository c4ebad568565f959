package io.walarchiver.bench.demo;

import io.walarchiver.bench.postgres.OltpLoad;
import io.walarchiver.bench.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;

/**
 * The content of the database in few words.
 *
 * @param tables per table the number of rows and a checksum of all of them
 */
record Fingerprint(Map<String, Table> tables) {

    /**
     * One table.
     *
     * @param rows     how many
     * @param checksum MD5 over the text of all rows in order of their keys, taken in two steps because the text of a
     *                 whole table can exceed what a value can hold
     */
    record Table(long rows, String checksum) {}

    Fingerprint {
        tables = Map.copyOf(tables);
    }

    static Fingerprint of(PostgresServer server) throws SQLException {
        Map<String, Table> tables = new TreeMap<>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            for (String table : OltpLoad.TABLES) {
                try (ResultSet result =
                        statement.executeQuery("SELECT coalesce(sum(n), 0), md5(string_agg(sum, '' ORDER BY block))"
                                + " FROM (SELECT id / 10000 AS block, count(*) AS n,"
                                + " md5(string_agg(md5(t::text), '' ORDER BY id)) AS sum FROM " + table
                                + " AS t GROUP BY 1) AS blocks")) {
                    result.next();
                    tables.put(table, new Table(result.getLong(1), String.valueOf(result.getString(2))));
                }
            }
        }
        return new Fingerprint(tables);
    }
}
