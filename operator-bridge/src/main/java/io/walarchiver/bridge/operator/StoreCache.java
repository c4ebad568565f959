package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.CollectionWatch.Observation;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.kubernetes.ResourceKind;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * All ObjectStores that may be seen, kept up to date by watches. The operator asks about every instance again and again;
 * with this nobody has to ask the API for an answer.
 *
 * <p>What was seen last stays when the API goes away. A store that is not here is looked for in the API, since a watch may be
 * late and a store said to be missing stops the operator's work for its Cluster. Safe for many threads.
 */
public final class StoreCache implements StoreSource {

    /**
     * A store.
     *
     * @param namespace where it is
     * @param name      {@code metadata.name}
     */
    public record StoreId(String namespace, String name) {}

    /**
     * A store is another one than before, or not there any more. Its status is no matter.
     *
     * @param store which one
     * @param gone  whether there is none now
     */
    public record Change(StoreId store, boolean gone) {}

    /**
     * A store as far as it matters.
     *
     * @param uid        of the object: one that was made anew starts at the same generation
     * @param resource   empty when it cannot be read
     * @param unreadable why not
     */
    private record Entry(
            StoreId id,
            String uid,
            long generation,
            Optional<ObjectStoreResource> resource,
            Optional<InvalidStoreException> unreadable) {

        static Entry of(ObjectNode object) {
            StoreId id = new StoreId(
                    object.at("/metadata/namespace").asText(),
                    object.at("/metadata/name").asText());
            String uid = object.at("/metadata/uid").asText();
            long generation = object.at("/metadata/generation").asLong();
            try {
                return new Entry(id, uid, generation, Optional.of(ObjectStoreResource.read(object)), Optional.empty());
            } catch (InvalidStoreException e) {
                return new Entry(id, uid, generation, Optional.empty(), Optional.of(e));
            }
        }

        boolean isSameAs(@Nullable Entry other) {
            return other != null && uid.equals(other.uid) && generation == other.generation;
        }
    }

    private final CollectionWatch watch;
    private final StoreSource api;
    private final List<Scope> scopes;
    private final Map<StoreId, Entry> entries = new ConcurrentHashMap<>();
    private final Set<Scope> synced = ConcurrentHashMap.newKeySet();
    private final Map<Scope, KubernetesException> troubles = new ConcurrentHashMap<>();

    /**
     * Empty, and watching nothing yet.
     *
     * @param watch  for {@link #follow}
     * @param api    asked for what is not here
     * @param scopes where to look; at least one
     */
    public StoreCache(CollectionWatch watch, StoreSource api, List<Scope> scopes) {
        this.watch = watch;
        this.api = api;
        this.scopes = List.copyOf(scopes);
        if (this.scopes.isEmpty()) {
            throw new IllegalArgumentException("no place to look for stores");
        }
    }

    /** Keeps the cache up to date for as long as it is subscribed, once at a time; tells what changes. Never ends by itself. */
    public Flux<Change> follow() {
        return Flux.fromIterable(scopes)
                .flatMap(
                        scope -> watch.observe(ResourceKind.OBJECT_STORES, scope, Entry::of)
                                .concatMapIterable(observation -> apply(scope, observation)),
                        scopes.size());
    }

    /**
     * Whether everything has been listed once, everywhere. A namespace that may not be seen keeps the others from nothing: it
     * may have been deleted.
     */
    public boolean isSynced() {
        return !synced.isEmpty()
                && scopes.stream()
                        .allMatch(scope ->
                                synced.contains(scope) || troubles.get(scope) instanceof KubernetesException.Forbidden);
    }

    /** Why the last list failed, where it did, and what to do. */
    public Optional<String> trouble() {
        return troubles.values().stream().map(StoreCache::describe).sorted().findFirst();
    }

    private static String describe(KubernetesException error) {
        String message = Objects.requireNonNullElse(error.getMessage(), error.kind());
        if (error instanceof KubernetesException.NotFound) {
            return message + ": install the CustomResourceDefinition " + ResourceKind.OBJECT_STORES;
        }
        return error instanceof KubernetesException.Forbidden
                ? message
                        + ": look whether the plugin's roles are those of its version, and whether the namespace is there"
                : message;
    }

    /** How many stores there are. */
    public int size() {
        return entries.size();
    }

    /** All stores. */
    public Set<StoreId> stores() {
        return Set.copyOf(entries.keySet());
    }

    /** What is here, without asking anybody; empty also when it cannot be read. */
    public Optional<ObjectStoreResource> known(String namespace, String name) {
        Entry entry = entries.get(new StoreId(namespace, name));
        return entry == null ? Optional.empty() : entry.resource();
    }

    @Override
    public Mono<Optional<ObjectStoreResource>> find(String namespace, String name) {
        return Mono.defer(() -> {
            Entry entry = entries.get(new StoreId(namespace, name));
            if (entry == null) {
                return api.find(namespace, name);
            }
            return entry.unreadable().isPresent()
                    ? Mono.error(entry.unreadable().orElseThrow())
                    : Mono.just(entry.resource());
        });
    }

    private List<Change> apply(Scope scope, Observation<Entry> observation) {
        List<Change> changes = new ArrayList<>();
        if (observation instanceof Observation.Listed<Entry> listed) {
            Set<StoreId> present = new HashSet<>();
            for (Entry entry : listed.objects()) {
                present.add(entry.id());
                put(entry, changes);
            }
            for (StoreId id : Set.copyOf(entries.keySet())) {
                if (scope.includes(id.namespace()) && !present.contains(id)) {
                    remove(id, changes);
                }
            }
            troubles.remove(scope);
            synced.add(scope);
        } else if (observation instanceof Observation.Present<Entry> present) {
            put(present.object(), changes);
        } else if (observation instanceof Observation.Gone<Entry> gone) {
            remove(gone.object().id(), changes);
        } else if (observation instanceof Observation.Failed<Entry> failed) {
            troubles.put(scope, failed.error());
        }
        return changes;
    }

    private void put(Entry entry, List<Change> changes) {
        if (!entry.isSameAs(entries.put(entry.id(), entry))) {
            changes.add(new Change(entry.id(), false));
        }
    }

    private void remove(StoreId id, List<Change> changes) {
        if (entries.remove(id) != null) {
            changes.add(new Change(id, true));
        }
    }
}
