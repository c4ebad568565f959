package io.walarchiver.sidecar.assembly;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.sidecar.health.Health.Finding;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A publisher that works as long as the process lives. When it ends on its own, the process is not well. */
final class Background implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Background.class);

    /** Buffers that rest for one to two times as long give their memory back. */
    private static final Duration TRIM_EVERY = Duration.ofSeconds(20);

    private final String name;
    private final AtomicReference<@Nullable String> ended = new AtomicReference<>();
    private final Disposable subscription;

    /** Subscribes. */
    Background(String name, Mono<Void> work) {
        this.name = name;
        this.subscription = work.subscribe(
                nothing -> {},
                failure -> {
                    ended.set("ended with " + failure.getClass().getSimpleName() + "; restart the process");
                    LOG.error("{} ended", name, failure);
                },
                () -> ended.set("ended; restart the process"));
    }

    /** Gives back the memory of buffers that nobody uses, now and then. */
    static Background trimming(BufferPool pool, Scheduler timer) {
        return new Background(
                "memory",
                Flux.interval(TRIM_EVERY, timer)
                        .onBackpressureDrop()
                        .doOnNext(tick -> pool.trim())
                        .then());
    }

    /** Whether it still works. */
    Mono<Finding> finding() {
        return Mono.fromSupplier(() -> {
            String reason = ended.get();
            return reason == null ? Finding.good(name, "runs") : Finding.bad(name, reason);
        });
    }

    @Override
    public void close() {
        subscription.dispose();
    }
}
