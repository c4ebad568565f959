package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.kubernetes.OperatorGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Everything {@code instance} needs to know, checked. Which stores there are, and how they are used, is not among it: that
 * comes with each call and from the Kubernetes API.
 *
 * @param pgdata     the data directory, absolute
 * @param socket     where CNPG-I calls come in
 * @param spool      our own directory for the journal and prefetched files
 * @param http       where metrics, probes and the status page are served; empty switches them off
 * @param pod        which instance of which Cluster this is
 * @param memory     the budget for WAL and base backups in flight
 * @param drainGrace how long calls may go on after SIGTERM
 * @param database   how to reach the server for a backup
 */
public record InstanceSettings(
        Path pgdata,
        SocketPath socket,
        Path spool,
        Optional<HostPort> http,
        Pod pod,
        ByteSize memory,
        Duration drainGrace,
        DatabaseAddress database) {

    /** As long as the operator gives PostgreSQL to end by default; the kubelet ends the wait earlier if it must. */
    public static final int DEFAULT_DRAIN_SECONDS = 1800;

    private static final int MAX_DRAIN_SECONDS = 24 * 3600;

    /**
     * Which instance of which Cluster this is.
     *
     * @param name       of the Pod
     * @param namespace  of the Pod and the Cluster
     * @param cluster    name of the Cluster
     * @param pluginName what the Cluster calls us
     * @param group      of Clusters and Backups in the API
     */
    public record Pod(String name, String namespace, String cluster, PluginName pluginName, OperatorGroup group) {}

    /**
     * What was said on the command line; it wins over the environment.
     *
     * @param http a host and port, or {@code off}
     */
    public record Written(
            Optional<Path> pgdata,
            Optional<Path> socket,
            Optional<Path> spool,
            Optional<String> http,
            Optional<String> pluginName,
            Optional<String> memory,
            int drainSeconds,
            DatabaseAddress database) {}

    /**
     * Checks everything.
     *
     * @param environment of the process
     * @throws SettingsException with all problems at once
     */
    public static InstanceSettings of(Written written, Map<String, String> environment) {
        Problems problems = new Problems();
        SidecarEnvironment said = new SidecarEnvironment(environment, problems);
        Optional<Path> pgdata = said.dataDirectory(written.pgdata);
        Optional<Pod> pod = said.pod(written.pluginName);
        Path spool = said.spool(written.spool);
        pgdata.ifPresent(directory -> {
            if (Files.exists(directory) && !Files.isDirectory(directory)) {
                problems.add("PGDATA: " + directory + " is not a directory");
            }
            SpoolDirectory.check(spool, directory, problems);
        });
        Optional<SocketPath> socket = pod.flatMap(known -> said.socket(written.socket, known.pluginName));
        Optional<HostPort> http = said.http(written.http);
        Optional<ByteSize> memory = said.memory(written.memory);
        if (written.drainSeconds < 0 || written.drainSeconds > MAX_DRAIN_SECONDS) {
            problems.add("--drain-seconds: a number from 0 to " + MAX_DRAIN_SECONDS + ", not " + written.drainSeconds);
        }
        Optional<DatabaseAddress> database = problems.check("PGPORT", () -> written.database.orElse(environment));
        problems.throwIfAny();
        return new InstanceSettings(
                pgdata.orElseThrow(),
                socket.orElseThrow(),
                spool,
                http,
                pod.orElseThrow(),
                memory.orElseThrow(),
                Duration.ofSeconds(written.drainSeconds),
                database.orElseThrow());
    }
}
