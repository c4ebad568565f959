package io.walarchiver.sidecar.settings;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Everything {@code restore-job} needs to know besides its stores, checked.
 *
 * @param pgdata      the data directory that is made, absolute; need not exist
 * @param socket      where CNPG-I calls come in
 * @param spool       our own directory for prefetched files
 * @param tablespaces where each tablespace has a volume of its name
 * @param walVolume   the volume of {@code pg_wal}
 * @param pluginName  what CloudNativePG calls this plugin
 * @param jobName     what the pod is called
 * @param memory      the budget for data in flight
 */
public record RestoreJobSettings(
        Path pgdata,
        SocketPath socket,
        Path spool,
        Path tablespaces,
        Path walVolume,
        PluginName pluginName,
        String jobName,
        ByteSize memory) {

    /** Where CloudNativePG mounts the volumes of tablespaces. */
    public static final String DEFAULT_TABLESPACES = "/var/lib/postgresql/tablespaces";

    /** Where CloudNativePG mounts the volume of WAL. */
    public static final String DEFAULT_WAL_VOLUME = "/var/lib/postgresql/wal";

    /**
     * The settings as a person wrote them.
     *
     * @param spool empty for a directory beside the data directory
     */
    public record Written(
            Path pgdata,
            Path socket,
            Optional<Path> spool,
            Path tablespaces,
            Path walVolume,
            String pluginName,
            Optional<String> jobName,
            String memory) {}

    /** Checks everything; what is wrong is noted, and the result is empty then. */
    public static Optional<RestoreJobSettings> of(Written written, Problems problems) {
        Path pgdata = written.pgdata.toAbsolutePath().normalize();
        if (Files.exists(pgdata) && !Files.isDirectory(pgdata)) {
            problems.add("--pgdata: " + pgdata + " is not a directory; name the data directory to make");
        }
        Optional<SocketPath> socket = problems.check("--socket", () -> new SocketPath(written.socket));
        Path spool = written.spool
                .map(path -> path.toAbsolutePath().normalize())
                .orElseGet(() -> Path.of(pgdata + ".wal-archiver"));
        SpoolDirectory.check(spool, pgdata, problems);
        Optional<PluginName> name = problems.check("--plugin-name", () -> new PluginName(written.pluginName));
        Optional<ByteSize> memory = problems.check("--memory", () -> ByteSize.parse(written.memory));
        if (socket.isEmpty() || name.isEmpty() || memory.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new RestoreJobSettings(
                pgdata,
                socket.get(),
                spool,
                written.tablespaces.toAbsolutePath().normalize(),
                written.walVolume.toAbsolutePath().normalize(),
                name.get(),
                written.jobName.orElseGet(ServeSettings::thisInstance),
                memory.get()));
    }
}
