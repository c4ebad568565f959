package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.cluster.JobRole;
import io.walarchiver.bridge.kubernetes.ObjectReference;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * What the operator half puts into the environment of the sidecar. What is missing or wrong is noted, so that all of it
 * is told at once.
 */
final class SidecarEnvironment {

    private static final String DEFAULT_SPOOL = "/controller/wal-archiver";
    private static final String PLUGIN_SOCKETS = "/plugins";

    /** The kubelet and Prometheus ask from outside of the Pod. */
    private static final String ANY_ADDRESS = "0.0.0.0";

    private final Map<String, String> environment;
    private final Problems problems;

    SidecarEnvironment(Map<String, String> environment, Problems problems) {
        this.environment = environment;
        this.problems = problems;
    }

    Optional<Path> dataDirectory(Optional<Path> written) {
        return (written.isPresent()
                        ? written
                        : required("PGDATA", "the data directory").map(Path::of))
                .map(path -> path.toAbsolutePath().normalize());
    }

    /** Empty when something of it is missing. */
    Optional<InstanceSettings.Pod> pod(Optional<String> writtenPluginName) {
        Optional<String> name = required("POD_NAME", "the name of the Pod");
        Optional<String> namespace = objectName("NAMESPACE", "the namespace of the Pod");
        Optional<String> cluster = objectName("CLUSTER_NAME", "the name of the Cluster");
        Optional<PluginName> plugin = pluginName(writtenPluginName);
        if (name.isEmpty() || namespace.isEmpty() || cluster.isEmpty() || plugin.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new InstanceSettings.Pod(
                name.get(), namespace.get(), cluster.get(), plugin.get(), OperatorGroup.of(environment)));
    }

    private Optional<PluginName> pluginName(Optional<String> written) {
        return written.isPresent()
                ? problems.check("--plugin-name", () -> new PluginName(written.get()))
                : problems.check(
                        "PLUGIN_NAME",
                        () -> value("PLUGIN_NAME").map(PluginName::new).orElse(PluginName.DEFAULT));
    }

    Path spool(Optional<Path> written) {
        return written.orElseGet(() -> Path.of(value("SPOOL_DIRECTORY").orElse(DEFAULT_SPOOL)))
                .toAbsolutePath()
                .normalize();
    }

    Optional<SocketPath> socket(Optional<Path> written, PluginName pluginName) {
        return problems.check(
                "--socket", () -> new SocketPath(written.orElseGet(() -> Path.of(PLUGIN_SOCKETS, pluginName.value()))));
    }

    Optional<HostPort> http(Optional<String> written) {
        if (written.isPresent()) {
            return written.get().equals(ServeSettings.OFF)
                    ? Optional.empty()
                    : problems.check("--http", () -> HostPort.parse(written.get()));
        }
        return problems.check("--http", () -> new HostPort(ANY_ADDRESS, ManagementPort.of(environment)));
    }

    Optional<ByteSize> memory(Optional<String> written) {
        return problems.check("--memory", () -> ByteSize.parse(written.orElse(ServeSettings.DEFAULT_MEMORY)));
    }

    /** What the job does; without a word it restores a base backup. */
    Optional<JobRole> role() {
        String word = value("JOB_ROLE").orElse(JobRole.FULL_RECOVERY.label());
        Optional<JobRole> role = Arrays.stream(JobRole.values())
                .filter(each -> each.label().equals(word))
                .findFirst();
        if (role.isEmpty()) {
            problems.add("the variable JOB_ROLE names no job that restores from an archive: \""
                    + word.replaceAll("\\p{Cntrl}", "?") + "\"");
        }
        return role;
    }

    private Optional<String> objectName(String variable, String meaning) {
        Optional<String> name = required(variable, meaning);
        if (name.isPresent() && !ObjectReference.isName(name.get())) {
            problems.add(variable + ": is no name of an object of Kubernetes");
            return Optional.empty();
        }
        return name;
    }

    Optional<String> required(String variable, String meaning) {
        Optional<String> value = value(variable);
        if (value.isEmpty()) {
            problems.add("the variable " + variable + " is missing: " + meaning
                    + "; the plugin sets it in the Pods it has to do with");
        }
        return value;
    }

    Optional<String> value(String variable) {
        return Optional.ofNullable(environment.get(variable)).filter(text -> !text.isBlank());
    }
}
