package io.walarchiver.backup.postgres;

import java.nio.file.Path;

/** Where a server listens. */
public sealed interface ServerAddress {

    /** Part of the name of the socket, and the port otherwise. */
    int port();

    /**
     * A Unix socket, named {@code .s.PGSQL.<port>}.
     *
     * @param directory one of the server's {@code unix_socket_directories}
     */
    record UnixSocket(Path directory, int port) implements ServerAddress {
        public UnixSocket {
            requirePort(port);
        }

        /** The socket itself. */
        public Path path() {
            return directory.resolve(".s.PGSQL." + port);
        }

        @Override
        public String toString() {
            return path().toString();
        }
    }

    /** A TCP port. */
    record Tcp(String host, int port) implements ServerAddress {
        public Tcp {
            requirePort(port);
            if (host.isBlank() || host.contains("/") || host.contains("?")) {
                throw new IllegalArgumentException("not the name of a host: \"" + host + "\"");
            }
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    private static void requirePort(int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("not a port: " + port);
        }
    }
}
