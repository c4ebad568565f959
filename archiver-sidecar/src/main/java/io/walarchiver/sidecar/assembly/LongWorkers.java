package io.walarchiver.sidecar.assembly;

import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The threads for what lasts long: backups and reading back. Apart from those of {@link Workers}, so that a segment of WAL
 * never queues behind a part of a backup; who gets the CPU then is the operating system's choice. They are there only
 * while they are used.
 *
 * @param fileIo   reads the data directory
 * @param compute  compresses
 * @param database for the session of a backup: one call may wait for hours, and another one must be able to end it
 * @param readers  read objects back, one thread each
 */
record LongWorkers(Scheduler fileIo, Scheduler compute, Scheduler database, Scheduler readers)
        implements AutoCloseable {

    private static final int FILES = 8;
    private static final int SESSIONS = 4;
    private static final int READERS = 8;
    private static final int QUEUED_TASKS = 10_000;
    private static final int IDLE_SECONDS = 60;

    static LongWorkers start() {
        return new LongWorkers(
                elastic(FILES, "backup-io"),
                elastic(Runtime.getRuntime().availableProcessors(), "backup-compute"),
                elastic(SESSIONS, "backup-session"),
                elastic(READERS, "readers"));
    }

    private static Scheduler elastic(int threads, String name) {
        return Schedulers.newBoundedElastic(threads, QUEUED_TASKS, name, IDLE_SECONDS, true);
    }

    @Override
    public void close() {
        readers.dispose();
        database.dispose();
        compute.dispose();
        fileIo.dispose();
    }
}
