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
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.io.IOException;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
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

    private final OperatorSettings settings;
    private final KubernetesApi api;
    private final ObjectUpdate updates;
    private final ClusterEvents events;
    private final StoreSource stores;
    private final StoreProblems problems;

    /** Tells why a store that is there cannot be used, as far as somebody has looked. */
    @FunctionalInterface
    public interface StoreProblems {

        /** Nobody has looked. */
        StoreProblems UNKNOWN = (namespace, name) -> Optional.empty();

        /** What is wrong and what to do; empty when nothing is known to be. */
        Optional<String> of(String namespace, String name);
    }

    /** Sends nothing yet. */
    public ClusterReconciler(
            OperatorSettings settings,
            KubernetesApi api,
            ClusterEvents events,
            StoreSource stores,
            StoreProblems problems,
            Scheduler scheduler) {
        this.settings = settings;
        this.api = api;
        this.updates = new ObjectUpdate(api, scheduler);
        this.events = events;
        this.stores = stores;
        this.problems = problems;
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
        ObjectReference roleReference =
                new ObjectReference(ClusterRights.ROLES, cluster.requiredNamespace(), rights.name());
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
        RoleContent content = RoleContent.of(own, extra, name -> found.getOrDefault(name, Optional.empty()));
        ObjectReference bindingReference =
                new ObjectReference(ClusterRights.BINDINGS, roleReference.namespace(), roleReference.name());
        return updates.createOrReplace(roleReference, role -> rights.role(role, content))
                .then(updates.createOrReplace(bindingReference, rights::binding))
                .then(tell(cluster, roleReference.namespace(), content));
    }

    private Mono<Void> tell(ClusterView cluster, String namespace, RoleContent content) {
        Mono<Void> missing = content.missing().isEmpty()
                ? Mono.empty()
                : events.warn(
                        cluster,
                        "ObjectStoreMissing",
                        "the Cluster names " + String.join(", ", content.missing())
                                + ", which is not a usable ObjectStore of the namespace: create it, correct it, or"
                                + " correct the parameter barmanObjectName of the plugin");
        return missing.thenMany(Flux.fromIterable(content.stores()))
                .concatMap(store -> problems.of(namespace, store)
                        .map(problem -> events.warn(cluster, "ObjectStoreNotReady", problem))
                        .orElseGet(Mono::empty))
                .then();
    }

    private Mono<Map<String, Optional<ObjectStoreResource>>> stores(String namespace, SortedSet<String> names) {
        return Flux.fromIterable(names)
                .filter(ObjectReference::isName)
                .flatMap(name -> store(namespace, name).map(store -> Map.entry(name, store)), READ_CONCURRENCY)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    private Mono<Optional<ObjectStoreResource>> store(String namespace, String name) {
        return stores.find(namespace, name)
                .onErrorResume(InvalidStoreException.class, unreadable -> Mono.just(Optional.empty()));
    }

    private Mono<Optional<ObjectNode>> existing(ObjectReference reference) {
        return api.get(reference)
                .map(Optional::of)
                .onErrorResume(KubernetesException.NotFound.class, e -> Mono.just(Optional.empty()));
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
