package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi.Part;
import java.time.Duration;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Changes a part of a status that others write too: read, change, write under the condition that it is still what was
 * read, and from the beginning when it is not. Needs no more than the right to update, and loses nothing of the others.
 */
final class StatusUpdate {

    /** Ends when nobody else writes; with many writers each round lets at least one of them through. */
    private static final int MAX_CONFLICTS = 60;

    private static final int MAX_FAILURES = 3;
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private final KubernetesApi api;
    private final Scheduler scheduler;

    StatusUpdate(KubernetesApi api, Scheduler scheduler) {
        this.api = api;
        this.scheduler = scheduler;
    }

    /**
     * Changes the status of an object.
     *
     * @param change changes a tree in place and tells whether it did; called again after each conflict
     * @return the object as the API has it now
     */
    Mono<ObjectNode> apply(ObjectReference reference, Predicate<ObjectNode> change) {
        return again(Mono.defer(() -> api.get(reference))
                .flatMap(object ->
                        change.test(object) ? api.replace(reference, Part.STATUS, object) : Mono.just(object)));
    }

    /** Repeats what lost a race or found the API away. */
    <T> Mono<T> again(Mono<T> attempt) {
        return Mono.defer(() -> {
            Pauses pauses = new Pauses(SHORTEST_PAUSE, LONGEST_PAUSE);
            return attempt.retryWhen(Retry.from(signals -> signals.concatMap(signal -> {
                Throwable failure = signal.failure();
                boolean worthIt = (failure instanceof KubernetesException.Conflict
                                && signal.totalRetries() < MAX_CONFLICTS)
                        || (failure instanceof KubernetesException.Unavailable && signal.totalRetries() < MAX_FAILURES);
                if (!worthIt) {
                    return Mono.error(failure);
                }
                pauses.failed();
                return Mono.delay(pauses.next(), scheduler);
            })));
        });
    }
}
