package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.RecoveryWindow;
import io.walarchiver.backup.retention.Retention;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.backup.retention.RetentionReport;
import io.walarchiver.backup.retention.RetentionRun;
import io.walarchiver.backup.verify.Finding;
import io.walarchiver.backup.verify.Gap;
import io.walarchiver.backup.verify.Recoverability;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.backup.verify.UnrecoverableBackup;
import io.walarchiver.backup.verify.Verification;
import io.walarchiver.backup.verify.VerificationObserver;
import io.walarchiver.backup.verify.VerificationReport;
import io.walarchiver.backup.verify.VerificationScope;
import io.walarchiver.backup.verify.VerificationSettings;
import io.walarchiver.backup.verify.WalInventory;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.sidecar.maintenance.CatalogSummary;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceWork;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.VerifySchedule;
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

/** The steps of maintenance on the archive of this server. */
final class ArchiveCare implements MaintenanceWork {

    private static final Logger LOG = LoggerFactory.getLogger("io.walarchiver.retention");

    private static final int SHOWN_GAPS = 20;
    private static final int SHOWN_PROBLEMS = 10;
    private static final int PERCENT = 100;

    /** Whatever a policy says, nobody wants an archive without a backup. */
    private static final int MINIMUM_REDUNDANCY = 1;

    private final Archive archive;
    private final Optional<RetentionPolicy> policy;
    private final ObjectStore store;
    private final DataDirectory source;
    private final BufferPool pool;
    private final Workers workers;
    private final LongWorkers threads;
    private final Optional<VerifySchedule> schedule;
    private final LastVerification last;
    private final Clock clock;

    ArchiveCare(
            Archive archive,
            ServeSettings settings,
            ObjectStore store,
            BufferPool pool,
            Workers workers,
            LongWorkers threads,
            Clock clock) {
        this(
                archive,
                Archive.retention(settings.store()),
                store,
                new DataDirectory(settings.pgdata()),
                pool,
                workers,
                threads,
                settings.verify(),
                new LastVerification(settings.spool()),
                clock);
    }

    ArchiveCare(
            Archive archive,
            Optional<RetentionPolicy> policy,
            ObjectStore store,
            DataDirectory source,
            BufferPool pool,
            Workers workers,
            LongWorkers threads,
            Optional<VerifySchedule> schedule,
            LastVerification last,
            Clock clock) {
        this.archive = archive;
        this.policy = policy;
        this.store = store;
        this.source = source;
        this.pool = pool;
        this.workers = workers;
        this.threads = threads;
        this.schedule = schedule;
        this.last = last;
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
        return BlockingWork.on(workers.fileIo(), () -> source.controlFile().segmentSize())
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
        return Mono.justOrEmpty(schedule)
                .flatMap(how -> BlockingWork.on(workers.fileIo(), source::controlFile)
                        .flatMap(control -> new Verification(
                                        VerificationSettings.of(archive.layout())
                                                .withCluster(control.segmentSize(), control.systemIdentifier())
                                                .withScope(part(how))
                                                .withBandwidth(VerifyRun.bandwidth(how.bytesPerSecond(), workers)),
                                        store,
                                        archive.catalog(store),
                                        pool,
                                        threads.readers(),
                                        workers.timer(),
                                        clock,
                                        VerificationObserver.NONE)
                                .run()))
                .map(this::summary)
                .flatMap(found -> BlockingWork.run(workers.fileIo(), () -> last.write(found.at()))
                        .thenReturn(found));
    }

    /** Parts that follow each other in time: so many runs as make a hundred percent leave nothing out. */
    private VerificationScope part(VerifySchedule how) {
        int runs = (PERCENT + how.samplePercent() - 1) / how.samplePercent();
        return new VerificationScope.Part(
                clock.instant().getEpochSecond() / Math.max(1, how.every().toSeconds()), runs);
    }

    private VerifySummary summary(VerificationReport report) {
        report.findings().stream()
                .filter(finding -> finding.severity() != Finding.Severity.NOTICE)
                .forEach(finding -> LOG.atWarn()
                        .addKeyValue("subject", finding.subject())
                        .addKeyValue("kind", finding.kind().label())
                        .addKeyValue("remedy", finding.remedy())
                        .log("verification: {}", finding.problem()));
        report.stopped().ifPresent(reason -> LOG.warn("verification stopped: {}", reason));
        VerificationReport.Counts counts = report.counts();
        return new VerifySummary(
                clock.instant(),
                report.duration(),
                counts.archives() + counts.walFiles(),
                counts.storedBytes(),
                report.found().getOrDefault(Finding.Severity.ERROR, 0L),
                report.findings().stream()
                        .limit(SHOWN_PROBLEMS)
                        .map(finding -> finding.subject() + ": " + finding.problem())
                        .toList());
    }

    @Override
    public Mono<Instant> lastVerification() {
        return BlockingWork.on(workers.fileIo(), last::read).flatMap(Mono::justOrEmpty);
    }
}
