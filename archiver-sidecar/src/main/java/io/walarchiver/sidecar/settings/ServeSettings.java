package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.objectstore.StoreConfiguration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Everything {@code serve} needs to know, checked.
 *
 * @param store      where the archive is; holds credentials, whose text form hides them
 * @param serverName this server's part of the archive
 * @param pgdata     the data directory, absolute
 * @param socket     where CNPG-I calls come in
 * @param apiSocket  where {@code archive_command} and {@code restore_command} come in; empty switches it off
 * @param spool      our own directory for the journal and prefetched files
 * @param http       where metrics, probes and the status page are served; empty switches them off
 * @param pluginName what CloudNativePG calls this plugin
 * @param memory     the budget for WAL in flight
 * @param drainGrace how long calls may go on after SIGTERM
 */
public record ServeSettings(
        StoreConfiguration store,
        String serverName,
        Path pgdata,
        SocketPath socket,
        Optional<SocketPath> apiSocket,
        Path spool,
        Optional<HostPort> http,
        PluginName pluginName,
        ByteSize memory,
        Duration drainGrace) {

    /** Default of {@code --http}. */
    public static final String DEFAULT_HTTP = "127.0.0.1:9189";

    /** Default of {@code --memory}: two 16 MiB segments and their compressed forms. */
    public static final String DEFAULT_MEMORY = "64MiB";

    /** Default of {@code --drain-seconds}. */
    public static final int DEFAULT_DRAIN_SECONDS = 30;

    /** What switches an address off. */
    public static final String OFF = "off";

    private static final int MAX_DRAIN_SECONDS = 3600;

    /**
     * The settings as a person wrote them.
     *
     * @param apiSocket empty for the path of the socket with {@code .http} behind it, or {@code off}
     * @param spool     empty for a directory beside the data directory
     */
    public record Written(
            Path storeFile,
            String serverName,
            Path pgdata,
            Path socket,
            Optional<String> apiSocket,
            Optional<Path> spool,
            String http,
            String pluginName,
            String memory,
            int drainSeconds) {}

    /**
     * Checks everything.
     *
     * @throws SettingsException with all problems at once
     */
    public static ServeSettings of(Written written) {
        Problems problems = new Problems();
        Optional<StoreConfiguration> store = StoreFile.read(written.storeFile, problems);
        StoreFile.checkServerName(written.serverName, problems);
        Path pgdata = written.pgdata.toAbsolutePath().normalize();
        checkDataDirectory(pgdata, problems);
        Optional<SocketPath> socket = problems.check("--socket", () -> new SocketPath(written.socket));
        Optional<SocketPath> apiSocket = written.apiSocket.isPresent()
                ? written.apiSocket
                        .filter(text -> !text.equals(OFF))
                        .flatMap(text -> problems.check("--api-socket", () -> new SocketPath(Path.of(text))))
                : socket.flatMap(path -> problems.check("--socket", path::http));
        Path spool = written.spool
                .map(path -> path.toAbsolutePath().normalize())
                .orElseGet(() -> Path.of(pgdata + ".wal-archiver"));
        SpoolDirectory.check(spool, pgdata, problems);
        Optional<HostPort> http = written.http.equals(OFF)
                ? Optional.empty()
                : problems.check("--http", () -> HostPort.parse(written.http));
        Optional<PluginName> name = problems.check("--plugin-name", () -> new PluginName(written.pluginName));
        Optional<ByteSize> memory = problems.check("--memory", () -> ByteSize.parse(written.memory));
        if (written.drainSeconds < 0 || written.drainSeconds > MAX_DRAIN_SECONDS) {
            problems.add("--drain-seconds: a number from 0 to " + MAX_DRAIN_SECONDS + ", not " + written.drainSeconds);
        }
        problems.throwIfAny();
        return new ServeSettings(
                store.orElseThrow(),
                written.serverName,
                pgdata,
                socket.orElseThrow(),
                apiSocket,
                spool,
                http,
                name.orElseThrow(),
                memory.orElseThrow(),
                Duration.ofSeconds(written.drainSeconds));
    }

    private static void checkDataDirectory(Path pgdata, Problems problems) {
        if (!Files.isDirectory(pgdata)) {
            problems.add("--pgdata: " + pgdata + " is not a directory; name the data directory of the server");
        } else if (!Files.isReadable(pgdata) || !Files.isExecutable(pgdata)) {
            problems.add("--pgdata: " + pgdata + " cannot be read; run this service as the user that owns it");
        }
    }
}
