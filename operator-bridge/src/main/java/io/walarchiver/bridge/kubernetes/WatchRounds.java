package io.walarchiver.bridge.kubernetes;

import java.time.Duration;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Listing and then watching, over and over. A watch that ends or breaks is followed by another round, so nothing is missed;
 * whether the API is away is for its list to say. Rounds that fail come at growing intervals.
 */
final class WatchRounds {

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private WatchRounds() {}

    /**
     * Never ends by itself.
     *
     * @param round one round, which says how it went; must not fail
     */
    static <T> Flux<T> repeat(Function<Pauses, Flux<T>> round, Scheduler scheduler) {
        return Flux.defer(() -> {
            Pauses pauses = new Pauses(SHORTEST_PAUSE, LONGEST_PAUSE);
            return round.apply(pauses)
                    .repeatWhen(rounds -> rounds.concatMap(done -> Mono.delay(pauses.next(), scheduler)));
        });
    }

    /**
     * A round.
     *
     * @param listed what the list says, and then {@link #watched what the watch says}
     * @param failed what to say when the list fails
     */
    static <T> Flux<T> round(Flux<T> listed, Function<KubernetesException, T> failed, Pauses pauses) {
        return listed.onErrorResume(KubernetesException.class, e -> {
            pauses.failed();
            return Flux.just(failed.apply(e));
        });
    }

    /** What a watch says until it ends, however that comes. */
    static <T> Flux<T> watched(Flux<T> events, Pauses pauses) {
        return events.doOnComplete(pauses::succeeded).onErrorResume(KubernetesException.class, e -> {
            pauses.failed();
            return Flux.empty();
        });
    }
}
