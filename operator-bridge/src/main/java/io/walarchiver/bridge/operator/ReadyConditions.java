package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.kubernetes.ArchiveReports;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.StoreState;
import io.walarchiver.bridge.kubernetes.StoreTrouble;
import io.walarchiver.bridge.kubernetes.StoreWatch;
import io.walarchiver.bridge.kubernetes.Verdict;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreProblem;
import io.walarchiver.bridge.operator.StoreCache.StoreId;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The condition {@code Ready} of the stores: whether a store and the Secrets it names can be used as they are. Every replica
 * writes it from the same objects, under the condition that nobody else wrote meanwhile, so the second one finds it written.
 */
final class ReadyConditions {

    private final KubernetesApi api;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Map<String, ArchiveReports> reports = new ConcurrentHashMap<>();
    private final Map<StoreId, Verdict> verdicts = new ConcurrentHashMap<>();

    ReadyConditions(KubernetesApi api, Clock clock, Scheduler scheduler) {
        this.api = api;
        this.clock = clock;
        this.scheduler = scheduler;
    }

    /** Reads a store and its Secrets and writes what they are worth, unless that is not known. */
    Mono<Void> refresh(StoreId store) {
        return new StoreWatch(api, store.namespace(), scheduler)
                .read(store.name())
                .flatMap(state -> verdict(state)
                        .map(verdict -> write(store, verdict, state.generation()))
                        .orElseGet(Mono::empty))
                .then();
    }

    /** The store is gone. */
    void forget(StoreId store) {
        verdicts.remove(store);
    }

    /** What was found last; empty before, and when it is not known. */
    Optional<Verdict> verdict(StoreId store) {
        return Optional.ofNullable(verdicts.get(store));
    }

    /** The stores that could not be used when they were last looked at. */
    Set<StoreId> notReady() {
        return verdicts.entrySet().stream()
                .filter(entry -> !entry.getValue().holds())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    private Mono<Boolean> write(StoreId store, Verdict verdict, long generation) {
        return Mono.defer(() -> {
            verdicts.put(store, verdict);
            return reports.computeIfAbsent(
                            store.namespace(), namespace -> new ArchiveReports(api, namespace, clock, scheduler))
                    .writeReady(store.name(), verdict, generation);
        });
    }

    private static Optional<Verdict> verdict(StoreState state) {
        if (state.trouble().isEmpty()) {
            return state.configuration().map(ReadyConditions::usable);
        }
        StoreTrouble trouble = state.trouble().orElseThrow();
        return switch (trouble.reason()) {
            case SECRET_MISSING, INVALID_STORE ->
                Optional.of(new Verdict(false, trouble.reason().word(), trouble.message()));
            // Not a word about a store that is gone, or about what may not be read here: the sidecars may be allowed
            // to.
            case STORE_MISSING, ACCESS_DENIED, API_UNAVAILABLE -> Optional.empty();
        };
    }

    private static Verdict usable(StoreConfiguration configuration) {
        String warnings =
                configuration.warnings().stream().map(StoreProblem::toString).collect(Collectors.joining("; "));
        return new Verdict(
                true, "Usable", warnings.isEmpty() ? "the store and its Secrets can be used" : "usable; " + warnings);
    }
}
