package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.bridge.kubernetes.ResourceKind;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The Role and RoleBinding that let the sidecars of a Cluster read its stores and their Secrets and write the stores'
 * status, by name and nothing else.
 *
 * <p>A rule without names would be a rule for all names (Kubernetes, "Using RBAC Authorization"); where there is no name
 * there is no rule.
 */
final class ClusterRights {

    private static final String RBAC_GROUP = "rbac.authorization.k8s.io";

    static final ResourceKind ROLES = new ResourceKind(RBAC_GROUP, "v1", "roles");
    static final ResourceKind BINDINGS = new ResourceKind(RBAC_GROUP, "v1", "rolebindings");

    private static final String RBAC = RBAC_GROUP + "/v1";

    /** Stores that Backups of the Cluster name; the Cluster does not say them. */
    private static final String BACKUP_STORES = "walarchiver.io/backupStores";

    private static final String CLUSTER_LABEL = "walarchiver.io/cluster";
    private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    private static final String PRODUCT = "wal-archiver";
    private static final Pattern NOT_IN_A_LABEL = Pattern.compile("[^A-Za-z0-9_.-]");
    private static final int MAX_LABEL_LENGTH = 63;

    private final ClusterView cluster;
    private final String namespace;
    private final String uid;
    private final String version;

    /**
     * For one Cluster.
     *
     * @param version of this program
     * @throws InvalidClusterException when it has no namespace or uid, which every stored object has
     */
    ClusterRights(ClusterView cluster, String version) {
        this.cluster = cluster;
        this.namespace = cluster.requiredNamespace();
        this.uid = cluster.requiredUid();
        this.version = version;
    }

    /** The name of both objects. */
    String name() {
        return cluster.name() + "-" + PRODUCT;
    }

    /**
     * The stores that Backups were found to name, as noted in a Role.
     *
     * @param role as it is; empty when there is none
     */
    static NavigableSet<String> backupStores(Optional<ObjectNode> role) {
        NavigableSet<String> names = new TreeSet<>();
        role.map(object -> object.path("metadata")
                        .path("annotations")
                        .path(BACKUP_STORES)
                        .asText())
                .ifPresent(text -> Arrays.stream(text.split(",", -1))
                        .filter(name -> !name.isEmpty())
                        .forEach(names::add));
        return names;
    }

    /** The names of a resource that a Role allows to read. */
    private static SortedSet<String> named(Optional<ObjectNode> role, String resource) {
        NavigableSet<String> names = new TreeSet<>();
        role.ifPresent(object -> object.path("rules").forEach(rule -> {
            if (rule.path("resources").path(0).asText().equals(resource)) {
                rule.path("resourceNames").forEach(name -> names.add(name.asText()));
            }
        }));
        return names;
    }

    /**
     * The Role.
     *
     * @param existing as it is; what others wrote in its metadata stays
     * @param content  what it has to name
     */
    ObjectNode role(Optional<ObjectNode> existing, RoleContent content) {
        ObjectNode role = ours(existing, "Role");
        write(role, existing, content);
        return role;
    }

    /** Whether an object of the API is a Role that this class made. */
    static boolean isOurs(ObjectNode role) {
        JsonNode labels = role.path("metadata").path("labels");
        return labels.path(MANAGED_BY).asText().equals(PRODUCT) && labels.has(CLUSTER_LABEL);
    }

    /**
     * A Role of ours as it has to be, for the same stores.
     *
     * @param role is not changed
     * @param find finds a store of its namespace
     */
    static ObjectNode refreshed(ObjectNode role, Function<String, Optional<ObjectStoreResource>> find) {
        Optional<ObjectNode> existing = Optional.of(role);
        NavigableSet<String> extra = backupStores(existing);
        SortedSet<String> own = named(existing, ResourceKind.OBJECT_STORES.plural());
        own.removeAll(extra);
        ObjectNode refreshed = role.deepCopy();
        write(refreshed, existing, RoleContent.of(own, extra, find));
        return refreshed;
    }

