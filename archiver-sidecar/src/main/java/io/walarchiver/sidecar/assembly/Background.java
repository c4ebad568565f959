package io.walarchiver.sidecar.assembly;

import io.walarchiver.sidecar.health.Health.Finding;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** A publisher that works as long as the process lives. When it ends on its own, the process is not well. */
final class Background implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Background.class);

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
