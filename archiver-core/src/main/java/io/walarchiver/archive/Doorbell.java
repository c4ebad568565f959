package io.walarchiver.archive;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Wakes one waiter. Rings that nobody waited for are remembered as one ring, so none is lost and none piles up.
 */
final class Doorbell {

    private boolean rung;
    private @Nullable MonoSink<Void> waiter;

    /** Wakes the waiter now, or the next one at once. */
    void ring() {
        MonoSink<Void> woken;
        synchronized (this) {
            woken = waiter;
            waiter = null;
            rung = woken == null;
        }
        if (woken != null) {
            woken.success();
        }
    }

    /** Completes at the next ring, or at once when it rang since the last wait. For one waiter at a time. */
    Mono<Void> await() {
        return Mono.create(sink -> {
            sink.onDispose(() -> forget(sink));
            synchronized (this) {
                if (!rung) {
                    waiter = sink;
                    return;
                }
                rung = false;
            }
            sink.success();
        });
    }

    private synchronized void forget(MonoSink<Void> sink) {
        if (waiter == sink) {
            waiter = null;
        }
    }
}
