package io.walarchiver.store;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A limit on the bytes that travel in a second, shared by everybody who asks it: a token bucket that holds one second's
 * worth. Whoever is about to send or ask for bytes waits for his turn here first, so that no connection is open meanwhile.
 *
 * <p>A request waits for those before it, not for itself: the first may be larger than the bucket and goes at once, the next
 * one pays for it. Over any longer time the rate holds. The order is that of the subscriptions. Cold; safe for many threads.
 */
public final class Bandwidth {

    /** No limit. */
    public static final Bandwidth UNLIMITED = new Bandwidth();

    /** Nobody waits longer; sums of it do not overflow. */
    private static final long LONGEST_NANOS = Long.MAX_VALUE / 4;

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final long bytesPerSecond;
    private final @Nullable Scheduler timer;
    private final LongSupplier nanoTime;

    /** When all bytes granted so far will have travelled. */
    private long paidUntil;

    private Bandwidth() {
        this.bytesPerSecond = Long.MAX_VALUE;
        this.timer = null;
        this.nanoTime = () -> 0;
    }

    /**
     * A limit.
     *
     * @param bytesPerSecond positive
     * @param timer          for waiting; turns are signalled on it
     */
    public Bandwidth(long bytesPerSecond, Scheduler timer) {
        this(bytesPerSecond, timer, System::nanoTime);
    }

    /**
     * As the other one, with a clock of its own.
     *
     * @param nanoTime nanoseconds since an arbitrary moment
     */
    public Bandwidth(long bytesPerSecond, Scheduler timer, LongSupplier nanoTime) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("a bandwidth of " + bytesPerSecond + " bytes a second moves nothing");
        }
        this.bytesPerSecond = bytesPerSecond;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.paidUntil = nanoTime.getAsLong() - SECOND_NANOS;
    }

    /**
     * Waits for the turn of {@code bytes}; completes empty, at once when nobody is before. Cancelled before that, it takes
     * nothing from those who come later.
     */
    public Mono<Void> acquire(long bytes) {
        Scheduler waiting = timer;
        if (waiting == null) {
            return Mono.empty();
        }
        if (bytes < 0) {
            throw new IllegalArgumentException("nobody moves " + bytes + " bytes");
        }
        return Mono.defer(() -> {
            long nanos = Math.min(Math.round((double) bytes * SECOND_NANOS / bytesPerSecond), LONGEST_NANOS);
            long wait = take(nanos);
            return wait <= 0
                    ? Mono.empty()
                    : Mono.delay(Duration.ofNanos(wait), waiting)
                            .doOnCancel(() -> giveBack(nanos))
                            .then();
        });
    }

    private synchronized long take(long nanos) {
        long now = nanoTime.getAsLong();
        long begin = Math.max(paidUntil, now - SECOND_NANOS);
        paidUntil = Math.min(begin, now + LONGEST_NANOS) + nanos;
        return begin - now;
    }

    private synchronized void giveBack(long nanos) {
        paidUntil -= nanos;
    }
}
