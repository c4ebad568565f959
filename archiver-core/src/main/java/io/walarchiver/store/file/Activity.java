package io.walarchiver.store.file;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One call at work on a thread that may block: a dead network mount can hold that thread for ever, so a timer watches
 * its progress, and the caller is answered without it.
 */
final class Activity {

    private enum State {
        WAITING,
        RUNNING,
        OVER
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private final AtomicBoolean storeClosed;
    private volatile boolean givenUp;
    private volatile boolean watched = true;
    private volatile long lastStep = System.nanoTime();

    /** @param storeClosed true when the store that is worked for was closed */
    Activity(AtomicBoolean storeClosed) {
        this.storeClosed = storeClosed;
    }

    /** Does the work on this thread, unless it was given up. What goes wrong afterwards interests nobody. */
    <T> @Nullable T run(Callable<T> work) throws Exception {
        if (!state.compareAndSet(State.WAITING, State.RUNNING)) {
            return null;
        }
        try {
            step();
            return work.call();
        } catch (Exception e) {
            if (givenUp) {
                return null;
            }
            throw e;
        } finally {
            state.set(State.OVER);
        }
    }

    /**
     * Ends the wish for a result.
     *
     * @return true when the work is going on, so that memory it reads must not be reused
     */
    boolean giveUp() {
        givenUp = true;
        return !state.compareAndSet(State.WAITING, State.OVER) && state.get() == State.RUNNING;
    }

    /** Called by the work after each bounded piece; ends it when it was given up or the store was closed. */
    void step() throws IOException {
        lastStep = System.nanoTime();
        if (storeClosed.get()) {
            throw new IOException("the store was closed");
        }
        if (givenUp) {
            throw new IOException("the call was given up");
        }
    }

    /** Starts to expect progress. */
    void watch() {
        lastStep = System.nanoTime();
        watched = true;
    }

    /** Stops to expect progress: nobody has asked for any. */
    void rest() {
        watched = false;
    }

    /** Fails when progress is expected and there has been none for that long. */
    Mono<Void> stalled(Duration limit, Supplier<? extends Throwable> failure) {
        return Flux.interval(limit.dividedBy(4))
                .filter(tick -> watched && System.nanoTime() - lastStep > limit.toNanos())
                .next()
                .then(Mono.error(failure));
    }
}
