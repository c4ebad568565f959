package io.walarchiver.sidecar.assembly;

import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.health.Liveness;
import io.walarchiver.sidecar.net.EventLoop;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The threads of the process besides the event loop, each pool of a fixed size.
 *
 * @param fileIo  for everything that can wait for the data directory's disk
 * @param storeIo for a store that is a directory: a network volume that hangs must not hold up the data directory
 * @param compute for digests and compression, one thread a CPU
 * @param timer   for delays
 */
record Workers(Scheduler fileIo, Scheduler storeIo, Scheduler compute, Scheduler timer) implements AutoCloseable {

    private static final int QUEUED_TASKS = 10_000;
    private static final int IDLE_SECONDS = 60;
    private static final Duration LIVENESS_PATIENCE = Duration.ofSeconds(5);

    /**
     * Starts them.
     *
     * @param parallelism how many WAL files travel at once
     */
    static Workers start(int parallelism) {
        // Every file in work may wait for the disk, and a lookup for a new question must not wait behind them.
        int files = Math.min(parallelism + 4, 16);
        return new Workers(
                Schedulers.newBoundedElastic(files, QUEUED_TASKS, "file-io", IDLE_SECONDS, true),
                Schedulers.newBoundedElastic(files, QUEUED_TASKS, "store-io", IDLE_SECONDS, true),
                Schedulers.newParallel("compute", Runtime.getRuntime().availableProcessors(), true),
                Schedulers.newSingle("timer", true));
    }

    /** Whether all of them, and the event loop, still run what they are given. */
    Health liveness(EventLoop loop) {
        Map<String, Executor> executors = new LinkedHashMap<>();
        executors.put("file-io", fileIo::schedule);
        executors.put("compute", compute::schedule);
        executors.put("timer", timer::schedule);
        executors.put("event-loop", loop.group());
        return new Liveness(executors, LIVENESS_PATIENCE);
    }

    @Override
    public void close() {
        timer.dispose();
        compute.dispose();
        storeIo.dispose();
        fileIo.dispose();
    }
}
