package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.walarchiver.sidecar.maintenance.CatalogSummary;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceObserver;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.progress.Progress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Counts and shows base backups and the care of the archive. */
public final class BackupMetrics implements MaintenanceObserver {

    private static final String DONE = "done";

    private final MeterRegistry registry;
    private final Clock clock;

    BackupMetrics(MeterRegistry registry, Clock clock) {
        this.registry = registry;
        this.clock = clock;
        // Shown from the start, so that a rate over the first scrapes is right.
        Meters.BACKUPS.counter(registry, DONE);
        Meters.BACKUP_CHECKSUM_FAILURES.counter(registry);
        Meters.RETENTION_BACKUPS.counter(registry);
        Meters.RETENTION_FILES.counter(registry);
        Meters.RETENTION_REFUSED.counter(registry);
        Meters.VERIFY_OBJECTS.counter(registry);
        Meters.VERIFY_BYTES.counter(registry);
        Meters.VERIFY_DAMAGED.counter(registry);
    }

    /**
     * A backup has ended.
     *
     * @param kind why it failed, in snake case; {@code done} when it did not
     */
    public void backupEnded(BackupActivity.Last backup, String kind) {
        Meters.BACKUPS.counter(registry, backup.isDone() ? DONE : kind).increment();
        Meters.BACKUP_CHECKSUM_FAILURES.counter(registry).increment(backup.checksumFailures());
    }

    @Override
    public void retained(RetentionSummary summary) {
        Meters.RETENTION_BACKUPS.counter(registry).increment(summary.backupsDeleted());
        Meters.RETENTION_FILES.counter(registry).increment(summary.filesDeleted());
        Meters.RETENTION_REFUSED.counter(registry).increment(summary.refused());
    }

    @Override
    public void verified(VerifySummary summary) {
        Meters.VERIFY_OBJECTS.counter(registry).increment(summary.objects());
        Meters.VERIFY_BYTES.counter(registry).increment(summary.bytes());
        Meters.VERIFY_DAMAGED.counter(registry).increment(summary.damaged());
    }

    @Override
    public void failed(String step, Throwable failure) {
        Meters.MAINTENANCE_FAILURES.counter(registry, step).increment();
    }

    /** Shows the backup that runs and the last one. */
    void watch(BackupActivity activity) {
        Meters.BACKUP_RUNNING.gauge(registry, () -> activity.running().isPresent() ? 1 : 0);
        running(
                Meters.BACKUP_PROGRESS,
                activity,
                progress -> progress.fraction().orElse(0.0));
        running(Meters.BACKUP_DONE_BYTES, activity, Progress::done);
        running(Meters.BACKUP_TOTAL_BYTES, activity, Progress::total);
        running(Meters.BACKUP_RATE, activity, Progress::bytesPerSecond);
        last(
                Meters.BACKUP_LAST_DURATION,
                activity,
                last -> Duration.between(last.startedAt(), last.endedAt()).toMillis() / 1000.0);
        last(Meters.BACKUP_LAST_BYTES, activity, BackupActivity.Last::bytes);
        last(Meters.BACKUP_LAST_STORED_BYTES, activity, BackupActivity.Last::storedBytes);
    }

    private void running(Meters meter, BackupActivity activity, Function<Progress, Number> value) {
        meter.gauge(
                registry,
                () -> activity.running()
                        .flatMap(BackupActivity.Running::progress)
                        .map(value)
                        .orElse(0));
    }

    private void last(Meters meter, BackupActivity activity, Function<BackupActivity.Last, Number> value) {
        meter.gauge(
                registry,
                () -> activity.last()
                        .filter(BackupActivity.Last::isDone)
                        .map(value)
                        .orElse(0));
    }

    /** Shows what maintenance found. */
    void watch(Supplier<MaintenanceStatus> source) {
        Meters.MAINTENANCE_LAST.gauge(registry, () -> seconds(source.get().lastRound()));
        window(
                Meters.FIRST_RECOVERABILITY_POINT,
                source,
                catalog -> catalog.window().firstRecoverabilityPoint());
        window(Meters.BACKUP_LAST_SUCCESS, source, catalog -> catalog.window().lastSuccessfulBackup());
        window(Meters.BACKUP_LAST_FAILURE, source, catalog -> catalog.window().lastFailedBackup());
        Meters.BACKUP_AGE.gauge(
                registry,
                () -> source.get()
                        .catalog()
                        .flatMap(catalog -> catalog.window().lastSuccessfulBackup())
                        .map(end -> Math.max(
                                0, Duration.between(end, clock.instant()).toSeconds()))
                        .orElse(0L));
        count("restorable", source, CatalogSummary::restorable);
        count("failed", source, CatalogSummary::failed);
        count("unfinished", source, CatalogSummary::unfinished);
        count("unreadable", source, CatalogSummary::unreadable);
        wal(Meters.ARCHIVE_OBJECTS, source, InventorySummary::objects);
        wal(Meters.ARCHIVE_BYTES, source, InventorySummary::bytes);
        wal(
                Meters.UNRECOVERABLE_BACKUPS,
                source,
                inventory -> inventory.unrecoverable().size());
        Meters.ARCHIVE_GAPS.gauge(
                registry,
                () -> source.get()
                        .inventory()
                        .map(InventorySummary::breakingGaps)
                        .orElse(0),
                "breaking");
        Meters.ARCHIVE_GAPS.gauge(
                registry,
                () -> source.get().inventory().map(InventorySummary::otherGaps).orElse(0),
                "other");
        Meters.RETENTION_LAST.gauge(
                registry, () -> seconds(source.get().retention().map(RetentionSummary::at)));
        Meters.VERIFY_LAST.gauge(
                registry, () -> seconds(source.get().verification().map(VerifySummary::at)));
        Meters.VERIFY_LAST_DAMAGED.gauge(
                registry,
                () -> source.get().verification().map(VerifySummary::damaged).orElse(0L));
    }

    private void window(
            Meters meter, Supplier<MaintenanceStatus> source, Function<CatalogSummary, Optional<Instant>> time) {
        meter.gauge(registry, () -> seconds(source.get().catalog().flatMap(time)));
    }

    private void count(String state, Supplier<MaintenanceStatus> source, Function<CatalogSummary, Number> value) {
        Meters.CATALOG_BACKUPS.gauge(
                registry, () -> source.get().catalog().map(value).orElse(0), state);
    }

    private void wal(Meters meter, Supplier<MaintenanceStatus> source, Function<InventorySummary, Number> value) {
        meter.gauge(registry, () -> source.get().inventory().map(value).orElse(0));
    }

    private static double seconds(Optional<Instant> at) {
        return at.map(instant -> instant.toEpochMilli() / 1000.0).orElse(0.0);
    }
}
