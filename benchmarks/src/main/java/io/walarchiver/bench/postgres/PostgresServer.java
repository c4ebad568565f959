package io.walarchiver.bench.postgres;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.process.UnprivilegedUser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * One PostgreSQL cluster on loopback, with a data directory of its own. Not safe for several threads, except
 * {@link #connect}.
 */
public final class PostgresServer implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final String CONNECTION_FAILURE_CLASS = "08";

    private final PostgresBinaries binaries;
    private final UnprivilegedUser user;
    private final Path data;
    private final Path log;
    private final int port;
    private final String password;
    private @Nullable ChildProcess postmaster;

    private PostgresServer(
            PostgresBinaries binaries, UnprivilegedUser user, Path data, Path log, int port, String password) {
        this.binaries = binaries;
        this.user = user;
        this.data = data;
        this.log = log;
        this.port = port;
        this.password = password;
    }

    /**
     * Makes a new cluster with {@code initdb} on a free port; does not start it.
     *
     * @param directory        receives the data directory {@code pgdata} and the log file
     * @param segmentMebibytes size of a WAL segment
     */
    public static PostgresServer initialize(
            PostgresBinaries binaries, UnprivilegedUser user, Path directory, int segmentMebibytes) throws IOException {
        Path data = Files.createDirectories(directory.resolve("pgdata"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        user.own(data);
        byte[] secret = new byte[16];
        new SecureRandom().nextBytes(secret);
        String password = HexFormat.of().formatHex(secret);
        Path passwordFile = Files.createFile(
                directory.resolve("password"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(passwordFile, password);
        user.own(passwordFile);
        try {
            ChildProcess.run(
                    user.command(List.of(
                            binaries.program("initdb"),
                            "--pgdata=" + data,
                            "--username=postgres",
                            "--pwfile=" + passwordFile,
                            "--auth=scram-sha-256",
                            "--encoding=UTF8",
                            "--no-locale",
                            "--no-sync",
                            "--wal-segsize=" + segmentMebibytes)),
                    Path.of("/"));
        } finally {
            Files.delete(passwordFile);
        }
        int port = freePort();
        PostgresServer server =
                new PostgresServer(binaries, user, data, directory.resolve("postgres.log"), port, password);
        server.configure(Map.of(
                "listen_addresses", "127.0.0.1",
                "port", Integer.toString(port),
                "unix_socket_directories", "",
                "timezone", "UTC",
                "log_timezone", "UTC"));
        return server;
    }

    /** Adds settings; they take effect at the next start. */
    public void configure(Map<String, String> settings) throws IOException {
        StringBuilder lines = new StringBuilder();
        settings.forEach((name, value) -> lines.append(name)
                .append(" = '")
                .append(value.replace("'", "''"))
                .append("'\n"));
        Path file = data.resolve("postgresql.conf");
        Files.writeString(file, lines, StandardOpenOption.APPEND);
        user.own(file);
    }

    /** Starts the server without waiting for anything. */
    public void launch() throws IOException {
        postmaster = ChildProcess.start(
                "PostgreSQL",
                user.command(List.of(binaries.program("postgres"), "-D", data.toString())),
                Map.of("LC_ALL", "C"),
                Path.of("/"),
                log);
    }

    /** Starts the server and waits until it takes connections. */
    public void start() throws IOException, SQLException {
        launch();
        awaitConnections(START_LIMIT);
    }

    /** Waits until the server takes connections; during recovery that is from the consistent state on. */
    public void awaitConnections(Duration limit) throws IOException, SQLException {
        Instant deadline = Instant.now().plus(limit);
        while (true) {
            postmaster().requireAlive();
            try (Connection connection = connect()) {
                return;
            } catch (SQLException e) {
                String state = String.valueOf(e.getSQLState());
                boolean starting = state.equals(CANNOT_CONNECT_NOW) || state.startsWith(CONNECTION_FAILURE_CLASS);
                if (!starting || Instant.now().isAfter(deadline)) {
                    throw new SQLException("PostgreSQL does not take connections; its log is " + log, state, e);
                }
            }
            pause(Duration.ofMillis(50));
        }
    }

    /** A new connection as superuser. */
    public Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("password", password);
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("sslmode", "disable");
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties);
    }

    /** Ends it in order: sessions are cut, a checkpoint is written, the last segments are offered to the archiver. */
    public void stopFast() throws IOException {
        stop("fast");
    }

    /** Ends it at once, without a checkpoint; the next start has to recover. */
    public void stopImmediately() throws IOException {
        stop("immediate");
    }

    private void stop(String mode) throws IOException {
        ChildProcess.run(
                user.command(List.of(
                        binaries.program("pg_ctl"), "stop", "--pgdata=" + data, "--mode=" + mode, "--timeout=60")),
                Path.of("/"));
        postmaster().close();
        postmaster = null;
    }

    public boolean isRunning() {
        return postmaster != null && postmaster.isAlive();
    }

    public Path dataDirectory() {
        return data;
    }

    public Path log() {
        return log;
    }

    public int port() {
        return port;
    }

    public UnprivilegedUser user() {
        return user;
    }

    /** Ends it at once if it runs; the data directory stays. */
    @Override
    public void close() {
        ChildProcess running = postmaster;
        if (running != null && running.isAlive()) {
            try {
                stopImmediately();
            } catch (IOException e) {
                // SIGTERM is a "smart" shutdown, which ends when the last session does; insists after ten seconds.
                running.close();
            }
        }
    }

    private ChildProcess postmaster() {
        if (postmaster == null) {
            throw new IllegalStateException("PostgreSQL was not started");
        }
        return postmaster;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void pause(Duration time) throws IOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for PostgreSQL", e);
        }
    }
}
