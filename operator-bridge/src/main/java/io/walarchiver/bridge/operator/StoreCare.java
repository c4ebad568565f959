package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.Verdict;
import io.walarchiver.bridge.operator.StoreCache.Change;
import io.walarchiver.bridge.operator.StoreCache.StoreId;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What is done when a store changes, without anybody asking: the Roles of its namespace follow, and its condition is written.
 * Secrets are not watched, since that would mean to hold all Secrets of a cluster in memory; stores are looked at again
 * now and then instead, soon when they cannot be used.
 */
public final class StoreCare {

    /** Told of what could not be done; it is tried again. */
    @FunctionalInterface
    public interface Observer {

        /**
         * Something failed.
         *
         * @param work    {@code roles} or {@code condition}
         * @param object  on which object
         * @param failure why
         */
        void failed(String work, String object, Throwable failure);
    }

    /**
     * When to look again.
     *
     * @param settle   for changes that come together
     * @param notReady until a store that cannot be used is looked at again
     * @param rounds   every so many of these all stores are looked at
     */
    public record Pace(Duration settle, Duration notReady, int rounds) {

        /** For use in a cluster. */
        public static final Pace DEFAULT = new Pace(Duration.ofMillis(200), Duration.ofSeconds(30), 20);

        /** Refuses what would never or always look. */
        public Pace {
            if (settle.isNegative() || settle.isZero() || notReady.isNegative() || notReady.isZero() || rounds < 1) {
                throw new IllegalArgumentException("not a pace: " + settle + ", " + notReady + ", " + rounds);
            }
        }
    }

    private static final int CONCURRENCY = 4;
    private static final int MAX_BATCH = 500;

    private sealed interface Step {

        record Changed(List<Change> changes) implements Step {}

        record Round(long number) implements Step {}
    }

    private final StoreCache cache;
    private final RoleFollower roles;
    private final ReadyConditions conditions;
    private final Pace pace;
    private final Observer observer;
    private final Scheduler scheduler;

    /** Sends nothing yet. */
    public StoreCare(
            KubernetesApi api, StoreCache cache, Pace pace, Observer observer, Clock clock, Scheduler scheduler) {
        this.cache = cache;
        this.roles = new RoleFollower(api, cache, scheduler);
        this.conditions = new ReadyConditions(api, clock, scheduler);
        this.pace = pace;
        this.observer = observer;
        this.scheduler = scheduler;
    }

    /** Follows the stores for as long as it is subscribed, once at a time. Never ends by itself. */
    public Mono<Void> run() {
        Flux<Step> changes = cache.follow()
                .bufferTimeout(MAX_BATCH, pace.settle(), scheduler, true)
                .map(Step.Changed::new);
        Flux<Step> rounds =
                Flux.interval(pace.notReady(), scheduler).onBackpressureDrop().map(Step.Round::new);
        // One after the other: what is written about a store must not be overtaken by what was found before.
        return Flux.merge(changes, rounds).concatMap(this::take, 1).then();
    }

    /** Why a store cannot be used, as it was found last. */
    public Optional<String> problem(String namespace, String name) {
        return conditions
                .verdict(new StoreId(namespace, name))
                .filter(verdict -> !verdict.holds())
                .map(Verdict::message);
    }

    /** How many stores cannot be used. */
    public int notReady() {
        return conditions.notReady().size();
    }

    private Mono<Void> take(Step step) {
        if (step instanceof Step.Changed changed) {
            Set<String> namespaces = changed.changes().stream()
                    .map(change -> change.store().namespace())
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<StoreId> stores = changed.changes().stream().map(Change::store).collect(Collectors.toSet());
            return follow(namespaces).then(look(stores));
        }
        boolean all = step instanceof Step.Round round && round.number() % pace.rounds() == pace.rounds() - 1;
        return look(all ? cache.stores() : conditions.notReady());
    }

    private Mono<Void> follow(Collection<String> namespaces) {
        return Flux.fromIterable(namespaces)
                .flatMap(
                        namespace -> roles.follow(namespace).onErrorResume(e -> told("roles", namespace, e)),
                        CONCURRENCY)
                .then();
    }

    private Mono<Void> look(Collection<StoreId> stores) {
        return Flux.fromIterable(stores).flatMap(this::look, CONCURRENCY).then();
    }

    private Mono<Void> look(StoreId store) {
        return Mono.defer(() -> {
            if (!cache.stores().contains(store)) {
                conditions.forget(store);
                return Mono.empty();
            }
            return conditions
                    .refresh(store)
                    .onErrorResume(e -> told("condition", store.namespace() + "/" + store.name(), e));
        });
    }

    private Mono<Void> told(String work, String object, Throwable failure) {
        return Mono.fromRunnable(() -> observer.failed(work, object, failure));
    }
}
