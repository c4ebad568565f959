package io.walarchiver.sidecar.status;

import io.walarchiver.archive.ArchiveException;
import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestoredFile;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;
import java.util.List;

/** Tells several observers. */
public final class Observers {

    private Observers() {}

    /** Tells each of them, in order. */
    public static ArchiveObserver archive(ArchiveObserver... observers) {
        List<ArchiveObserver> all = List.of(observers);
        return new ArchiveObserver() {
            @Override
            public void archived(ArchivedFile file) {
                all.forEach(observer -> observer.archived(file));
            }

            @Override
            public void failed(WalFileName name, boolean asked, ArchiveException failure) {
                all.forEach(observer -> observer.failed(name, asked, failure));
            }

            @Override
            public void answered(WalFileName name, boolean fromJournal, Duration latency) {
                all.forEach(observer -> observer.answered(name, fromJournal, latency));
            }
        };
    }

    /** Tells each of them, in order. */
    public static StoreObserver store(StoreObserver... observers) {
        List<StoreObserver> all = List.of(observers);
        return new StoreObserver() {
            @Override
            public void requestCompleted(String operation, String outcome, Duration duration) {
                all.forEach(observer -> observer.requestCompleted(operation, outcome, duration));
            }

            @Override
            public void retrying(String operation, String kind) {
                all.forEach(observer -> observer.retrying(operation, kind));
            }
        };
    }

    /** Tells each of them, in order. */
    public static RestoreObserver restore(RestoreObserver... observers) {
        List<RestoreObserver> all = List.of(observers);
        return new RestoreObserver() {
            @Override
            public void restored(RestoredFile file) {
                all.forEach(observer -> observer.restored(file));
            }

            @Override
            public void notFound(WalFileName name, int consecutiveMisses) {
                all.forEach(observer -> observer.notFound(name, consecutiveMisses));
            }

            @Override
            public void failed(WalFileName name, RestoreException failure) {
                all.forEach(observer -> observer.failed(name, failure));
            }

            @Override
            public void retrying(WalFileName name, StoreException failure, Duration delay) {
                all.forEach(observer -> observer.retrying(name, failure, delay));
            }

            @Override
            public void fetchingAgain(WalFileName name, RestoreException.Corrupt damage) {
                all.forEach(observer -> observer.fetchingAgain(name, damage));
            }

            @Override
            public void prefetched(WalFileName name, long bytes) {
                all.forEach(observer -> observer.prefetched(name, bytes));
            }

            @Override
            public void prefetchFailed(WalFileName name, RestoreException failure) {
                all.forEach(observer -> observer.prefetchFailed(name, failure));
            }

            @Override
            public void spoolUnusable(RestoreException failure) {
                all.forEach(observer -> observer.spoolUnusable(failure));
            }

            @Override
            public void spoolDropped(int files, DropReason reason) {
                all.forEach(observer -> observer.spoolDropped(files, reason));
            }
        };
    }
}
