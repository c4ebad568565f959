package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.InstanceSidecar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The injected container. Settings go by environment and command, because the operator compares these, and not the
 * arguments, when it decides whether a Pod has to be replaced.
 */
final class SidecarContainer {

    static final String NAME = "wal-archiver";

    /** Where the program may write temporary files; the root is read-only. */
    static final String SCRATCH_VOLUME = "wal-archiver-tmp";

    private static final String SCRATCH_PATH = "/tmp";
    private static final String SPOOL_PATH = "/controller/wal-archiver";

    /** The operator points it to a directory that is made after this container has started. */
    private static final Set<String> NOT_COPIED = Set.of("TMPDIR");

    private final OperatorSettings settings;
    private final ClusterView cluster;
    private final List<ObjectStoreResource> stores;

    /** The {@code stores} in the order in which their settings count. */
    SidecarContainer(OperatorSettings settings, ClusterView cluster, List<ObjectStoreResource> stores) {
        this.settings = settings;
        this.cluster = cluster;
        this.stores = stores;
    }

    /**
     * The container beside another one.
     *
     * @param subcommand of the program
     * @param main       the container with PostgreSQL
     * @param own        environment of this kind of process
     */
    ObjectNode beside(JsonNode main, String subcommand, Map<String, String> own) {
        ObjectNode container = JsonNodeFactory.instance.objectNode();
        container.put("name", NAME).put("image", settings.sidecarImage());
        cluster.imagePullPolicy().ifPresent(policy -> container.put("imagePullPolicy", policy));
        container.put("restartPolicy", "Always");
        ArrayNode command = container.putArray("command");
        settings.command().forEach(command::add);
        command.add(subcommand);
        List<String> arguments = additionalArguments();
        if (!arguments.isEmpty()) {
            ArrayNode args = container.putArray("args");
            arguments.forEach(args::add);
        }
        container.set("env", environment(main, own));
        container
                .putArray("ports")
                .addObject()
                .put("name", "archiver")
                .put("containerPort", settings.managementPort())
                .put("protocol", "TCP");
        container.set("resources", resources());
        container.set("volumeMounts", mounts(main));
        probes(container);
        securityContext(container.putObject("securityContext"));
        return container;
    }

    private ArrayNode environment(JsonNode main, Map<String, String> own) {
        Map<String, JsonNode> variables = new LinkedHashMap<>();
        for (JsonNode variable : main.path("env")) {
            if (!NOT_COPIED.contains(name(variable))) {
                variables.putIfAbsent(name(variable), variable.deepCopy());
            }
        }
        OperatorGroup group = OperatorGroup.ofApiVersion(cluster.apiVersion());
        Map<String, String> defaults = new LinkedHashMap<>();
        cluster.namespace().ifPresent(namespace -> defaults.put("NAMESPACE", namespace));
        defaults.put("CLUSTER_NAME", cluster.name());
        defaults.put("SPOOL_DIRECTORY", SPOOL_PATH);
        defaults.put("CUSTOM_CNPG_GROUP", group.group());
        defaults.put("CUSTOM_CNPG_VERSION", group.version());
        defaults.put("PLUGIN_NAME", settings.pluginName());
        defaults.put("MANAGEMENT_PORT", Integer.toString(settings.managementPort()));
        defaults.put("TMPDIR", SCRATCH_PATH);
        logLevel().ifPresent(level -> defaults.put("LOG_LEVEL", level));
        defaults.putAll(own);
        defaults.forEach((name, value) -> variables.putIfAbsent(
                name, JsonNodeFactory.instance.objectNode().put("name", name).put("value", value)));
        for (ObjectStoreResource store : stores) {
            store.spec().instanceSidecar().flatMap(InstanceSidecar::env).ifPresent(env -> {
                for (JsonNode variable : env) {
                    variables.putIfAbsent(name(variable), variable.deepCopy());
                }
            });
        }
        ArrayNode environment = JsonNodeFactory.instance.arrayNode();
        variables.values().forEach(environment::add);
        return environment;
    }

    /** Of each volume the last mount, as the operator sees them; the scratch volume has its sockets at that one. */
    private static ArrayNode mounts(JsonNode main) {
        Map<String, JsonNode> mounts = new LinkedHashMap<>();
        for (JsonNode mount : main.path("volumeMounts")) {
            mounts.remove(name(mount));
            mounts.put(name(mount), mount.deepCopy());
        }
        mounts.put(
                SCRATCH_VOLUME,
                JsonNodeFactory.instance
                        .objectNode()
                        .put("name", SCRATCH_VOLUME)
                        .put("mountPath", SCRATCH_PATH));
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        mounts.values().forEach(all::add);
        return all;
    }

    /** As the first store says that says anything. An empty object says something, too: nothing is asked for. */
    private JsonNode resources() {
        return stores.stream()
                .flatMap(store -> store.spec().instanceSidecar().flatMap(InstanceSidecar::resources).stream())
                .findFirst()
                .<JsonNode>map(JsonNode::deepCopy)
                .orElseGet(settings::defaultResources);
    }

    private Optional<String> logLevel() {
        return stores.stream()
                .flatMap(store -> store.spec().instanceSidecar().flatMap(InstanceSidecar::logLevel).stream())
                .findFirst();
    }

    private List<String> additionalArguments() {
        return stores.stream()
                .flatMap(store -> store.spec().instanceSidecar().stream())
                .map(InstanceSidecar::additionalContainerArgs)
                .filter(arguments -> !arguments.isEmpty())
                .findFirst()
                .orElseGet(List::of);
    }

    /**
     * PostgreSQL must not start before the socket answers: its manager looks for sockets once. Both probes go over HTTP,
     * since a command would start a program each time, inside the limits of the container.
     */
    private void probes(ObjectNode container) {
        probe(container.putObject("startupProbe"), 60, 1);
        probe(container.putObject("livenessProbe"), 6, 10);
    }

    private void probe(ObjectNode probe, int failures, int periodSeconds) {
        probe.putObject("httpGet").put("path", "/healthz").put("port", settings.managementPort());
        probe.put("failureThreshold", failures)
                .put("periodSeconds", periodSeconds)
                .put("timeoutSeconds", 5);
    }

    private static void securityContext(ObjectNode context) {
        context.put("allowPrivilegeEscalation", false)
                .put("privileged", false)
                .put("readOnlyRootFilesystem", true)
                .put("runAsNonRoot", true);
        context.putObject("capabilities").putArray("drop").add("ALL");
        context.putObject("seccompProfile").put("type", "RuntimeDefault");
    }

    private static String name(JsonNode element) {
        return element.path("name").asText();
    }
}
