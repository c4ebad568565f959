package io.walarchiver.backup.recovery;

import io.walarchiver.backup.transfer.Passage;
import io.walarchiver.restore.BlockingWork;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What one restore holds while it runs: its threads, its destination, the passages of its downloads. The threads are its
 * own because extraction keeps them for hours; on a shared pool others would queue behind them.
 */
final class RestoreRun {

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    /** What the names of the threads start with. */
    static final String THREADS = "backup-restore-";

    private final OpenDestination destination;
    private final ExecutorService threads;
    private final Scheduler blocking;
    private final Set<Passage> passages = new HashSet<>();
    private @Nullable Owners owners;

    RestoreRun(OpenDestination destination, int jobs) {
        this.destination = destination;
        // One writes and one decompresses.
        this.threads = Executors.newFixedThreadPool(2 * jobs, work -> {
            Thread thread = new Thread(work, THREADS + NUMBERS.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        this.blocking = Schedulers.fromExecutorService(threads);
    }

    OpenDestination destination() {
        return destination;
    }

    /** For blocking work of this restore; two threads for each job, of which {@link #decoders} takes one. */
    Scheduler blocking() {
        return blocking;
    }

    /** For decompression ahead of the work of {@link #blocking}, once for each job. */
    Executor decoders() {
        return threads;
    }

    synchronized Owners owners(BackupRestoreSettings settings) {
        Owners known = owners;
        if (known == null) {
            known = Owners.of(settings.ownership());
            owners = known;
        }
        return known;
    }

    /** A passage for one object. */
    synchronized Passage passage() {
        Passage passage = new Passage();
        passages.add(passage);
        return passage;
    }

    /** Ends a passage; completes when its thread has left. */
    Mono<Void> over(Passage passage) {
        return passage.close().then(Mono.fromRunnable(() -> {
            synchronized (this) {
                passages.remove(passage);
            }
        }));
    }

    /** Ends everything; completes when nobody works on the destination any more. Never fails. */
    Mono<Void> close() {
        return Mono.defer(() -> {
            List<Passage> open;
            synchronized (this) {
                open = List.copyOf(passages);
            }
            return Mono.when(open.stream().map(Passage::close).toList())
                    .then(BlockingWork.run(blocking, destination::close))
                    // Not at once: that would interrupt whoever hears of the end on one of the threads.
                    .then(Mono.fromRunnable(threads::shutdown));
        });
    }
}
