package io.walarchiver.backup.recovery;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Counts what a restore has done and tells the observer. */
final class ProgressMeter {

    private final BackupRestoreObserver observer;
    private final LongSupplier nanoTime;
    private final long begun;
    private final long totalBytes;
    private final long resumedBytes;
    private final AtomicLong downloaded = new AtomicLong();
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong written = new AtomicLong();

    ProgressMeter(BackupRestoreObserver observer, LongSupplier nanoTime, long totalBytes, long resumedBytes) {
        this.observer = observer;
        this.nanoTime = nanoTime;
        this.begun = nanoTime.getAsLong();
        this.totalBytes = totalBytes;
        this.resumedBytes = resumedBytes;
    }

    BackupRestoreObserver observer() {
        return observer;
    }

    void downloaded(long bytes) {
        downloaded.addAndGet(bytes);
        observer.progressed(now());
    }

    void written(long bytes) {
        written.addAndGet(bytes);
        files.incrementAndGet();
    }

    RestoreProgress now() {
        // An object that is read a second time counts twice; nobody wants to see more than everything.
        return new RestoreProgress(
                Math.min(totalBytes, resumedBytes + downloaded.get()),
                totalBytes,
                resumedBytes,
                files.get(),
                written.get(),
                Duration.ofNanos(Math.max(0, nanoTime.getAsLong() - begun)));
    }
}
