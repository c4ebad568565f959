package io.walarchiver.sidecar.assembly;

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

    /** By name, for the liveness check. */
    Map<String, Executor> executors() {
        Map<String, Executor> executors = new LinkedHashMap<>();
        executors.put("file-io", fileIo::schedule);
        executors.put("compute", compute::schedule);
        executors.put("timer", timer::schedule);
        return executors;
    }

    @Override
    public void close() {
        timer.dispose();
        compute.dispose();
        storeIo.dispose();
        fileIo.dispose();
    }
}
