package io.walarchiver.sidecar.assembly;

import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A real server and the service beside it, as on a host of its own. */
final class Standalone implements AutoCloseable {

    /** Where the scripts of the distribution are. */
    static final Path BIN = Path.of("src/main/dist/bin").toAbsolutePath();

    private final PostgresBinaries binaries;
    private final Path pgdata;
    private final Path sockets;
    private final Service service;
    private @Nullable PostgresServer server;

    private Standalone(PostgresBinaries binaries, Path pgdata, Path sockets, Service service) {
        this.binaries = binaries;
        this.pgdata = pgdata;
        this.sockets = sockets;
        this.service = service;
    }

    /** Starts the service for a data directory; the server is started by {@link #start}. */
    static Standalone serve(PostgresBinaries binaries, Path pgdata, Path storeFile) throws IOException {
        Path sockets = Files.createTempDirectory("wa-");
        Service service = Service.start(ServeSettings.of(new ServeSettings.Written(
                storeFile,
                Optional.empty(),
                "db",
                pgdata,
                sockets.resolve("sock"),
                Optional.empty(),
                Optional.empty(),
                "off",
                "walarchiver.io",
                "64MiB",
                5,
                Optional.of("host-1"),
                DatabaseAddress.UNSAID,
                ServeSettings.Verify.NEVER)));
        return new Standalone(binaries, pgdata, sockets, service);
    }

    /** Starts the server, which archives through the service. */
    PostgresServer start(String... settings) {
        Map<String, String> all = new HashMap<>();
        all.put("unix_socket_directories", sockets.toString());
        all.put("archive_mode", "on");
        all.put("archive_command", BIN + "/wal-archiver-command archive " + sockets + "/sock.http %f %p");
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        PostgresServer started = binaries.start(pgdata, all);
        server = started;
        return started;
    }

    /** Where CNPG-I calls come in. */
    Path socket() {
        return sockets.resolve("sock");
    }

    /** Where the server's commands come in. */
    Path apiSocket() {
        return sockets.resolve("sock.http");
    }

    /** The directory of the server's own socket. */
    Path serverSockets() {
        return sockets;
    }

    /** Ends the service as SIGTERM does; the server goes on. */
    void endService() {
        service.drain();
        service.close();
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
        service.close();
        deleteTree(sockets);
    }

    /** Removes a directory with everything in it. */
    static void deleteTree(Path directory) {
        new ScratchDirectory(directory).close();
    }
}