    private static void write(ObjectNode role, Optional<ObjectNode> existing, RoleContent content) {
        ObjectNode annotations = object(object(role, "metadata"), "annotations");
        if (content.backupStores().isEmpty()) {
            annotations.remove(BACKUP_STORES);
        } else {
            annotations.put(BACKUP_STORES, String.join(",", content.backupStores()));
        }
        if (annotations.isEmpty()) {
            object(role, "metadata").remove("annotations");
        }
        SortedSet<String> secrets = new TreeSet<>(content.secrets());
        if (!content.missing().isEmpty()) {
            // It is not known which Secrets a missing store names; its sidecars still work with the ones known.
            secrets.addAll(named(existing, ResourceKind.SECRETS.plural()));
        }
        ArrayNode rules = role.putArray("rules");
        List<String> reading = List.of("get", "list", "watch");
        ResourceKind kind = ResourceKind.OBJECT_STORES;
        rule(rules, kind.group(), kind.plural(), reading, content.stores());
        rule(rules, kind.group(), kind.plural() + "/status", List.of("patch", "update"), content.stores());
        rule(rules, ResourceKind.SECRETS.group(), ResourceKind.SECRETS.plural(), reading, secrets);
    }

    /**
     * The RoleBinding. Subjects that are there already stay.
     *
     * @throws HookException.InvalidObject when it binds another Role: that cannot be changed
     */
    ObjectNode binding(Optional<ObjectNode> existing) {
        ObjectNode binding = ours(existing, "RoleBinding");
        ObjectNode reference = JsonNodeFactory.instance.objectNode();
        reference.put("apiGroup", RBAC_GROUP).put("kind", "Role").put("name", name());
        JsonNode bound = binding.path("roleRef");
        if (bound.isObject() && !bound.equals(reference)) {
            throw new HookException.InvalidObject("the RoleBinding " + name() + " in the namespace " + namespace
                    + " binds another Role: delete it, and it is made anew");
        }
        binding.set("roleRef", reference);
        ArrayNode subjects = binding.get("subjects") instanceof ArrayNode known ? known : binding.putArray("subjects");
        ObjectNode subject = JsonNodeFactory.instance.objectNode();
        subject.put("kind", "ServiceAccount")
                .put("name", cluster.serviceAccountName())
                .put("namespace", namespace);
        boolean bindsIt = false;
        for (JsonNode present : subjects) {
            bindsIt |= present.equals(subject);
        }
        if (!bindsIt) {
            subjects.add(subject);
        }
        return binding;
    }

    private ObjectNode ours(Optional<ObjectNode> existing, String kind) {
        ObjectNode object = existing.map(ObjectNode::deepCopy).orElseGet(JsonNodeFactory.instance::objectNode);
        object.put("apiVersion", RBAC).put("kind", kind);
        ObjectNode metadata = object(object, "metadata");
        metadata.put("name", name()).put("namespace", namespace);
        labels().forEach(object(metadata, "labels")::put);
        ObjectNode owner = metadata.putArray("ownerReferences").addObject();
        owner.put("apiVersion", cluster.apiVersion().orElseGet(OperatorGroup.ORIGINAL::apiVersion))
                .put("kind", "Cluster")
                .put("name", cluster.name())
                .put("uid", uid)
                .put("controller", true)
                .put("blockOwnerDeletion", true);
        return object;
    }

    private Map<String, String> labels() {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(CLUSTER_LABEL, cluster.name());
        labels.put("app.kubernetes.io/name", PRODUCT);
        labels.put("app.kubernetes.io/instance", cluster.name());
        labels.put("app.kubernetes.io/version", version);
        labels.put("app.kubernetes.io/component", "database");
        labels.put(MANAGED_BY, PRODUCT);
        labels.replaceAll((key, value) -> labelValue(value));
        return labels;
    }

    private static String labelValue(String text) {
        String value = NOT_IN_A_LABEL.matcher(text).replaceAll("_");
        value = value.substring(0, Math.min(value.length(), MAX_LABEL_LENGTH));
        return value.replaceAll("^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "");
    }

    private static void rule(
            ArrayNode rules, String group, String resource, List<String> verbs, SortedSet<String> names) {
        if (names.isEmpty()) {
            return;
        }
        ObjectNode rule = rules.addObject();
        rule.putArray("apiGroups").add(group);
        rule.putArray("resources").add(resource);
        ArrayNode resourceNames = rule.putArray("resourceNames");
        names.forEach(resourceNames::add);
        ArrayNode allowed = rule.putArray("verbs");
        verbs.forEach(allowed::add);
    }

    private static ObjectNode object(ObjectNode parent, String field) {
        return parent.get(field) instanceof ObjectNode known ? known : parent.putObject(field);
    }
}
