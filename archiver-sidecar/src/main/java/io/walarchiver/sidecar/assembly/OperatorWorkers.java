package io.walarchiver.sidecar.assembly;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The threads of the operator process besides the event loop.
 *
 * @param hooks      where requests are read and answers made. Two: the documents of one may be large, and their trees take
 *     many times their length
 * @param kubernetes for answers of the API, pauses and timers
 * @param files      for the files of the certificates
 */
record OperatorWorkers(ExecutorService hooks, Scheduler kubernetes, Scheduler files) implements AutoCloseable {

    private static final int HOOKS = 2;

    static OperatorWorkers start() {
        AtomicInteger count = new AtomicInteger();
        return new OperatorWorkers(
                Executors.newFixedThreadPool(HOOKS, task -> {
                    Thread thread = new Thread(task, "hooks-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                }),
                Schedulers.newSingle("kubernetes", true),
                Schedulers.newSingle("files", true));
    }

    @Override
    public void close() {
        hooks.shutdown();
        try {
            hooks.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kubernetes.dispose();
        files.dispose();
    }
}
