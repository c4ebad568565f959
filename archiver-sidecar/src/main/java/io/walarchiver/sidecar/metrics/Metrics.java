package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.walarchiver.archive.ArchiveStatus;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.RestoreStatus;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.request.CallGate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The registry, the observers that feed it, and its text for Prometheus. */
public final class Metrics implements AutoCloseable {

    private static final Duration SNAPSHOT_AGE = Duration.ofMillis(500);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ArchiveMetrics archive = new ArchiveMetrics(registry);
    private final RestoreMetrics restore = new RestoreMetrics(registry);
    private final StoreMetrics store = new StoreMetrics(registry);
    private final BackupMetrics backups;
    private final ProcessMeters process = new ProcessMeters(registry);
    private final Clock clock;
    private @Nullable Supplier<ArchiveStatus> archiveStatus;
    private @Nullable MultiGauge lastArchived;

    /** @param version of this program */
    public Metrics(Clock clock, String version) {
        this.clock = clock;
        backups = new BackupMetrics(registry, clock);
        Meters.RESIDENT_MEMORY.gauge(registry, ProcessMemory::residentBytes);
        Meters.BUILD_INFO.gauge(registry, () -> 1, version);
    }

    /** To be told what the archive pipeline does. */
    public ArchiveMetrics archiveObserver() {
        return archive;
    }

    /** To be told what the restore side does. */
    public RestoreMetrics restoreObserver() {
        return restore;
    }

    /** To be told what the store does. */
    public StoreMetrics storeObserver() {
        return store;
    }

    /** To be told of base backups and of the care of the archive. */
    public BackupMetrics backupObserver() {
        return backups;
    }

    /** Shows base backups and the care of the archive. */
    public void watchBackups(BackupActivity activity, Supplier<MaintenanceStatus> maintenance) {
        backups.watch(activity);
        backups.watch(maintenance);
    }

    /** Shows the state of the archive side. The supplier is asked at most twice a second. */
    public void watchArchive(Supplier<ArchiveStatus> source) {
        Supplier<ArchiveStatus> status = new Snapshot<>(source);
        archiveStatus = status;
        lastArchived = MultiGauge.builder(Meters.ARCHIVE_LAST_INFO.meterName())
                .description(Meters.ARCHIVE_LAST_INFO.help())
                .register(registry);
        show(Meters.ARCHIVE_READY_FILES, status, ArchiveStatus::readyFiles);
        show(Meters.ARCHIVE_READY_BYTES, status, ArchiveStatus::readyBytes);
        show(Meters.ARCHIVE_OLDEST_READY, status, now -> secondsSince(now.oldestReady()));
        show(Meters.ARCHIVE_IN_FLIGHT, status, ArchiveStatus::inFlight);
        show(Meters.ARCHIVE_LAST_TIME, status, now -> unixSeconds(now.lastArchivedAt()));
        show(Meters.ARCHIVE_CONSECUTIVE_FAILURES, status, ArchiveStatus::consecutiveFailures);
        Meters.ARCHIVE_RATIO.gauge(registry, archive::ratio);
    }

    /** Shows the state of the restore side. The supplier is asked at most twice a second. */
    public void watchRestore(Supplier<RestoreStatus> source) {
        Supplier<RestoreStatus> status = new Snapshot<>(source);
        show(Meters.RESTORE_CONSECUTIVE_MISSES, status, RestoreStatus::consecutiveMisses);
        show(Meters.RESTORE_LAST_TIME, status, now -> unixSeconds(now.lastRestoredAt()));
        show(Meters.PREFETCH_SPOOLED_FILES, status, RestoreStatus::spooledFiles);
        show(Meters.PREFETCH_SPOOLED_BYTES, status, RestoreStatus::spooledBytes);
        show(Meters.PREFETCH_DEPTH, status, RestoreStatus::depth);
        Meters.PREFETCH_HITS.counterOf(registry, () -> status.get().hits());
        Meters.PREFETCH_MISSES.counterOf(registry, () -> status.get().misses());
    }

    /** Shows the memory budget. */
    public void watchBuffers(BufferPool pool) {
        Meters.BUFFERS_IN_USE.gauge(registry, pool::inUse);
        Meters.BUFFERS.gauge(registry, pool::capacity);
        Meters.BUFFER_WAITERS.gauge(registry, pool::waiting);
    }

    /** Shows how many calls run. */
    public void watchCalls(CallGate gate) {
        Meters.CALLS_RUNNING.gauge(registry, gate::running);
    }

    /** Everything in Prometheus' text format, version 0.0.4. */
    public synchronized String scrape() {
        if (archiveStatus != null && lastArchived != null) {
            List<MultiGauge.Row<?>> rows = archiveStatus
                    .get()
                    .lastArchived()
                    .<List<MultiGauge.Row<?>>>map(name -> List.of(
                            MultiGauge.Row.of(Tags.of(Meters.ARCHIVE_LAST_INFO.keyValues(name.toString())), () -> 1)))
                    .orElse(List.of());
            lastArchived.register(rows, true);
        }
        return registry.scrape();
    }

    @Override
    public void close() {
        process.close();
        registry.close();
    }

    private <T> void show(Meters meter, Supplier<T> status, Function<T, Number> value) {
        meter.gauge(registry, () -> value.apply(status.get()));
    }

    private double secondsSince(Optional<Instant> since) {
        return since.map(at -> Math.max(0, Duration.between(at, clock.instant()).toMillis() / 1000.0))
                .orElse(0.0);
    }

    private static double unixSeconds(Optional<Instant> at) {
        return at.map(instant -> instant.toEpochMilli() / 1000.0).orElse(0.0);
    }

    /** One scrape reads many figures; all of them come from one look, so that they fit together. */
    private static final class Snapshot<T> implements Supplier<T> {

        private final Supplier<T> source;
        private @Nullable T last;
        private long takenAtNanos;

        Snapshot(Supplier<T> source) {
            this.source = source;
        }

        @Override
        public synchronized T get() {
            T known = last;
            if (known == null || System.nanoTime() - takenAtNanos > SNAPSHOT_AGE.toNanos()) {
                known = source.get();
                last = known;
                takenAtNanos = System.nanoTime();
            }
            return known;
        }
    }
}
