package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.cluster.PluginEntry;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.kubernetes.ObjectReference;
import io.walarchiver.bridge.kubernetes.ObjectUpdate;
import io.walarchiver.bridge.kubernetes.ResourceKind;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.io.IOException;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The operator asks this before it reconciles a Cluster or starts a Backup. Makes sure that the sidecars of the Cluster may
 * read the stores that either of them names.
 *
 * <p>A store that is not there, and rights that may not be given, are told by an event and hold nothing up: the operator
 * would do nothing else for the Cluster meanwhile, failover included.
 */
public final class ClusterReconciler {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int READ_CONCURRENCY = 4;
    private static final ResourceKind ROLES = new ResourceKind("rbac.authorization.k8s.io", "v1", "roles");
    private static final ResourceKind BINDINGS = new ResourceKind("rbac.authorization.k8s.io", "v1", "rolebindings");

    private final OperatorSettings settings;
    private final KubernetesApi api;
    private final ObjectUpdate updates;
    private final ClusterEvents events;

    /** Sends nothing yet. */
    public ClusterReconciler(OperatorSettings settings, KubernetesApi api, ClusterEvents events, Scheduler scheduler) {
        this.settings = settings;
        this.api = api;
        this.updates = new ObjectUpdate(api, scheduler);
        this.events = events;
    }

    /**
     * The hook before the operator's work. Completes when the operator may go on.
     *
     * @param clusterDefinition  the Cluster, UTF-8 JSON
     * @param resourceDefinition what is reconciled: the Cluster again, or a Backup
     * @return an error only when the documents cannot be understood ({@link InvalidClusterException}, {@link
     *     HookException}) or the API gives no answer ({@link KubernetesException})
     */
    public Mono<Void> pre(byte[] clusterDefinition, byte[] resourceDefinition) {
        return Mono.defer(() -> {
            ClusterView cluster = ClusterView.parse(clusterDefinition);
            JsonNode resource = read(resourceDefinition);
            String kind = resource.path("kind").asText();
            if (kind.equals("Cluster")) {
                return reconcile(cluster, Optional.empty());
            }
            if (kind.equals("Backup")) {
                Optional<String> store = storeOf(resource);
                return store.isEmpty() ? Mono.empty() : reconcile(cluster, store);
            }
            return Mono.empty();
        });
    }

    private Mono<Void> reconcile(ClusterView cluster, Optional<String> backupStore) {
        ClusterRights rights = new ClusterRights(cluster, settings.version());
        SortedSet<String> own = ClusterStores.of(cluster, settings.pluginName()).names();
        ObjectReference roleReference = new ObjectReference(ROLES, cluster.requiredNamespace(), rights.name());
        return existing(roleReference)
                .flatMap(role -> {
                    if (own.isEmpty() && backupStore.isEmpty() && role.isEmpty()) {
                        return Mono.<Void>empty();
                    }
                    NavigableSet<String> extra = ClusterRights.backupStores(role);
                    backupStore.ifPresent(extra::add);
                    NavigableSet<String> all = new TreeSet<>(own);
                    all.addAll(extra);
                    return stores(cluster.requiredNamespace(), all)
                            .flatMap(found -> write(cluster, rights, roleReference, own, extra, found))
                            .then();
                })
                .onErrorResume(
                        ClusterReconciler::mustNotHoldUp,
                        e -> events.warn(
                                cluster,
                                "RightsNotGiven",
                                "the Role of the sidecars cannot be written: " + e.getMessage()));
    }

    private Mono<Void> write(
            ClusterView cluster,
            ClusterRights rights,
            ObjectReference roleReference,
            SortedSet<String> own,
            SortedSet<String> extra,
            Map<String, Optional<ObjectStoreResource>> found) {
        Function<String, Optional<ObjectStoreResource>> find = name -> found.getOrDefault(name, Optional.empty());
        SortedSet<String> named = new TreeSet<>(own);
        named.addAll(extra);
        StoreSecrets secrets = StoreSecrets.of(named, find);
        // A store that only an old Backup named, and that is gone, is of no use to anybody.
        SortedSet<String> backupStores = new TreeSet<>(extra);
        backupStores.removeAll(own);
        backupStores.removeIf(name -> find.apply(name).isEmpty());
        SortedSet<String> stores = new TreeSet<>(own);
        stores.addAll(backupStores);
        SortedSet<String> missing = new TreeSet<>(secrets.missing());
        missing.retainAll(own);
        ObjectReference bindingReference =
                new ObjectReference(BINDINGS, roleReference.namespace(), roleReference.name());
        return updates.createOrReplace(
                        roleReference,
                        role -> rights.role(role, stores, kept(role, secrets.secrets(), missing), backupStores))
                .then(updates.createOrReplace(bindingReference, rights::binding))
                .then(Mono.defer(() -> missing.isEmpty()
                        ? Mono.empty()
                        : events.warn(
                                cluster,
                                "ObjectStoreMissing",
                                "the Cluster names " + String.join(", ", missing)
                                        + ", which is not a usable ObjectStore of the namespace: create it, correct it, or"
                                        + " correct the parameter barmanObjectName of the plugin")));
    }

    /** While a store cannot be read it is not known which Secrets it names; its sidecars still work with the ones known. */
    private static SortedSet<String> kept(
            Optional<ObjectNode> role, SortedSet<String> secrets, SortedSet<String> missing) {
        SortedSet<String> names = new TreeSet<>(secrets);
        if (!missing.isEmpty()) {
            names.addAll(ClusterRights.secrets(role));
        }
        return names;
    }

    private Mono<Map<String, Optional<ObjectStoreResource>>> stores(String namespace, SortedSet<String> names) {
        return Flux.fromIterable(names)
                .filter(ObjectReference::isName)
                .flatMap(name -> store(namespace, name).map(store -> Map.entry(name, store)), READ_CONCURRENCY)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    private Mono<Optional<ObjectStoreResource>> store(String namespace, String name) {
        return existing(new ObjectReference(ResourceKind.OBJECT_STORES, namespace, name))
                .map(object -> object.flatMap(ClusterReconciler::readable));
    }

    private Mono<Optional<ObjectNode>> existing(ObjectReference reference) {
        return api.get(reference)
                .map(Optional::of)
                .onErrorResume(KubernetesException.NotFound.class, e -> Mono.just(Optional.empty()));
    }

    private static Optional<ObjectStoreResource> readable(ObjectNode object) {
        try {
            return Optional.of(ObjectStoreResource.read(object));
        } catch (InvalidStoreException e) {
            return Optional.empty();
        }
    }

    /** Nothing that passes by itself, and nothing that the operator could do anything about. */
    private static boolean mustNotHoldUp(Throwable failure) {
        return failure instanceof KubernetesException.Forbidden
                || failure instanceof KubernetesException.Rejected
                || failure instanceof HookException.InvalidObject;
    }

    private Optional<String> storeOf(JsonNode backup) {
        JsonNode configuration = backup.at("/spec/pluginConfiguration");
        return Optional.of(configuration)
                .filter(node -> node.path("name").asText().equals(settings.pluginName()))
                .map(node -> node.path("parameters")
                        .path(PluginEntry.STORE_PARAMETER)
                        .asText())
                .filter(ObjectReference::isName);
    }

    private static JsonNode read(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new HookException.InvalidObject("the resource is not JSON");
        }
    }
}
