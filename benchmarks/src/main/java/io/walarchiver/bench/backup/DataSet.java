package io.walarchiver.bench.backup;

import io.walarchiver.bench.postgres.OltpLoad;
import io.walarchiver.bench.postgres.PostgresBinaries;
import io.walarchiver.bench.postgres.PostgresServer;
import io.walarchiver.bench.process.UnprivilegedUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A running server that nobody writes to, and the data directory all tools back up.
 *
 * @param server    the server
 * @param socket    the directory of its Unix socket, where the superuser needs no password
 * @param bytes     length of its files, WAL left out
 * @param files     how many there are
 */
record DataSet(PostgresServer server, Path socket, long bytes, long files) implements AutoCloseable {

    private static final int SEED = 7;
    private static final int SEGMENT_MEBIBYTES = 16;

    /** What one scale of accounts takes with its indexes, roughly. */
    private static final long BYTES_PER_SCALE = 20L << 20;

    private static final int ROWS_AT_ONCE = 100_000;
    private static final int SESSIONS = 2;
    private static final int TRANSACTIONS = 2_000;

    /**
     * Makes a cluster and fills it: half with accounts in order, as a bulk load leaves them, half with purchases whose
     * notes and tokens compress as badly as those of an application; then some transactions, so that not everything is
     * in order.
     *
     * @param bytes about how large the database becomes
     */
    static DataSet create(PostgresBinaries binaries, Path directory, long bytes) throws IOException, SQLException {
        UnprivilegedUser user = UnprivilegedUser.find(List.of(binaries.home()));
        Path socket = Files.createDirectory(
                directory.resolve("socket"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        user.own(socket);
        PostgresServer server = PostgresServer.initialize(binaries, user, directory, SEGMENT_MEBIBYTES);
        try {
            server.configure(Map.of(
                    "unix_socket_directories", socket.toString(),
                    "fsync", "off",
                    "autovacuum", "off",
                    "shared_buffers", "256MB",
                    "max_wal_size", "4GB",
                    // The segments of a backup stay for whoever wants to archive them.
                    "wal_keep_size", "2GB",
                    "archive_mode", "on",
                    "archive_command", "/bin/true"));
            Path access = server.dataDirectory().resolve("pg_hba.conf");
            Files.writeString(access, "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
            user.own(access);
            server.start();
            fill(server, bytes);
            long[] size = size(server.dataDirectory());
            return new DataSet(server, socket, size[0], size[1]);
        } catch (IOException | SQLException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static void fill(PostgresServer server, long bytes) throws IOException, SQLException {
        int scale = (int) Math.max(1, bytes / 2 / BYTES_PER_SCALE);
        OltpLoad.createTables(server, scale, SEED);
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT setseed(0." + SEED + ")");
            while (databaseBytes(statement) < bytes) {
                statement.execute("INSERT INTO purchase (account, placed, status, amount, token, note)"
                        + " SELECT 1 + (random() * " + scale + "00000)::bigint, now() - random() * interval '700 days',"
                        + " (array['open', 'paid', 'sent', 'returned'])[1 + (random() * 3)::int],"
                        + " (random() * 10000)::numeric(12,2), gen_random_uuid(),"
                        + " 'order ' || (random() * 1000000)::int || ', see ' || md5(random()::text)"
                        + " FROM generate_series(1, " + ROWS_AT_ONCE + ")");
            }
        }
        try (OltpLoad load = OltpLoad.start(server, scale, SESSIONS, SEED)) {
            while (load.transactions() < TRANSACTIONS) {
                load.requireHealthy();
                pause();
            }
        }
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            // Hint bits are set once and for all; from now on no page changes.
            statement.execute("VACUUM (FREEZE, ANALYZE)");
            statement.execute("CHECKPOINT");
        }
    }

    private static long databaseBytes(Statement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery("SELECT pg_database_size(current_database())")) {
            result.next();
            return result.getLong(1);
        }
    }

    private static long[] size(Path data) throws IOException {
        long[] size = new long[2];
        try (Stream<Path> files = Files.walk(data)) {
            files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> !file.startsWith(data.resolve("pg_wal")))
                    .forEach(file -> {
                        size[0] += length(file);
                        size[1]++;
                    });
        }
        return size;
    }

    private static long length(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path() {
        return server.dataDirectory();
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while data was made", e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
