package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.verify.VerificationReport.TimelineSummary;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Reads an archive back and compares: names with names, content with names, records and recorded digests.
 *
 * <p>WAL objects must decompress to exactly one segment that begins with the page header of its own position, timeline and
 * cluster; the digest must agree where one was recorded; history files must be such. Backups must have a record that agrees
 * with itself, all archives and volumes, each a sound tar to its last byte, and in them the few files that tell version,
 * cluster and label, as the record has them. Page checksums of tables are not looked at.
 *
 * <p>What looks damaged is read once more, as it may have been damaged on the way. What is deleted while the verification
 * runs is not missed. Failures of the store are retried and then reported as unchecked, never as damage; when it fails for
 * many objects in a row the verification stops.
 *
 * <p>It takes no more than one buffer of the pool for each object it reads, with ordinary priority, and leaves two to
 * others; it writes nothing, neither to the store nor to a disk. Cancelling gives everything back as soon as the
 * decompression at hand returns. Cold; safe for many threads.
 */
public final class Verification {

    /** What an archive and a segment need together. */
    private static final int PAIR = 2;

    private final VerificationSettings settings;
    private final ObjectStore store;
    private final BackupCatalog catalog;
    private final BufferPool pool;
    private final Scheduler readers;
    private final Scheduler timer;
    private final Clock clock;
    private final VerificationObserver observer;

    /**
     * @param readers threads that decompress and wait for the store meanwhile, one for each object read at once; not to be
     *                shared with work that somebody waits for
     * @param timer   for delays between attempts
     */
    public Verification(
            VerificationSettings settings,
            ObjectStore store,
            BackupCatalog catalog,
            BufferPool pool,
            Scheduler readers,
            Scheduler timer,
            Clock clock,
            VerificationObserver observer) {
        this.settings = settings;
        this.store = store;
        this.catalog = catalog;
        this.pool = pool;
        this.readers = readers;
        this.timer = timer;
        this.clock = clock;
        this.observer = observer;
    }

    /** Verifies. Emits the report, also when the store could not be read; fails on nothing but a programming error. */
    public Mono<VerificationReport> run() {
        return Mono.defer(() -> {
            Instant started = clock.instant();
            Ledger ledger = new Ledger(observer);
            return names(ledger)
                    .flatMap(names -> contents(names, ledger).thenReturn(names))
                    .map(names -> report(started, names, ledger))
                    .onErrorResume(StoreException.class, failure -> {
                        ledger.stop("the archive cannot be listed: " + failure.getMessage());
                        return Mono.just(report(started, Names.NONE, ledger));
                    })
                    .doOnNext(observer::finished);
        });
    }

    /** What there is, by names. */
    private record Names(List<CatalogEntry> catalog, WalInventory inventory, Recoverability recoverability) {

        static final Names NONE = new Names(
                List.of(),
                new WalInventory(
                        SegmentSize.DEFAULT,
                        List.of(),
                        0,
                        0,
                        Examples.NONE,
                        Examples.NONE,
                        Examples.NONE,
                        Examples.NONE,
                        Optional.empty()),
                new Recoverability(List.of(), List.of(), List.of()));
    }

    private Mono<Names> names(Ledger ledger) {
        return catalog.list()
                .collectList()
                .flatMap(entries -> inventory(entries)
                        .flatMap(inventory -> TimelineHistories.read(store, settings.layout(), inventory)
                                .map(histories -> names(entries, inventory, histories, ledger))));
    }

    private Names names(
            List<CatalogEntry> entries, WalInventory inventory, TimelineHistories histories, Ledger ledger) {
        Recoverability recoverability = Recoverability.of(inventory, histories, entries);
        new NameFindings(
                        inventory,
                        histories,
                        recoverability,
                        entries,
                        settings.layout().walPrefix())
                .all()
                .forEach(ledger::add);
        return new Names(entries, inventory, recoverability);
    }

    private Mono<WalInventory> inventory(List<CatalogEntry> entries) {
        Optional<SegmentSize> known = settings.segmentSize()
                .or(() -> newestUsable(entries).map(info -> new SegmentSize(info.segmentSizeBytes())));
        Mono<WalInventory> assumed = WalInventory.read(store, settings.layout(), known.orElse(SegmentSize.DEFAULT));
        // Names do not tell small segments from a beginning of large ones, but every segment does.
        return known.isPresent()
                ? assumed
                : assumed.flatMap(inventory -> Mono.justOrEmpty(inventory.newest())
                        .flatMap(this::segmentSize)
                        .filter(size -> !size.equals(inventory.segmentSize()))
                        .flatMap(size -> WalInventory.read(store, settings.layout(), size))
                        .defaultIfEmpty(inventory));
    }

    private Mono<SegmentSize> segmentSize(StoredSegment segment) {
        return store.head(segment.key())
                .flatMap(info -> contents()
                        .read(
                                info.key(),
                                info.size(),
                                (first, object) -> WalContent.segmentSize(
                                        Compression.ofKey(info.key().value()), object)))
                .flatMap(Mono::justOrEmpty)
                .onErrorResume(StoreException.NotFound.class, gone -> Mono.empty());
    }

