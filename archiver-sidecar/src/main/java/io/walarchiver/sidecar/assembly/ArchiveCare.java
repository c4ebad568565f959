package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.RecoveryWindow;
import io.walarchiver.backup.retention.Retention;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.backup.retention.RetentionReport;
import io.walarchiver.backup.retention.RetentionRun;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The steps of maintenance on the archive of this server. */
final class ArchiveCare implements MaintenanceWork {

    private static final Logger LOG = LoggerFactory.getLogger("io.walarchiver.retention");

    private static final int SHOWN_GAPS = 20;
    private static final int SHOWN_PROBLEMS = 10;

    /** Whatever a policy says, nobody wants an archive without a backup. */
    private static final int MINIMUM_REDUNDANCY = 1;

    private final Archive archive;
    private final Optional<RetentionPolicy> policy;
    private final ObjectStore store;
    private final DataDirectory source;
    private final Scheduler fileIo;
    private final Clock clock;

    ArchiveCare(
            Archive archive,
            Optional<RetentionPolicy> policy,
            ObjectStore store,
            DataDirectory source,
            Scheduler fileIo,
            Clock clock) {
        this.archive = archive;
        this.policy = policy;
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
        return Mono.justOrEmpty(policy)
                .flatMap(asked -> new Retention(store, archive.layout(), archive.catalog(store))
                        .plan(asked, MINIMUM_REDUNDANCY, clock.instant())
                        .flatMap(plan -> execute(plan).map(report -> summary(asked, plan, report))));
    }

    private Mono<RetentionReport> execute(RetentionPlan plan) {
        plan.deletions()
                .forEach(decision -> LOG.atInfo()
                        .addKeyValue("backup", decision.id().value())
                        .addKeyValue("reason", decision.explanation())
                        .log("deleting"));
        return plan.deletions().isEmpty()
                ? Mono.just(RetentionReport.NOTHING)
                : new RetentionRun(store, archive.layout(), archive.catalog(store)).execute(plan);
    }

    private RetentionSummary summary(RetentionPolicy asked, RetentionPlan plan, RetentionReport report) {
        report.skipped().forEach(problem -> LOG.warn("not deleted: {}", problem));
        List<String> problems = new ArrayList<>(report.skipped());
        problems.addAll(plan.notes());
        return new RetentionSummary(
                clock.instant(),
                asked.toString(),
                report.deletedBackups().size(),
                report.deletedWal(),
                report.refused(),
                problems.stream().limit(SHOWN_PROBLEMS).toList());
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
