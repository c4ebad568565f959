package io.walarchiver.interop;

import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.awaitility.Awaitility;

/**
 * A small cluster with much of what backups stumble over: {@code pg_wal} is a link, one of two tablespaces has a name that
 * needs quoting everywhere, a table is larger than a volume, another one is unlogged, pages have checksums.
 *
 * @param major         version of PostgreSQL
 * @param home          where everything of it is
 * @param dataDirectory {@code PGDATA}
 * @param tablespaces   where they are, by name
 */
record SampleCluster(int major, Path home, Path dataDirectory, Map<String, Path> tablespaces) {

    /** The name of a tablespace. */
    static final String AWKWARD = "it's a \"fast\" disk";

    /** The name of a tablespace. */
    static final String PLAIN = "slow";

    /** Tables, with the number of their rows. */
    private static final Map<String, Integer> ROWS = Map.of("ledger", 500, "quick", 300, "patient", 200, "noise", 1500);

    /** Makes one below a directory that is there and empty. Nothing of its first log will be archived. */
    static SampleCluster create(int major, Path home) throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        PostgresBinaries.handOver(home.resolveSibling("."));
        Path data = home.resolve("data");
        String unused =
                postgres.initdb(data, "--wal-segsize=1", "--data-checksums", "--waldir=" + home.resolve("the log"));
        Map<String, Path> tablespaces = new TreeMap<>();
        tablespaces.put(AWKWARD, Files.createDirectory(home.resolve("fast disk")));
        tablespaces.put(PLAIN, Files.createDirectory(home.resolve("slow-disk")));
        tablespaces.values().forEach(PostgresBinaries::handOver);
        SampleCluster cluster = new SampleCluster(major, home, data, tablespaces);
        try (PostgresServer server = cluster.start(Map.of())) {
            cluster.fill(server);
        }
        return cluster;
    }

    private void fill(PostgresServer server) {
        List<String> statements = new ArrayList<>();
        tablespaces.forEach((name, location) ->
                statements.add("create tablespace " + identifier(name) + " location '" + location + "'"));
        statements.add("create table ledger (id serial primary key, note text)");
        statements.add("create table quick (id serial primary key, note text) tablespace " + identifier(AWKWARD));
        statements.add("create table patient (id serial primary key, note text) tablespace " + identifier(PLAIN));
        statements.add("create table noise (id serial primary key, note text)");
        // Almost 3 MiB that no compressor makes small.
        statements.add("insert into noise (note) select (select string_agg(md5(i::text || j::text), '')"
                + " from generate_series(1, 60) j) from generate_series(1, 1500) i");
        statements.add("create unlogged table forgotten as select 1 as id");
        statements.add("create sequence rounds");
        ROWS.forEach((table, rows) -> {
            if (!table.equals("noise")) {
                statements.add(insert(table, rows));
            }
        });
        server.execute(statements.toArray(String[]::new));
    }

    private static String insert(String table, int rows) {
        return "insert into " + table + " (note) select 'row ' || i from generate_series(1, " + rows + ") i";
    }

    private static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    PostgresServer start(Map<String, String> settings) {
        return PostgresBinaries.of(major).start(dataDirectory, settings);
    }

    /** All tables but the unlogged one, {@code forgotten}. */
    static Set<String> tables() {
        return ROWS.keySet();
    }

    /** Adds 11 rows to every table. */
    static void addRows(PostgresServer server) {
        server.execute(ROWS.keySet().stream().map(table -> insert(table, 11)).toArray(String[]::new));
    }

    /** Rows by table. */
    static Map<String, Integer> rows(PostgresServer server) {
        Map<String, Integer> counted = new HashMap<>();
        ROWS.keySet()
                .forEach(table -> counted.put(table, Integer.valueOf(server.query("select count(*) from " + table))));
        return counted;
    }

    /**
     * Starts a server on a restored data directory.
     *
     * @param settings besides the usual ones; {@code archive_mode} is off unless it says otherwise
     */
    PostgresServer startRestored(Path data, Map<String, String> settings) {
        PostgresBinaries.handOver(data);
        Map<String, String> all = new LinkedHashMap<>(Map.of("archive_mode", "off"));
        all.putAll(settings);
        return PostgresBinaries.of(major).start(data, all);
    }

    /** Waits for the end of recovery. */
    static void awaitPrimary(PostgresServer server) {
        Awaitility.await("end of recovery")
                .atMost(WalArchiver.PATIENCE)
                .until(() -> server.query("select pg_is_in_recovery()").equals("f"));
    }

    /** Waits until a standby has everything that its primary has written so far. */
    static void awaitReplay(PostgresServer primary, PostgresServer standby) {
        String position = primary.query("select pg_current_wal_insert_lsn()");
        Awaitility.await("replay up to " + position)
                .atMost(WalArchiver.PATIENCE)
                .until(() -> standby.query("select pg_last_wal_replay_lsn() >= '" + position + "'::pg_lsn")
                        .equals("t"));
    }
}
