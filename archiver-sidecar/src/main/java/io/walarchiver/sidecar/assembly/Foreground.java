package io.walarchiver.sidecar.assembly;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** The one thing a command does, until it is done or SIGINT or SIGTERM comes. */
final class Foreground {

    private Foreground() {}

    /**
     * Runs it; blocks.
     *
     * @param work a value or an error
     * @throws InterruptedRunException when a signal came first; the work was cancelled
     */
    static <T> T run(Mono<T> work) {
        CountDownLatch over = new CountDownLatch(1);
        AtomicReference<@Nullable T> value = new AtomicReference<>();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Signals signals = Signals.listen(over::countDown);
        Disposable running = work.subscribe(
                value::set,
                e -> {
                    failure.set(e);
                    over.countDown();
                },
                over::countDown);
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        running.dispose();
        Throwable failed = failure.get();
        if (failed instanceof RuntimeException known) {
            throw known;
        }
        if (failed != null) {
            throw new IllegalStateException(failed);
        }
        T done = value.get();
        if (done == null) {
            if (signals.isReceived()) {
                throw new InterruptedRunException();
            }
            throw new IllegalStateException("nothing came of it");
        }
        return done;
    }
}
