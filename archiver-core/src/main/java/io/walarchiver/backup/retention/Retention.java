package io.walarchiver.backup.retention;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupRemains;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Makes plans for the archive of one server: reads what {@link RetentionPlan} needs to know. Deletes nothing.
 *
 * <p>Cold, safe for many threads. Fails with {@link io.walarchiver.store.StoreException} when the store does, and as
 * {@link RetentionPlan} does.
 */
public final class Retention {

    private static final Logger log = LoggerFactory.getLogger(Retention.class);

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final BackupCatalog catalog;
    private final WalTree wal;

    /** For the archive of one server. */
    public Retention(ObjectStore store, ArchiveLayout layout, BackupCatalog catalog) {
        this.store = store;
        this.layout = layout;
        this.catalog = catalog;
        this.wal = new WalTree(store, layout);
    }

    /** The plan of a policy at a time, see {@link RetentionPlan#ofPolicy}. */
    public Mono<RetentionPlan> plan(RetentionPolicy policy, int minimumRedundancy, Instant now) {
        return Mono.zip(catalog.list().collectList(), catalog.withoutRecord().collectList())
                .flatMap(found -> {
                    List<CatalogEntry> entries = found.getT1();
                    List<BackupRemains> remains = found.getT2();
                    RetentionPlan plan =
                            RetentionPlan.ofPolicy(policy, minimumRedundancy, entries, remains, Map.of(), now);
                    // Without a deletion no WAL goes, so that its timelines do not matter.
                    return plan.deletions().isEmpty()
                            ? Mono.just(plan)
                            : histories()
                                    .map(known -> RetentionPlan.ofPolicy(
                                            policy, minimumRedundancy, entries, remains, known, now));
                });
    }

    /** The plan to delete one backup, see {@link RetentionPlan#ofBackup}. */
    public Mono<RetentionPlan> planDeletion(BackupId id, int minimumRedundancy) {
        return catalog.list().collectList().flatMap(entries -> {
            // Refused at once, before the archive is read any further.
            RetentionPlan unused = RetentionPlan.ofBackup(id, minimumRedundancy, entries, Map.of());
            return histories().map(known -> RetentionPlan.ofBackup(id, minimumRedundancy, entries, known));
        });
    }

    /** The histories of all timelines of which there is WAL. One that is absent or damaged makes more WAL stay. */
    private Mono<Map<Timeline, TimelineHistory>> histories() {
        return wal.directories()
                .map(WalTree.Directory::timeline)
                .distinctUntilChanged()
                .collectList()
                .flatMap(timelines -> TimelineHistories.read(store, layout, timelines))
                .doOnNext(read -> read.damaged()
                        .forEach((timeline, reason) -> log.atWarn()
                                .addKeyValue("timeline", timeline)
                                .addKeyValue("reason", reason)
                                .log("a timeline history is damaged: WAL stays that it may tell to be of no use")))
                .map(TimelineHistories::sound);
    }

    /** The WAL that a plan deletes, as ranges in the order of their names. Lists the directories of which something goes. */
    public Flux<WalRange> deletedWal(RetentionPlan plan) {
        return Flux.defer(() -> {
            AtomicReference<@Nullable WalRange> open = new AtomicReference<>();
            return wal.judged(plan.wal())
                    .<WalRange>handle((stored, sink) -> {
                        WalRange range = open.get();
                        if (range != null && range.goesOnWith(stored)) {
                            open.set(range.plus(stored));
                            return;
                        }
                        open.set(stored.verdict().isDeletion() ? WalRange.of(stored) : null);
                        if (range != null) {
                            sink.next(range);
                        }
                    })
                    .concatWith(Mono.fromSupplier(open::get));
        });
    }

    /**
     * Every object that a plan deletes: those of the backups, oldest first, then WAL. For
     * comparing with other tools; may be millions.
     */
    public Flux<ObjectKey> deletedKeys(RetentionPlan plan) {
        return Flux.fromIterable(plan.deletions())
                .concatMap(
                        decision -> store.list(layout.backupPrefix(decision.id().value())), 1)
                .map(ObjectInfo::key)
                .concatWith(
                        wal.deletions(plan.wal()).map(stored -> stored.object().key()));
    }
}