    private ObjectContents contents() {
        return new ObjectContents(store, pool, settings.bandwidth(), readers, timer);
    }

    private static Optional<BackupInfo> newestUsable(List<CatalogEntry> entries) {
        return entries.stream()
                .filter(CatalogEntry.Readable.class::isInstance)
                .map(entry -> ((CatalogEntry.Readable) entry).info())
                .filter(BackupInfo::isUsable)
                .reduce((older, newer) -> newer);
    }

    private ClusterIdentity identity(List<CatalogEntry> entries) {
        if (settings.systemIdentifier().isPresent()) {
            return new ClusterIdentity(settings.systemIdentifier(), "this cluster");
        }
        OptionalLong recorded = newestUsable(entries).map(ClusterIdentity::of).orElse(OptionalLong.empty());
        return new ClusterIdentity(recorded, "the newest backup");
    }

    private Mono<Void> contents(Names names, Ledger ledger) {
        observer.begun(names.inventory(), names.catalog().size());
        int lanes = Math.min(settings.concurrency(), Math.max(1, pool.capacity() - PAIR));
        ObjectContents contents = contents();
        ClusterIdentity cluster = identity(names.catalog());
        SegmentSize segmentSize = names.inventory().segmentSize();
        BackupVerification backups =
                new BackupVerification(settings.layout(), segmentSize, catalog, contents, cluster, ledger);
        WalVerification wal = new WalVerification(store, settings.layout(), segmentSize, contents, cluster, ledger);
        return pieces(names, backups, wal, ledger)
                .takeWhile(piece -> !ledger.isStopped())
                .flatMap(Piece::verify, lanes, 1)
                .then()
                .onErrorResume(StoreException.class, failure -> {
                    ledger.stop("the archive cannot be listed: " + failure.getMessage());
                    return Mono.empty();
                });
    }

    private Flux<Piece> pieces(Names names, BackupVerification backups, WalVerification wal, Ledger ledger) {
        VerificationScope.Arc sample = settings.scope().arc(objects(names));
        if (settings.scope() instanceof VerificationScope.OneBackup one) {
            if (names.catalog().stream().noneMatch(entry -> entry.id().equals(one.id()))) {
                ledger.stop("there is no backup " + one.id() + " in "
                        + settings.layout().basePrefix() + " of " + store.location());
            }
            return Flux.fromIterable(names.catalog())
                    .filter(entry -> entry.id().equals(one.id()))
                    .concatMap(
                            entry -> backups.of(entry, sample)
                                    .concatWith(Flux.fromIterable(needed(entry, names))
                                            .concatMap(wal::of, 1)),
                            1);
        }
        return Flux.fromIterable(names.catalog())
                .concatMap(entry -> backups.of(entry, sample), 1)
                .concatWith(wal.of(sample));
    }

    /** About how many objects a full run reads; of a backup that is one archive at least. */
    private static long objects(Names names) {
        return names.inventory().objects()
                - names.inventory().foreign().count()
                + names.catalog().size();
    }

    private static List<SegmentRange> needed(CatalogEntry entry, Names names) {
        if (!(entry instanceof CatalogEntry.Readable readable)
                || readable.info().begin().segment().isEmpty()
                || readable.info().end().segment().isEmpty()) {
            return List.of();
        }
        SegmentSize size = names.inventory().segmentSize();
        try {
            return List.of(new SegmentRange(
                    readable.info().begin().segment().get(),
                    readable.info().end().segment().get(),
                    size));
        } catch (IllegalArgumentException inconsistent) {
            // The check of the record has told it.
            return List.of();
        }
    }

    private VerificationReport report(Instant started, Names names, Ledger ledger) {
        Instant now = clock.instant();
        return new VerificationReport(
                ledger.verdict(),
                started,
                now.isBefore(started) ? Duration.ZERO : Duration.between(started, now),
                settings.scope(),
                names.inventory().segmentSize(),
                ledger.counts(),
                summaries(names),
                names.recoverability().ranges(),
                ledger.found(),
                ledger.findings(),
                ledger.unchecked(),
                ledger.stopped(),
                nextCursor(names, ledger));
    }

    private OptionalLong nextCursor(Names names, Ledger ledger) {
        if (!(settings.scope() instanceof VerificationScope.Next next)) {
            return OptionalLong.empty();
        }
        // What a run did not get to is for the next one.
        return OptionalLong.of(
                ledger.isStopped() ? next.cursor() : next.arc(objects(names)).next());
    }

    private static List<TimelineSummary> summaries(Names names) {
        Map<Timeline, List<Gap>> gaps = names.recoverability().gaps().stream()
                .collect(Collectors.groupingBy(gap -> gap.missing().timeline()));
        return names.inventory().timelines().stream()
                .map(timeline -> summary(timeline, gaps.getOrDefault(timeline.timeline(), List.of())))
                .toList();
    }

    private static TimelineSummary summary(TimelineInventory timeline, List<Gap> gaps) {
        return new TimelineSummary(
                timeline.timeline(),
                timeline.segments(),
                timeline.objects(),
                timeline.bytes(),
                timeline.newest(),
                gaps.subList(Math.max(0, gaps.size() - VerificationReport.MAX_GAPS), gaps.size()),
                gaps.size());
    }
}
