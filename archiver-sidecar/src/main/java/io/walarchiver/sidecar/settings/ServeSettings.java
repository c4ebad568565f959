package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.objectstore.ObjectStoreSpec.InstanceSidecar;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreDocument;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Everything {@code serve} needs to know, checked.
 *
 * @param stores     every store of the file, for requests that name another one than the archive
 * @param store      where the archive is; holds credentials, whose text form hides them
 * @param serverName this server's part of the archive
 * @param pgdata     the data directory, absolute
 * @param socket     where CNPG-I calls come in
 * @param apiSocket  where {@code archive_command} and {@code restore_command} come in; empty switches it off
 * @param spool      our own directory for the journal and prefetched files
 * @param http       where metrics, probes and the status page are served; empty switches them off
 * @param pluginName what CloudNativePG calls this plugin
 * @param memory     the budget for WAL and base backups in flight
 * @param drainGrace how long calls may go on after SIGTERM
 * @param instance   name of the pod or host, told with each backup
 * @param database   how to reach the server for a backup
 * @param maintenanceEvery pause between two rounds of retention and inspection
 * @param verify     how the archive is read back; empty for never
 */
public record ServeSettings(
        StoreFile stores,
        StoreConfiguration store,
        String serverName,
        Path pgdata,
        SocketPath socket,
        Optional<SocketPath> apiSocket,
        Path spool,
        Optional<HostPort> http,
        PluginName pluginName,
        ByteSize memory,
        Duration drainGrace,
        String instance,
        DatabaseAddress database,
        Duration maintenanceEvery,
        Optional<VerifySchedule> verify) {

    /** Default of {@code --http}. */
    public static final String DEFAULT_HTTP = "127.0.0.1:9189";

    /** Default of {@code --memory}: two 16 MiB segments and their compressed forms. */
    public static final String DEFAULT_MEMORY = "64MiB";

    /** Default of {@code --drain-seconds}. */
    public static final int DEFAULT_DRAIN_SECONDS = 30;

    /** What switches an address off. */
    public static final String OFF = "off";

    /** Default of {@code retentionPolicyIntervalSeconds} of an ObjectStore. */
    public static final Duration DEFAULT_MAINTENANCE = Duration.ofMinutes(30);

    /** Default of {@code --verify-sample}. */
    public static final int DEFAULT_SAMPLE_PERCENT = 10;

    private static final int MAX_DRAIN_SECONDS = 3600;

    /**
     * The settings as a person wrote them.
     *
     * @param storeName empty for the first store of the file
     * @param apiSocket empty for the path of the socket with {@code .http} behind it, or {@code off}
     * @param spool     empty for a directory beside the data directory
     * @param instance  empty for the pod's name, or else the host's
     */
    public record Written(
            Path storeFile,
            Optional<String> storeName,
            String serverName,
            Path pgdata,
            Path socket,
            Optional<String> apiSocket,
            Optional<Path> spool,
            String http,
            String pluginName,
            String memory,
            int drainSeconds,
            Optional<String> instance,
            DatabaseAddress database,
            Verify verify) {}

    /**
     * The verification schedule as a person wrote it.
     *
     * @param every  a span of time; empty for never
     * @param rate   bytes a second; empty for no limit
     * @param sample percent of the archive
     */
    public record Verify(Optional<String> every, Optional<String> rate, int sample) {

        /** Never. */
        public static final Verify NEVER = new Verify(Optional.empty(), Optional.empty(), DEFAULT_SAMPLE_PERCENT);
    }

    /**
     * Checks everything.
     *
     * @throws SettingsException with all problems at once
     */
    public static ServeSettings of(Written written) {
        Problems problems = new Problems();
        Optional<StoreFile> stores = StoreFile.read(written.storeFile, problems);
        Optional<StoreDocument> store = stores.flatMap(file -> file.choose(written.storeName, problems));
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
        Optional<DatabaseAddress> database = problems.check("--port", () -> written.database.orElse(System.getenv()));
        Optional<VerifySchedule> verify = verify(written.verify, problems);
        problems.throwIfAny();
        return new ServeSettings(
                stores.orElseThrow(),
                store.orElseThrow().configuration(),
                written.serverName,
                pgdata,
                socket.orElseThrow(),
                apiSocket,
                spool,
                http,
                name.orElseThrow(),
                memory.orElseThrow(),
                Duration.ofSeconds(written.drainSeconds),
                written.instance.orElseGet(ServeSettings::thisInstance),
                database.orElseThrow(),
                maintenanceEvery(store.orElseThrow()),
                verify);
    }

    /** The name of the pod, or else of the host. */
    public static String thisInstance() {
        String pod = System.getenv("POD_NAME");
        if (pod != null && !pod.isBlank()) {
            return pod;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** As on Kubernetes; a pause of nothing counts as unsaid. */
    private static Duration maintenanceEvery(StoreDocument store) {
        OptionalInt seconds = store.resource()
                .spec()
                .instanceSidecar()
                .map(InstanceSidecar::retentionPolicyIntervalSeconds)
                .orElse(OptionalInt.empty());
        return seconds.isPresent() && seconds.getAsInt() > 0
                ? Duration.ofSeconds(seconds.getAsInt())
                : DEFAULT_MAINTENANCE;
    }

    private static Optional<VerifySchedule> verify(Verify written, Problems problems) {
        if (written.every.isEmpty()) {
            if (written.rate.isPresent()) {
                problems.add("--verify-rate: has no meaning without --verify-every");
            }
            return Optional.empty();
        }
        Optional<Duration> every = problems.check("--verify-every", () -> TimeSpan.parse(written.every.get()));
        OptionalLong rate = written.rate
                .flatMap(text -> problems.check("--verify-rate", () -> ByteSize.parse(text)))
                .map(size -> OptionalLong.of(size.bytes()))
                .orElseGet(OptionalLong::empty);
        return every.flatMap(
                pause -> problems.check("--verify-sample", () -> new VerifySchedule(pause, written.sample, rate)));
    }

    private static void checkDataDirectory(Path pgdata, Problems problems) {
        if (!Files.isDirectory(pgdata)) {
            problems.add("--pgdata: " + pgdata + " is not a directory; name the data directory of the server");
        } else if (!Files.isReadable(pgdata) || !Files.isExecutable(pgdata)) {
            problems.add("--pgdata: " + pgdata + " cannot be read; run this service as the user that owns it");
        }
    }
}
