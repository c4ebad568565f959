package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestoredFile;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;
import java.util.Locale;

/** Counts what the restore side reports. */
public final class RestoreMetrics implements RestoreObserver {

    private final MeterRegistry registry;

    public RestoreMetrics(MeterRegistry registry) {
        this.registry = registry;
        Meters.RESTORE_NOT_FOUND.counter(registry);
        Meters.RESTORE_ORIGINAL_BYTES.counter(registry);
        Meters.RESTORE_STORED_BYTES.counter(registry);
    }

    @Override
    public void restored(RestoredFile file) {
        String source = file.source().name().toLowerCase(Locale.ROOT);
        Meters.RESTORED_FILES.counter(registry, source).increment();
        Meters.RESTORE_ORIGINAL_BYTES.counter(registry).increment(file.originalBytes());
        Meters.RESTORE_STORED_BYTES.counter(registry).increment(file.storedBytes());
        RestoredFile.Stages stages = file.stages();
        stage("get", source, stages.get());
        stage("decompress", source, stages.decompress());
        stage("deliver", source, stages.deliver());
        stage("total", source, stages.total());
    }

    private void stage(String name, String source, Duration duration) {
        Meters.RESTORE_STAGE.timer(registry, name, source).record(duration);
    }

    @Override
    public void notFound(WalFileName name, int consecutiveMisses) {
        Meters.RESTORE_NOT_FOUND.counter(registry).increment();
    }

    @Override
    public void failed(WalFileName name, RestoreException failure) {
        Meters.RESTORE_FAILURES.counter(registry, failure.kind()).increment();
    }

    @Override
    public void retrying(WalFileName name, StoreException failure, Duration delay) {
        Meters.RESTORE_RETRIES.counter(registry, failure.kind()).increment();
    }

    @Override
    public void fetchingAgain(WalFileName name, RestoreException.Corrupt damage) {
        Meters.RESTORE_RETRIES.counter(registry, damage.kind()).increment();
    }

    @Override
    public void prefetched(WalFileName name, long bytes) {
        Meters.PREFETCHED_FILES.counter(registry).increment();
        Meters.PREFETCHED_BYTES.counter(registry).increment(bytes);
    }

    @Override
    public void prefetchFailed(WalFileName name, RestoreException failure) {
        Meters.PREFETCH_FAILURES.counter(registry, failure.kind()).increment();
    }

    @Override
    public void spoolDropped(int files, DropReason reason) {
        Meters.PREFETCH_DROPPED
                .counter(registry, reason.name().toLowerCase(Locale.ROOT))
                .increment(files);
    }
}
