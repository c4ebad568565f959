package io.walarchiver.testing.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A running server; closing it stops it. Listens on 127.0.0.1 only. */
public final class PostgresServer implements AutoCloseable {

    private final String pgCtl;
    private final Path dataDirectory;
    private final int port;
    private boolean stopped;

    private PostgresServer(String pgCtl, Path dataDirectory, int port) {
        this.pgCtl = pgCtl;
        this.dataDirectory = dataDirectory;
        this.port = port;
    }

    static PostgresServer start(String pgCtl, Path dataDirectory, Map<String, String> settings) {
        int port = freePort();
        Map<String, String> all = new LinkedHashMap<>();
        all.put("listen_addresses", "127.0.0.1");
        all.put("port", Integer.toString(port));
        all.put("unix_socket_directories", "");
        all.put("fsync", "off");
        all.putAll(settings);
        StringBuilder options = new StringBuilder();
        all.forEach((name, value) -> options.append("-c ")
                .append(name)
                .append('=')
                .append(quoted(value))
                .append(' '));
        PostgresServer server = new PostgresServer(pgCtl, dataDirectory, port);
        try {
            Unprivileged.run(
                    List.of(
                            pgCtl,
                            "start",
                            "-w",
                            "-t",
                            "110",
                            "-D",
                            dataDirectory.toString(),
                            "-l",
                            server.logFile().toString(),
                            "-o",
                            options.toString()),
                    "");
        } catch (IllegalStateException e) {
            throw new IllegalStateException(e.getMessage() + "\nThe log of the server:\n" + server.log(), e);
        }
        return server;
    }

    /** pg_ctl hands its options to a shell. */
    private static String quoted(String value) {
        return "'" + value.replace("'", "'\\''") + "'";
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The TCP port. */
    public int port() {
        return port;
    }

    /** The data directory. */
    public Path dataDirectory() {
        return dataDirectory;
    }

    /** A connection of the superuser. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", "postgres", "");
    }

    /** Runs statements of the superuser, each in a transaction of its own. */
    public void execute(String... statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + String.join(";\n", statements), e);
        }
    }

    /** The only value of the only row a query gives, as text; null is the text {@code null}. */
    public String query(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new IllegalStateException("no row: " + sql);
            }
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /** Makes a primary of a standby and waits until it is one. */
    public void promote() {
        Unprivileged.run(List.of(pgCtl, "promote", "-w", "-D", dataDirectory.toString()), "");
    }

    /** Everything the server has logged since its data directory was created. */
    public String log() {
        try {
            return Files.exists(logFile()) ? Files.readString(logFile()) : "(none)";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path logFile() {
        return dataDirectory.resolveSibling(dataDirectory.getFileName() + ".log");
    }

    /** Ends the server at once, as a crash would: without a checkpoint, and without archiving what is left. */
    public void crash() {
        if (!stopped) {
            Unprivileged.run(List.of(pgCtl, "stop", "-w", "-m", "immediate", "-D", dataDirectory.toString()), "");
            stopped = true;
        }
    }

    /** Shuts down after a checkpoint, archiving what is ready. Does nothing the second time. */
    public void stop() {
        if (!stopped) {
            Unprivileged.run(List.of(pgCtl, "stop", "-w", "-m", "fast", "-D", dataDirectory.toString()), "");
            stopped = true;
        }
    }

    @Override
    public void close() {
        stop();
    }
}
