package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.cluster.JobRole;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
 * @param http        where metrics and probes are served; empty switches them off
 * @param role        what the job does
 */
public record RestoreJobSettings(
        Path pgdata,
        SocketPath socket,
        Path spool,
        Path tablespaces,
        Path walVolume,
        PluginName pluginName,
        String jobName,
        ByteSize memory,
        Optional<HostPort> http,
        JobRole role) {

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
                memory.get(),
                Optional.empty(),
                JobRole.FULL_RECOVERY));
    }

    /** The same with an address for metrics and probes. */
    public RestoreJobSettings withHttp(Optional<HostPort> other) {
        return new RestoreJobSettings(
                pgdata, socket, spool, tablespaces, walVolume, pluginName, jobName, memory, other, role);
    }

    /** The same for another kind of job. */
    public RestoreJobSettings withRole(JobRole other) {
        return new RestoreJobSettings(
                pgdata, socket, spool, tablespaces, walVolume, pluginName, jobName, memory, http, other);
    }

    /**
     * Settings from the environment that the operator half gives the container, as far as nothing else was said.
     *
     * @param written    what was said
     * @param environment of the process
     * @throws SettingsException with all problems at once
     */
    public static OnKubernetes of(
            InstanceSettings.Written written, Path tablespaces, Path walVolume, Map<String, String> environment) {
        Problems problems = new Problems();
        SidecarEnvironment said = new SidecarEnvironment(environment, problems);
        Optional<Path> pgdata = said.dataDirectory(written.pgdata());
        Optional<InstanceSettings.Pod> pod = said.pod(written.pluginName());
        Optional<SocketPath> socket = pod.flatMap(known -> said.socket(written.socket(), known.pluginName()));
        Optional<HostPort> http = said.http(written.http());
        Optional<JobRole> role = said.role();
        if (pgdata.isEmpty() || pod.isEmpty() || socket.isEmpty() || role.isEmpty()) {
            problems.throwIfAny();
        }
        Optional<RestoreJobSettings> settings = of(
                new Written(
                        pgdata.orElseThrow(),
                        socket.orElseThrow().path(),
                        Optional.of(said.spool(written.spool())),
                        tablespaces,
                        walVolume,
                        pod.orElseThrow().pluginName().value(),
                        Optional.of(pod.orElseThrow().name()),
                        written.memory().orElse(ServeSettings.DEFAULT_MEMORY)),
                problems);
        problems.throwIfAny();
        return new OnKubernetes(settings.orElseThrow().withHttp(http).withRole(role.orElseThrow()), pod.orElseThrow());
    }

    /**
     * The settings of a job that finds its stores by the API.
     *
     * @param job what every job needs
     * @param pod where it runs
     */
    public record OnKubernetes(RestoreJobSettings job, InstanceSettings.Pod pod) {}
}
