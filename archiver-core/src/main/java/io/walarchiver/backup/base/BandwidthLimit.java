package io.walarchiver.backup.base;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Spreads uploads so that on average no more than so many bytes are sent a second. Whoever wants to make a part waits
 * before it takes a buffer: a buffer must not idle while others could archive WAL with it.
 */
final class BandwidthLimit {

    private static final double NANOS = 1e9;

    private final OptionalLong bytesPerSecond;
    private final Scheduler timer;
    private long free;

    BandwidthLimit(OptionalLong bytesPerSecond, Scheduler timer) {
        this.bytesPerSecond = bytesPerSecond;
        this.timer = timer;
        this.free = now();
    }

    private long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }

    /** Completes when something may be sent again. */
    Mono<Void> admit() {
        if (bytesPerSecond.isEmpty()) {
            return Mono.empty();
        }
        return Mono.defer(() -> {
            long wait = until();
            return wait <= 0
                    ? Mono.empty()
                    : Mono.delay(Duration.ofNanos(wait), timer).then();
        });
    }

    private synchronized long until() {
        return free - now();
    }

    /** So many bytes are being sent. */
    synchronized void sending(long bytes) {
        if (bytesPerSecond.isPresent()) {
            free = Math.max(free, now()) + (long) (bytes * NANOS / bytesPerSecond.getAsLong());
        }
    }
}
