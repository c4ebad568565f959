package io.walarchiver.restore;

import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Work that occupies a thread: decompression, file input and output.
 *
 * <p>Cancelling does not interrupt it. Reactor's own {@code subscribeOn} would: an interrupt closes file channels under
 * the hands of their user, and the resulting error, which nobody waits for, would be logged as dropped. Work not begun
 * when it is cancelled is never begun.
 */
public final class BlockingWork {

    private BlockingWork() {}

    /** Work without a result. */
    public interface Action {
        void run() throws Exception;
    }

    /** As {@link #on}, for work without a result. */
    public static Mono<Void> run(Scheduler scheduler, Action work) {
        return on(scheduler, () -> {
                    work.run();
                    return true;
                })
                .then();
    }

    /** Runs {@code work} on a thread of {@code scheduler} at each subscription and signals its result there. */
    public static <T> Mono<T> on(Scheduler scheduler, Callable<T> work) {
        return Mono.create(sink -> {
            AtomicBoolean cancelled = new AtomicBoolean();
            sink.onCancel(() -> cancelled.set(true));
            scheduler.schedule(() -> {
                if (cancelled.get()) {
                    return;
                }
                try {
                    sink.success(work.call());
                } catch (Exception failure) {
                    if (!cancelled.get()) {
                        sink.error(failure);
                    }
                }
            });
        });
    }
}
