package io.walarchiver.sidecar.request;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Counts the calls that run, remembers when the last one came, and can be closed. Safe for many threads. */
public final class CallGate {

    private static final Logger LOG = LoggerFactory.getLogger(CallGate.class);

    private final AtomicInteger running = new AtomicInteger();
    private final AtomicLong lastActivityNanos = new AtomicLong(System.nanoTime());
    private final AtomicBoolean closed = new AtomicBoolean();

    /** The same call, counted from subscription to its end; fails with {@link RefusedException} behind a closed gate. */
    public <T> Mono<T> pass(Mono<T> call) {
        return Mono.defer(() -> {
            if (closed.get()) {
                return Mono.error(new RefusedException("the archiver is shutting down; ask again when it is back"));
            }
            enter();
            return call.doFinally(signal -> leave());
        });
    }

    private void enter() {
        lastActivityNanos.set(System.nanoTime());
        running.incrementAndGet();
    }

    private void leave() {
        lastActivityNanos.set(System.nanoTime());
        running.decrementAndGet();
    }

    /** Lets no further call in. Those inside go on. */
    public void close() {
        closed.set(true);
    }

    /** Lets no further call in, and says so when some are still inside, whose work ends now. */
    public void giveUp() {
        close();
        if (running() > 0) {
            LOG.warn("{} calls still run and are given up", running());
        }
    }

    /** How many calls run now. */
    public int running() {
        return running.get();
    }

    /** How long no call has started or ended; zero while one runs. */
    public Duration quietFor() {
        return running.get() > 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - lastActivityNanos.get());
    }
}
