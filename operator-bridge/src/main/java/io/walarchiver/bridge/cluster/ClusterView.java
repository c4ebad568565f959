package io.walarchiver.bridge.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A Cluster ({@code postgresql.cnpg.io} or the group of a vendor's build) by the few fields an archiver needs.
 *
 * <p>The operator drops fields with zero values and may send fields of a later release, so everything is optional but the
 * name, and nothing unknown is an error. A field that is there with the wrong type is one, since to take it for absent
 * could switch archiving off.
 */
public final class ClusterView {

    /** Annotation that switches the empty-archive check off with the value {@code enabled}. */
    public static final String SKIP_EMPTY_WAL_ARCHIVE_CHECK = "cnpg.io/skipEmptyWalArchiveCheck";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final JsonNode root;
    private final String name;
    private final List<PluginEntry> plugins;
    private final List<ExternalCluster> externalClusters;

    private ClusterView(JsonNode root) {
        this.root = root;
        this.name = text("metadata", "name")
                .orElseThrow(() -> new InvalidClusterException("the Cluster has no metadata.name"));
        List<PluginEntry> entries = new ArrayList<>();
        elements("plugins").forEach(node -> entries.add(plugin(node, "spec.plugins")));
        this.plugins = List.copyOf(entries);
        List<ExternalCluster> clusters = new ArrayList<>();
        elements("externalClusters").forEach(node -> clusters.add(externalCluster(node)));
        this.externalClusters = List.copyOf(clusters);
    }

    /**
     * Reads the {@code cluster_definition} of a request.
     *
     * @param json UTF-8
     * @throws InvalidClusterException when it is not a Cluster
     */
    public static ClusterView parse(byte[] json) {
        try {
            return of(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new InvalidClusterException("the Cluster is not JSON (line "
                    + (e.getLocation() == null ? 0 : e.getLocation().getLineNr()) + ")");
        } catch (IOException e) {
            throw new InvalidClusterException("the Cluster is not readable as JSON");
        }
    }

    /**
     * Reads a tree, which must not change afterwards.
     *
     * @throws InvalidClusterException when it is not a Cluster
     */
    public static ClusterView of(JsonNode root) {
        if (!root.isObject()) {
            throw new InvalidClusterException("the Cluster is not a JSON object");
        }
        return new ClusterView(root);
    }

    /** {@code metadata.name}. */
    public String name() {
        return name;
    }

    /** {@code apiVersion}; the group is that of the operator, which need not be the original one. */
    public Optional<String> apiVersion() {
        return text("apiVersion");
    }

    /** {@code metadata.uid}. */
    public Optional<String> uid() {
        return text("metadata", "uid");
    }

    /** {@code metadata.namespace}. */
    public Optional<String> namespace() {
        return text("metadata", "namespace");
    }

    /**
     * {@code metadata.namespace} of an object that comes from the API.
     *
     * @throws InvalidClusterException when it has none
     */
    public String requiredNamespace() {
        return namespace()
                .orElseThrow(() -> new InvalidClusterException("the Cluster " + name + " has no metadata.namespace"));
    }

    /**
     * {@code metadata.uid} of an object that comes from the API.
     *
     * @throws InvalidClusterException when it has none
     */
    public String requiredUid() {
        return uid().orElseThrow(() -> new InvalidClusterException("the Cluster " + name + " has no metadata.uid"));
    }

    /** The value of an annotation. */
    public Optional<String> annotation(String key) {
        return text("metadata", "annotations", key);
    }

    /** {@code spec.plugins}, in the order of the document. */
    public List<PluginEntry> plugins() {
        return plugins;
    }

    /** {@code spec.externalClusters}, in the order of the document. */
    public List<ExternalCluster> externalClusters() {
        return externalClusters;
    }

    /** The external cluster of that name. */
    public Optional<ExternalCluster> externalCluster(String externalName) {
        return externalClusters.stream()
                .filter(cluster -> cluster.name().equals(externalName))
                .findFirst();
    }

    /** {@code spec.replica.source}. */
    public Optional<String> replicaSource() {
        return text("spec", "replica", "source");
    }

    /** {@code spec.bootstrap.recovery.source}. */
    public Optional<String> recoverySource() {
        return text("spec", "bootstrap", "recovery", "source");
    }

    /**
     * Whether the Cluster follows another one: {@code spec.replica.enabled} when present, else whether it is not the
     * primary that {@code spec.replica} names.
     */
    public boolean isReplicaCluster() {
        JsonNode replica = at("spec", "replica");
        if (!replica.isObject()) {
            return false;
        }
        if (replica.path("enabled").isBoolean()) {
            return replica.path("enabled").booleanValue();
        }
        String self = text("spec", "replica", "self").orElse(name);
        return !text("spec", "replica", "primary").equals(Optional.of(self));
    }

    /**
     * {@code spec.bootstrap.recovery.recoveryTarget}: how far the Cluster is to be recovered. Without one, to the end.
     *
     * @throws InvalidClusterException when it names more than one target
     */
    public RecoveryTargetFields recoveryTarget() {
        JsonNode target = at("spec", "bootstrap", "recovery", "recoveryTarget");
        if (!target.isMissingNode() && !target.isObject()) {
            throw new InvalidClusterException(
                    "the field spec.bootstrap.recovery.recoveryTarget of the Cluster is not an object");
        }
        return RecoveryTargetFields.read(target);
    }

    /** {@code spec.imagePullPolicy}. */
    public Optional<String> imagePullPolicy() {
        return text("spec", "imagePullPolicy");
    }

    /** The service account of the instances: {@code spec.serviceAccountName}, else one with the name of the Cluster. */
    public String serviceAccountName() {
        return text("spec", "serviceAccountName").orElse(name);
    }

    /** Whether WAL has a volume of its own, mounted beside the data directory. */
    public boolean hasWalStorage() {
        return at("spec", "walStorage").isObject();
    }

    /** The names in {@code spec.tablespaces}, in the order of the document. */
    public List<String> tablespaces() {
        List<String> names = new ArrayList<>();
        elements("tablespaces").forEach(node -> names.add(requiredName(node, "spec.tablespaces")));
        return List.copyOf(names);
    }

    /** {@code status.currentPrimary}; empty until the first primary exists. */
    public Optional<String> currentPrimary() {
        return text("status", "currentPrimary");
    }

    /** {@code status.targetPrimary}. */
    public Optional<String> targetPrimary() {
        return text("status", "targetPrimary");
    }

    /** {@code status.timelineID} of the primary; 0 when unknown. */
    public int timelineId() {
        return at("status", "timelineID").asInt(0);
    }

    /**
     * The major version of PostgreSQL that runs in the Cluster, where the operator or an image catalog says it; empty on
     * operators that do not.
     */
    public OptionalInt serverMajorVersion() {
        JsonNode running = at("status", "pgDataImageInfo", "majorVersion");
        JsonNode version = running.isInt() && running.intValue() > 0 ? running : at("spec", "imageCatalogRef", "major");
        return version.isInt() && version.intValue() > 0 ? OptionalInt.of(version.intValue()) : OptionalInt.empty();
    }

    /** Namespace and name: enough for a log line, and no more. */
    @Override
    public String toString() {
        return "Cluster " + namespace().map(ns -> ns + "/").orElse("") + name;
    }

    private JsonNode at(String... path) {
        JsonNode node = root;
        for (String field : path) {
            node = node.path(field);
        }
        return node.isNull() ? MissingNode.getInstance() : node;
    }

    /** Empty texts are what Go leaves where nothing was set. */
    private Optional<String> text(String... path) {
        JsonNode node = at(path);
        if (node.isMissingNode()) {
            return Optional.empty();
        }
        if (!node.isTextual()) {
            throw new InvalidClusterException("the field " + String.join(".", path) + " of the Cluster is not text");
        }
        return Optional.of(node.textValue()).filter(text -> !text.isEmpty());
    }

    private JsonNode elements(String field) {
        JsonNode list = at("spec", field);
        if (!list.isMissingNode() && !list.isArray()) {
            throw new InvalidClusterException("the field spec." + field + " of the Cluster is not a list");
        }
        return list;
    }

    private static ExternalCluster externalCluster(JsonNode node) {
        String path = "spec.externalClusters";
        JsonNode plugin = node.path("plugin");
        return new ExternalCluster(
                requiredName(node, path),
                !node.path("connectionParameters").isEmpty(),
                plugin.isObject() ? Optional.of(plugin(plugin, path + ".plugin")) : Optional.empty());
    }

    private static PluginEntry plugin(JsonNode node, String path) {
        Map<String, String> parameters = new HashMap<>();
        node.path("parameters").properties().forEach(entry -> {
            if (!entry.getValue().isTextual()) {
                throw new InvalidClusterException(
                        "the field " + path + ".parameters." + entry.getKey() + " of the Cluster is not text");
            }
            parameters.put(entry.getKey(), entry.getValue().textValue());
        });
        return new PluginEntry(
                requiredName(node, path),
                flag(node, "enabled", true, path),
                flag(node, "isWALArchiver", false, path),
                parameters);
    }

    private static String requiredName(JsonNode node, String path) {
        if (!node.path("name").isTextual()) {
            throw new InvalidClusterException("an element of " + path + " of the Cluster has no name");
        }
        return node.path("name").textValue();
    }

    private static boolean flag(JsonNode node, String field, boolean absent, String path) {
        JsonNode value = node.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw new InvalidClusterException(
                    "the field " + path + "." + field + " of the Cluster is not true or false");
        }
        return value.booleanValue();
    }
}
