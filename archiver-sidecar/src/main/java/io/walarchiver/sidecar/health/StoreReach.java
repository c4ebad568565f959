package io.walarchiver.sidecar.health;

import io.walarchiver.sidecar.health.Health.Finding;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Does the store answer? Known from the last request that was made anyway; asked with a small listing when none was made
 * for a while or the last one failed.
 */
public final class StoreReach implements StoreObserver {

    private static final String SUBJECT = "store";
    private static final Duration FRESH = Duration.ofSeconds(30);
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);
    // The CRT client retries a refused or untrusted connection for minutes; a probe cannot wait for that.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Outcomes that prove a store that answers and lets us in. */
    private static final Set<String> ANSWERED = Set.of("ok", "not_found", "already_exists");

    private final Clock clock;
    private final AtomicReference<@Nullable Instant> lastAnswer = new AtomicReference<>();
    private final AtomicReference<@Nullable Asked> lastAsked = new AtomicReference<>();

    public StoreReach(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void requestCompleted(String operation, String outcome, Duration duration) {
        lastAnswer.set(ANSWERED.contains(outcome) ? clock.instant() : null);
    }

    /**
     * Whether the store is reachable. Never fails.
     *
     * @param prefix where to list one key when a question is needed
     */
    public Mono<Finding> finding(ObjectStore store, String prefix) {
        return Mono.defer(() -> {
            Instant answered = lastAnswer.get();
            if (answered != null && age(answered).compareTo(FRESH) < 0) {
                return Mono.just(
                        Finding.good(SUBJECT, "answered " + age(answered).toSeconds() + " s ago"));
            }
            Asked asked = lastAsked.get();
            if (asked != null && age(asked.at).compareTo(ASK_AGAIN) < 0) {
                return Mono.just(asked.finding);
            }
            return ask(store, prefix).doOnNext(finding -> lastAsked.set(new Asked(clock.instant(), finding)));
        });
    }

    private Mono<Finding> ask(ObjectStore store, String prefix) {
        return store.list(prefix)
                .next()
                .hasElement()
                .map(any -> Finding.good(SUBJECT, store.location() + " answers"))
                .timeout(
                        PATIENCE,
                        Mono.just(
                                Finding.bad(
                                        SUBJECT,
                                        store.location() + " did not answer within " + PATIENCE.toSeconds()
                                                + " s; check the endpoint, the network and whether its certificate is trusted")))
                .onErrorResume(failure ->
                        Mono.just(Finding.bad(SUBJECT, Failure.of(failure).message())));
    }

    private Duration age(Instant since) {
        return Duration.between(since, clock.instant());
    }

    private record Asked(Instant at, Finding finding) {}
}
