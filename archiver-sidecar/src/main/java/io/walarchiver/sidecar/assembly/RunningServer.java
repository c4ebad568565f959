package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.base.BackupServer;
import io.walarchiver.backup.postgres.JdbcBackupServer;
import io.walarchiver.backup.postgres.ServerAddress;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import reactor.core.scheduler.Scheduler;

/**
 * Finds the server of a data directory. What nobody said stands in {@code postmaster.pid} (PostgreSQL's
 * {@code utils/pidfile.h}): the port in the fourth line, the directory of a socket in the fifth, an address in the sixth.
 */
final class RunningServer {

    private static final String DEFAULT_NAME = "postgres";
    private static final int PORT = 3;
    private static final int SOCKET_DIRECTORY = 4;
    private static final int LISTEN_ADDRESS = 5;

    private RunningServer() {}

    /**
     * Finds it; blocks.
     *
     * @param pgdata    its data directory
     * @param said      what somebody said about where it is
     * @param scheduler for its calls
     * @throws PreconditionException when it does not run there, and nobody said where else it is
     */
    static BackupServer of(Path pgdata, DatabaseAddress said, Scheduler scheduler) {
        return new JdbcBackupServer(
                address(pgdata, said),
                said.user().orElse(DEFAULT_NAME),
                said.database().orElse(DEFAULT_NAME),
                scheduler);
    }

    static ServerAddress address(Path pgdata, DatabaseAddress said) {
        List<String> lines = said.host().isPresent() && said.port().isPresent() ? List.of() : lines(pgdata);
        int port = said.port().isPresent() ? said.port().getAsInt() : port(lines, pgdata);
        String host = said.host().orElseGet(() -> host(lines));
        return host.startsWith("/")
                ? new ServerAddress.UnixSocket(Path.of(host), port)
                : new ServerAddress.Tcp(host, port);
    }

    private static List<String> lines(Path pgdata) {
        Path file = pgdata.resolve("postmaster.pid");
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new PreconditionException(
                    "no server runs on " + pgdata + ": " + file
                            + " does not exist. Start it; or say --host and --port, if it runs elsewhere on a copy of this directory");
        } catch (IOException e) {
            throw new PreconditionException(
                    "cannot read " + file + " (" + e.getClass().getSimpleName()
                            + "); run this as the user that owns the data directory, or say --host and --port");
        }
    }

    private static int port(List<String> lines, Path pgdata) {
        try {
            if (lines.size() > PORT) {
                return Integer.parseInt(lines.get(PORT).strip());
            }
        } catch (NumberFormatException notANumber) {
            // Told below.
        }
        throw new PreconditionException("the server on " + pgdata + " is still starting; ask again in a moment");
    }

    private static String host(List<String> lines) {
        String socket =
                lines.size() > SOCKET_DIRECTORY ? lines.get(SOCKET_DIRECTORY).strip() : "";
        if (!socket.isEmpty()) {
            return socket;
        }
        String address =
                lines.size() > LISTEN_ADDRESS ? lines.get(LISTEN_ADDRESS).strip() : "";
        return address.isEmpty() || address.equals("*") ? "localhost" : address;
    }
}
