package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.RecoveryWindow;
import io.walarchiver.backup.verify.Gap;
import io.walarchiver.backup.verify.Recoverability;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.backup.verify.UnrecoverableBackup;
import io.walarchiver.backup.verify.WalInventory;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.sidecar.maintenance.CatalogSummary;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceWork;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.store.ObjectStore;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The steps of maintenance on the archive of this server. */
final class ArchiveCare implements MaintenanceWork {

    private static final int SHOWN_GAPS = 20;

    private final Archive archive;
    private final ObjectStore store;
    private final DataDirectory source;
    private final Scheduler fileIo;
    private final Clock clock;

    ArchiveCare(Archive archive, ObjectStore store, DataDirectory source, Scheduler fileIo, Clock clock) {
        this.archive = archive;
        this.store = store;
        this.source = source;
        this.fileIo = fileIo;
        this.clock = clock;
    }

    private Mono<List<CatalogEntry>> entries() {
        return archive.catalog(store).list().collectList();
    }

    @Override
    public Mono<RetentionSummary> retain() {
        return Mono.empty();
    }

    @Override
    public Mono<Catalog> catalog() {
        return entries()
                .map(entries -> new Catalog(CatalogSummary.of(entries, clock.instant()), RecoveryWindow.of(entries)));
    }

    @Override
    public Mono<InventorySummary> inventory() {
        return BlockingWork.on(fileIo, () -> source.controlFile().segmentSize())
                .flatMap(size -> WalInventory.read(store, archive.layout(), size))
                .flatMap(wal -> TimelineHistories.read(store, archive.layout(), wal)
                        .flatMap(histories -> entries().map(entries -> Recoverability.of(wal, histories, entries)))
                        .map(found -> summary(wal, found)));
    }

    private InventorySummary summary(WalInventory wal, Recoverability found) {
        int breaking = (int) found.gaps().stream()
                .filter(gap -> gap.effect() == Gap.Effect.BREAKS_RECOVERY)
                .count();
        return new InventorySummary(
                clock.instant(),
                wal.objects(),
                wal.bytes(),
                found.gaps().stream()
                        .sorted(Comparator.comparing(Gap::effect))
                        .limit(SHOWN_GAPS)
                        .map(gap -> new InventorySummary.Gap(
                                gap.missing().first().toString(),
                                gap.missing().last().toString(),
                                gap.missing().count(),
                                gap.effect().name().toLowerCase(Locale.ROOT)))
                        .toList(),
                breaking,
                found.gaps().size() - breaking,
                found.unrecoverable().stream().map(ArchiveCare::text).toList());
    }

    private static String text(UnrecoverableBackup backup) {
        return backup.backup()
                + backup.missing()
                        .map(segment -> ": " + segment + " is missing")
                        .orElse(": its record contradicts the history of its timeline");
    }

    @Override
    public Mono<VerifySummary> verify() {
        return Mono.empty();
    }

    @Override
    public Mono<Instant> lastVerification() {
        return Mono.empty();
    }
}
