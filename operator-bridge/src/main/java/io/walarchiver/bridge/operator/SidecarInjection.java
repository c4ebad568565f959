package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.JobRole;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Puts the sidecar into a Pod or Job of a Cluster: an init container that is restarted always, so that it starts before
 * PostgreSQL, ends after it, and does not keep a Job from completing (Kubernetes, "Sidecar Containers").
 */
final class SidecarInjection {

    private static final String PLUGINS_VOLUME = "plugins";
    private static final String POSTGRES = "postgres";

    private final OperatorSettings settings;
    private final Function<String, Optional<ObjectStoreResource>> stores;

    /** The {@code stores} finds an ObjectStore in the namespace of the Cluster. */
    SidecarInjection(OperatorSettings settings, Function<String, Optional<ObjectStoreResource>> stores) {
        this.settings = settings;
        this.stores = stores;
    }

    /**
     * An instance as it has to be.
     *
     * <p>Every instance of a Cluster that has us among its enabled plugins gets the sidecar, also when no store is named:
     * the manager of the instance waits for our socket, and the sidecar says what is missing.
     */
    JsonNode pod(ClusterView cluster, JsonNode pod) {
        ClusterStores roles = ClusterStores.of(cluster, settings.pluginName());
        boolean enabled = cluster.plugins().stream()
                .anyMatch(entry -> entry.enabled() && entry.name().equals(settings.pluginName()));
        Optional<JsonNode> podRole = label(pod.path("metadata"), "/podRole");
        boolean instance = podRole.isEmpty() || podRole.orElseThrow().asText().equals("instance");
        if (!instance || (!enabled && roles.replica().isEmpty())) {
            return pod;
        }
        // What the Cluster was created from may be gone by now, and a running instance does not read it.
        List<ObjectStoreResource> resolved = ClusterStores.resolve(List.of(roles.own(), roles.replica()), stores);
        ObjectNode changed = copy(pod, "Pod");
        inject(
                spec(changed.get("spec"), "Pod"),
                POSTGRES,
                new SidecarContainer(settings, cluster, resolved),
                "instance",
                Map.of());
        return changed;
    }

    /** A Job as it has to be: one that recovers from an archive of ours. */
    JsonNode job(ClusterView cluster, JsonNode job) {
        ClusterStores roles = ClusterStores.of(cluster, settings.pluginName());
        Optional<JobRole> role = JobRole.of(labels(job.at("/spec/template/metadata")));
        if (role.isEmpty() || roles.recovery().isEmpty()) {
            return job;
        }
        List<ObjectStoreResource> resolved = ClusterStores.resolve(List.of(roles.recovery(), roles.own()), stores);
        ObjectNode changed = copy(job, "Job");
        String label = role.orElseThrow().label();
        inject(
                spec(changed.at("/spec/template/spec"), "Job"),
                label,
                new SidecarContainer(settings, cluster, resolved),
                "restore-job",
                Map.of("JOB_ROLE", label));
        return changed;
    }

    private static void inject(
            ObjectNode spec,
            String mainName,
            SidecarContainer sidecar,
            String subcommand,
            Map<String, String> environment) {
        ObjectNode main = null;
        for (JsonNode container : spec.path("containers")) {
            if (container instanceof ObjectNode object && name(object).equals(mainName)) {
                main = object;
            }
        }
        if (main == null) {
            throw new HookException.InvalidObject("there is no container " + mainName + " to stand beside");
        }
        addIfAbsent(array(spec, "volumes"), emptyDirectory(spec, PLUGINS_VOLUME));
        addIfAbsent(array(spec, "volumes"), emptyDirectory(spec, SidecarContainer.SCRATCH_VOLUME));
        addIfAbsent(
                array(main, "volumeMounts"),
                spec.objectNode().put("name", PLUGINS_VOLUME).put("mountPath", "/plugins"));
        ArrayNode init = array(spec, "initContainers");
        ObjectNode container = sidecar.beside(main, subcommand, environment);
        int known = indexOf(init, SidecarContainer.NAME);
        if (known < 0) {
            init.add(container);
        } else {
            init.set(known, container);
        }
    }

    private static ObjectNode emptyDirectory(ObjectNode factory, String name) {
        ObjectNode volume = factory.objectNode().put("name", name);
        volume.putObject("emptyDir");
        return volume;
    }

    private static void addIfAbsent(ArrayNode elements, ObjectNode element) {
        if (indexOf(elements, name(element)) < 0) {
            elements.add(element);
        }
    }

    private static int indexOf(ArrayNode elements, String name) {
        for (int i = 0; i < elements.size(); i++) {
            if (name(elements.get(i)).equals(name)) {
                return i;
            }
        }
        return -1;
    }

    private static ArrayNode array(ObjectNode parent, String field) {
        return parent.get(field) instanceof ArrayNode known ? known : parent.putArray(field);
    }

    private static ObjectNode copy(JsonNode object, String kind) {
        if (object.deepCopy() instanceof ObjectNode copy) {
            return copy;
        }
        throw new HookException.InvalidObject("the " + kind + " is not a JSON object");
    }

    private static ObjectNode spec(JsonNode spec, String kind) {
        if (spec instanceof ObjectNode object) {
            return object;
        }
        throw new HookException.InvalidObject("the " + kind + " has no specification of a Pod");
    }

    private static Map<String, String> labels(JsonNode metadata) {
        Map<String, String> labels = new HashMap<>();
        metadata.path("labels")
                .properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        return labels;
    }

    /** A label of the operator, whose domain a vendor may have changed. */
    private static Optional<JsonNode> label(JsonNode metadata, String ending) {
        return metadata.path("labels").properties().stream()
                .filter(label -> label.getKey().endsWith(ending))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static String name(JsonNode element) {
        return element.path("name").asText();
    }
}
