package io.walarchiver.sidecar.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.archive.ArchiveException;
import io.walarchiver.archive.ArchiveStatus;
import io.walarchiver.archive.ArchivedFile;
import io.walarchiver.backup.catalog.RecoveryWindow;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestoreStatus;
import io.walarchiver.restore.RestoredFile;
import io.walarchiver.sidecar.maintenance.CatalogSummary;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.sidecar.request.CallGate;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:01:00Z");
    private static final WalFileName NAME = WalFileName.parse("00000001000000000000000A");

    private final Metrics metrics = new Metrics(Clock.fixed(NOW, ZoneOffset.UTC), "1.2.3");

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void everyMeterOfTheTableAppearsOnceSomethingHappened() {
        everythingHappens();
        String scrape = metrics.scrape();
        assertThat(Arrays.stream(Meters.values()).map(MetricsTest::prometheusName))
                .allSatisfy(name -> assertThat(scrape).contains("# HELP " + name + " "));
    }

    @Test
    void nothingIsRegisteredThatIsNotInTheTable() {
        everythingHappens();
        List<String> known =
                Arrays.stream(Meters.values()).map(MetricsTest::prometheusName).toList();
        assertThat(metrics.scrape().lines())
                .filteredOn(line -> line.startsWith("# TYPE wal_archiver_"))
                .extracting(line -> line.split(" ")[2])
                // Micrometer adds a gauge of the recent maximum to each timer.
                .extracting(name -> name.endsWith("_seconds_max") ? name.substring(0, name.length() - 4) : name)
                .allSatisfy(name -> assertThat(known).contains(name));
    }

    @Test
    void figuresAreThoseOfTheObservedFiles() {
        everythingHappens();
        assertThat(metrics.scrape())
                .contains("wal_archiver_archive_files_total{asked=\"true\",outcome=\"stored\"} 1.0")
                .contains("wal_archiver_archive_original_bytes_total 1000.0")
                .contains("wal_archiver_archive_stored_bytes_total 250.0")
                .contains("wal_archiver_archive_compression_ratio 4.0")
                .contains("wal_archiver_archive_oldest_ready_age_seconds 60.0")
                .contains("wal_archiver_archive_ready_files 3.0")
                .contains("wal_archiver_archive_stage_seconds_bucket{stage=\"put\",le=\"0.005\"} 1")
                .contains("wal_archiver_store_retries_total{kind=\"unavailable\",operation=\"put_object\"} 1.0")
                .contains("wal_archiver_prefetch_hits_total 7.0")
                .contains("wal_archiver_restore_consecutive_misses 2.0")
                .contains("wal_archiver_buffers 4.0")
                .contains("wal_archiver_build_info{version=\"1.2.3\"} 1");
    }

    @Test
    void lastArchivedSegmentIsNamedAndReplaced() {
        String[] name = {"00000001000000000000000A"};
        metrics.watchArchive(() -> archiveStatus(WalFileName.parse(name[0])));
        assertThat(metrics.scrape())
                .contains("wal_archiver_archive_last_archived_info{name=\"00000001000000000000000A\"} 1");
        assertThat(ProcessMemory.residentBytes()).isGreaterThan(1 << 20);
    }

    private void everythingHappens() {
        Duration ms = Duration.ofMillis(3);
        metrics.watchArchive(() -> archiveStatus(NAME));
        metrics.watchRestore(
                () -> new RestoreStatus(1, 2, 3, 4, 7, 6, 2, 8, Optional.of(NAME), Optional.of(Instant.EPOCH)));
        metrics.watchBuffers(new BufferPool(10, 4));
        metrics.watchCalls(new CallGate());
        metrics.archiveObserver()
                .archived(new ArchivedFile(
                        NAME,
                        new ObjectKey("k"),
                        ArchivedFile.Outcome.STORED,
                        true,
                        1000,
                        250,
                        new ArchivedFile.Stages(ms, ms, ms, ms)));
        metrics.archiveObserver().answered(NAME, true, ms);
        metrics.archiveObserver().failed(NAME, true, new ArchiveException.Conflict("c"));
        metrics.storeObserver().requestCompleted("put_object", "ok", ms);
        metrics.storeObserver().retrying("put_object", "unavailable");
        RestoreObserver restore = metrics.restoreObserver();
        restore.restored(new RestoredFile(
                NAME, RestoredFile.Source.FETCHED, Optional.empty(), 1, 1, new RestoredFile.Stages(ms, ms, ms, ms)));
        restore.notFound(NAME, 1);
        restore.failed(NAME, new RestoreException.Corrupt("c", null));
        restore.retrying(NAME, new StoreException.Unavailable("u", StoreException.Detail.NONE, null), ms);
        restore.prefetched(NAME, 5);
        restore.prefetchFailed(NAME, new RestoreException.NotArchived("n"));
        restore.spoolDropped(2, RestoreObserver.DropReason.IDLE);
        backupsHappen();
    }

    private void backupsHappen() {
        BackupActivity activity = new BackupActivity();
        BackupActivity.Last done = new BackupActivity.Last(
                "backup-1",
                "db",
                Optional.of("20260101T000000"),
                NOW.minusSeconds(90),
                NOW.minusSeconds(30),
                Optional.empty(),
                4000,
                1000,
                2);
        activity.ended(done);
        activity.started("backup-2", "db", NOW);
        activity.progressed(new Progress("copying", 500, 0, 2000, Duration.ofSeconds(5)));
        RetentionSummary retention = new RetentionSummary(NOW, "7d", 1, 20, 3, List.of());
        VerifySummary verification = new VerifySummary(NOW, Duration.ofSeconds(3), 11, 1234, 1, List.of("x"));
        InventorySummary inventory = new InventorySummary(
                NOW,
                700,
                9_000_000,
                List.of(new InventorySummary.Gap("a", "b", 2, "breaks_recovery")),
                1,
                4,
                List.of("20260101T000000: a is missing"));
        CatalogSummary catalog = new CatalogSummary(
                NOW,
                new RecoveryWindow(
                        Optional.of(Instant.ofEpochSecond(100)),
                        Optional.of(NOW.minusSeconds(30)),
                        Optional.of(Instant.ofEpochSecond(300))),
                List.of(),
                5,
                1,
                0,
                0);
        MaintenanceStatus status = new MaintenanceStatus(
                Optional.of(true),
                Optional.of(NOW),
                Optional.empty(),
                Optional.of(catalog),
                Optional.of(retention),
                Optional.of(inventory),
                Optional.of(verification));
        metrics.watchBackups(activity, () -> status);
        metrics.backupObserver().backupEnded(done, "done");
        metrics.backupObserver().retained(retention);
        metrics.backupObserver().verified(verification);
        metrics.backupObserver().failed("retention", new IllegalStateException());
    }

    @Test
    void figuresOfBackupsAndOfTheCareOfTheArchiveAreShown() {
        everythingHappens();
        assertThat(metrics.scrape())
                .contains("wal_archiver_backup_runs_total{outcome=\"done\"} 1.0")
                .contains("wal_archiver_backup_checksum_failures_total 2.0")
                .contains("wal_archiver_backup_running 1.0")
                .contains("wal_archiver_backup_progress_ratio 0.25")
                .contains("wal_archiver_backup_progress_rate_bytes 100.0")
                .contains("wal_archiver_backup_last_duration_seconds 60.0")
                .contains("wal_archiver_backup_age_seconds 30.0")
                .contains("wal_archiver_recovery_first_point_timestamp_seconds 100.0")
                .contains("wal_archiver_backup_last_failure_timestamp_seconds 300.0")
                .contains("wal_archiver_catalog_backups{state=\"restorable\"} 5.0")
                .contains("wal_archiver_archive_gaps{effect=\"breaking\"} 1.0")
                .contains("wal_archiver_archive_gaps{effect=\"other\"} 4.0")
                .contains("wal_archiver_archive_wal_bytes 9000000.0")
                .contains("wal_archiver_retention_deleted_files_total 20.0")
                .contains("wal_archiver_retention_refused_objects_total 3.0")
                .contains("wal_archiver_verify_damaged_objects_total 1.0")
                .contains("wal_archiver_maintenance_failures_total{step=\"retention\"} 1.0");
    }

    private static ArchiveStatus archiveStatus(WalFileName last) {
        return new ArchiveStatus(
                3,
                48,
                Optional.of(NOW.minusSeconds(60)),
                1,
                2,
                4,
                Optional.of(last),
                Optional.of(NOW),
                Optional.empty(),
                Optional.empty(),
                0);
    }

    static String prometheusName(Meters meter) {
        String name = meter.meterName().replace('.', '_');
        String unit = meter.type() == Meters.Type.TIMER ? "seconds" : meter.unit();
        if (!unit.isEmpty() && !name.endsWith("_" + unit)) {
            name += "_" + unit;
        }
        boolean counter = meter.type() == Meters.Type.COUNTER || meter.type() == Meters.Type.COUNTER_OF;
        return counter ? name + "_total" : name;
    }
}
