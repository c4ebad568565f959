package io.walarchiver.bridge.kubernetes;

import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Follows an ObjectStore and the Secrets it names, and tells what they mean whenever that changes. A rotated Secret and a
 * changed ObjectStore take effect without a restart.
 *
 * <p>Objects are listed and watched by name only, which is all that the Role of a Cluster allows.
 */
public final class StoreWatch {

    /** Secrets of one store, read at the same time. */
    private static final int SECRET_CONCURRENCY = 4;

    /**
     * The Secrets of one version of a store.
     *
     * @param names which were asked for
     * @param views what is known of each
     */
    private record Secrets(SortedSet<String> names, Map<String, SecretView> views) {}

    private record Combined(StoreView store, Secrets secrets) {

        /** Whether the Secrets are those of this version of the store, or still those of the one before. */
        boolean fits() {
            return secrets.names().equals(secretNames(store));
        }
    }

    private final ResourceWatch watch;
    private final String namespace;

    /**
     * Sends nothing yet.
     *
     * @param api       the connection
     * @param namespace that of the Cluster
     * @param scheduler for pauses between attempts
     */
    public StoreWatch(KubernetesApi api, String namespace, Scheduler scheduler) {
        this.watch = new ResourceWatch(api, scheduler);
        this.namespace = namespace;
    }

    /**
     * The states of a store, the first one as soon as the API has answered or failed to. Each differs from the one before.
     * Never ends by itself; trouble is a state, not an error. Every subscriber has watches of its own, which end with it.
     */
    public Flux<StoreState> watch(String storeName) {
        if (!ObjectReference.isName(storeName)) {
            return Flux.just(misnamed(storeName)).concatWith(Flux.never());
        }
        ObjectReference reference = new ObjectReference(ResourceKind.OBJECT_STORES, namespace, storeName);
        Flux<StoreView> stores = watch.observe(reference)
                .scan(StoreView.unknown(reference), StoreView::next)
                .skip(1)
                .distinctUntilChanged();
        return stores.publish(views -> Flux.combineLatest(
                        views,
                        views.map(StoreWatch::secretNames)
                                .distinctUntilChanged()
                                .switchMap(this::watchSecrets),
                        Combined::new))
                .filter(Combined::fits)
                .scan(StoreState.unknown(storeName), (before, now) -> next(before, now.store(), now.secrets()))
                .skip(1)
                .distinctUntilChanged();
    }

    /** The state of a store at this moment, without a watch. */
    public Mono<StoreState> read(String storeName) {
        if (!ObjectReference.isName(storeName)) {
            return Mono.just(misnamed(storeName));
        }
        ObjectReference reference = new ObjectReference(ResourceKind.OBJECT_STORES, namespace, storeName);
        return watch.read(reference)
                .map(StoreView.unknown(reference)::next)
                .flatMap(store -> readSecrets(secretNames(store))
                        .map(secrets -> next(StoreState.unknown(storeName), store, secrets)));
    }

    private Flux<Secrets> watchSecrets(SortedSet<String> names) {
        List<Flux<Map.Entry<String, SecretView>>> each = names.stream()
                .map(name -> secret(name)
                        .map(reference -> watch.observe(reference)
                                .scan(SecretView.UNKNOWN, SecretView::next)
                                .skip(1)
                                .distinctUntilChanged())
                        .orElseGet(() -> Flux.just(SecretView.UNKNOWN))
                        .map(view -> Map.entry(name, view)))
                .toList();
        return each.isEmpty()
                ? Flux.just(new Secrets(names, Map.of()))
                : Flux.combineLatest(each, entries -> {
                    Map<String, SecretView> views = new HashMap<>();
                    for (Object entry : entries) {
                        Map.Entry<?, ?> view = (Map.Entry<?, ?>) entry;
                        views.put((String) view.getKey(), (SecretView) view.getValue());
                    }
                    return new Secrets(names, views);
                });
    }

    private Mono<Secrets> readSecrets(SortedSet<String> names) {
        Function<String, Mono<SecretView>> read = name -> secret(name)
                .map(reference -> watch.read(reference).map(SecretView.UNKNOWN::next))
                .orElseGet(() -> Mono.just(SecretView.UNKNOWN));
        return Flux.fromIterable(names)
                .flatMap(name -> read.apply(name).map(view -> Map.entry(name, view)), SECRET_CONCURRENCY)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue)
                .map(views -> new Secrets(names, views));
    }

    private Optional<ObjectReference> secret(String name) {
        return Optional.of(name)
                .filter(ObjectReference::isName)
                .map(known -> new ObjectReference(ResourceKind.SECRETS, namespace, known));
    }

    private StoreState misnamed(String storeName) {
        return new StoreState(
                storeName, 0, Optional.empty(), Optional.empty(), Optional.of(StoreView.missing(namespace, storeName)));
    }

    private static SortedSet<String> secretNames(StoreView store) {
        return store.resource().map(ObjectStoreResource::secretNames).orElseGet(Collections::emptySortedSet);
    }

    private static StoreState next(StoreState before, StoreView store, Secrets secrets) {
        Optional<StoreTrouble> secretTrouble = secrets.names().stream()
                .map(name -> secrets.views().getOrDefault(name, SecretView.UNKNOWN))
                .flatMap(view -> view.trouble().stream())
                .findFirst();
        Optional<StoreTrouble> known = store.trouble().or(() -> secretTrouble);
        if (store.resource().isEmpty()) {
            return new StoreState(before.name(), store.generation(), before.resource(), before.configuration(), known);
        }
        ObjectStoreResource resource = store.resource().orElseThrow();
        try {
            StoreConfiguration configuration = resource.resolve(name ->
                    secrets.views().getOrDefault(name, SecretView.UNKNOWN).data());
            return new StoreState(
                    before.name(), store.generation(), Optional.of(resource), Optional.of(configuration), known);
        } catch (InvalidStoreException e) {
            // What is not readable only looks as if it were missing: that comes first.
            StoreTrouble trouble = known.orElseGet(() -> unresolved(e, missingSecrets(secrets)));
            return new StoreState(
                    before.name(), store.generation(), before.resource(), before.configuration(), Optional.of(trouble));
        }
    }

    private static Set<String> missingSecrets(Secrets secrets) {
        return secrets.names().stream()
                .filter(name -> secrets.views()
                        .getOrDefault(name, SecretView.UNKNOWN)
                        .data()
                        .isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }

    private static StoreTrouble unresolved(InvalidStoreException e, Set<String> missing) {
        return StoreTrouble.of(
                missing.isEmpty() ? StoreTrouble.Reason.INVALID_STORE : StoreTrouble.Reason.SECRET_MISSING, e);
    }
}
