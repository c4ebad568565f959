package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.walarchiver.archive.ArchiveException;
import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;
import java.util.Locale;

/** Counts what the archive pipeline reports. */
public final class ArchiveMetrics implements ArchiveObserver {

    private final MeterRegistry registry;

    public ArchiveMetrics(MeterRegistry registry) {
        this.registry = registry;
        // Shown from the start, so that a rate over the first scrapes is right.
        Meters.ARCHIVED_FILES.counter(registry, "stored", "true");
        Meters.ARCHIVE_ORIGINAL_BYTES.counter(registry);
        Meters.ARCHIVE_STORED_BYTES.counter(registry);
    }

    @Override
    public void archived(ArchivedFile file) {
        Meters.ARCHIVED_FILES
                .counter(registry, file.outcome().name().toLowerCase(Locale.ROOT), Boolean.toString(file.asked()))
                .increment();
        Meters.ARCHIVE_ORIGINAL_BYTES.counter(registry).increment(file.originalBytes());
        Meters.ARCHIVE_STORED_BYTES.counter(registry).increment(file.storedBytes());
        ArchivedFile.Stages stages = file.stages();
        stage("read", stages.read());
        stage("compress", stages.compress());
        stage("put", stages.put());
        stage("total", stages.total());
    }

    private void stage(String name, Duration duration) {
        Meters.ARCHIVE_STAGE.timer(registry, name).record(duration);
    }

    @Override
    public void failed(WalFileName name, boolean asked, ArchiveException failure) {
        Meters.ARCHIVE_FAILURES
                .counter(registry, failure.kind(), Boolean.toString(asked))
                .increment();
    }

    @Override
    public void answered(WalFileName name, boolean fromJournal, Duration latency) {
        Meters.ARCHIVE_ANSWER.timer(registry, Boolean.toString(fromJournal)).record(latency);
    }

    double ratio() {
        double stored = Meters.ARCHIVE_STORED_BYTES.counter(registry).count();
        return stored == 0 ? 0 : Meters.ARCHIVE_ORIGINAL_BYTES.counter(registry).count() / stored;
    }
}
