package io.walarchiver.backup.retention;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Deletes the objects of one backup, all but its record.
 *
 * <p>The main archive of the data directory goes first, in a request of its own. Once it is gone no tool restores the
 * backup any more, this one because the archive is missing from the catalog's listing, barman's because they want the main
 * archive; after any other object some would restore a part and call it a backup. So wherever a run is killed, a backup is
 * whole or visibly no backup. Marking the record first would say the same in the record itself, but there is no way back
 * when the store then refuses to delete: a whole backup that may not be deleted yet would be lost for recovery. And as the
 * record stays as it is, the next run takes the same decision and goes on.
 */
final class BackupDeletion {

    private static final Logger log = LoggerFactory.getLogger(BackupDeletion.class);

    private static final String MAIN = "data.tar";
    private static final String RECORD = "backup.info";

    /** What one request may carry. */
    private static final int BATCH = 1000;

    private static final int FAILURES_SHOWN = 5;

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final BackupCatalog catalog;

    BackupDeletion(ObjectStore store, ArchiveLayout layout, BackupCatalog catalog) {
        this.store = store;
        this.layout = layout;
        this.catalog = catalog;
    }

    /**
     * What was done to a backup.
     *
     * @param files   how many objects are gone
     * @param refused how many the store refused to delete
     * @param skipped why something of it is still there; empty when only the record is
     */
    record Outcome(BackupId id, long files, long refused, Optional<String> skipped) {

        static Outcome skipped(BackupId id, String why) {
            return new Outcome(id, 0, 0, Optional.of("backup " + id + " was not deleted: " + why));
        }

        private Outcome plus(Batch batch) {
            return new Outcome(id, files + batch.deleted(), refused + batch.refused(), batch.problem(id));
        }
    }

    /** Deletes, unless the backup is no longer what the decision was about. Fails when the store cannot be reached. */
    Mono<Outcome> run(BackupDecision decision) {
        BackupId id = decision.id();
        return catalog.get(id)
                .flatMap(now -> change(decision, now)
                        .map(change -> Mono.just(Outcome.skipped(id, change)))
                        .orElseGet(() -> files(id)))
                .switchIfEmpty(Mono.fromSupplier(() -> new Outcome(id, 0, 0, Optional.empty())))
                .doOnNext(outcome -> outcome.skipped().ifPresent(why -> warn(id, why)));
    }

    private static Optional<String> change(BackupDecision decision, CatalogEntry now) {
        if (!now.keep().equals(decision.entry().keep())) {
            return Optional.of("it has been pinned or released since the plan was made");
        }
        return now instanceof CatalogEntry.Readable readable
                        && readable.info().equals(decision.entry().info())
                ? Optional.empty()
                : Optional.of("its record has changed since the plan was made");
    }

    private Mono<Outcome> files(BackupId id) {
        return mainArchives(id)
                .flatMap(main -> Flux.fromIterable(main)
                        .concatMap(key -> delete(List.of(key)))
                        .takeUntil(batch -> batch.refused() > 0)
                        .reduce(Batch.NONE, Batch::plus))
                .flatMap(main -> main.refused() == 0 ? others(id).map(main::plus) : Mono.just(main))
                .map(all -> new Outcome(id, 0, 0, Optional.empty()).plus(all));
    }

    /**
     * The main archives of the data directory. Usually one; where there are more, the one that counts, which was stored last,
     * is at the end.
     */
    private Mono<List<ObjectKey>> mainArchives(BackupId id) {
        return store.list(layout.backupPrefix(id.value()) + MAIN)
                .filter(object -> object.key()
                                .value()
                                .indexOf('/', layout.backupPrefix(id.value()).length())
                        < 0)
                .sort(Comparator.comparing(ObjectInfo::lastModified).thenComparing(ObjectInfo::key))
                .map(ObjectInfo::key)
                .collectList();
    }

    /** Everything below the directory belongs to the backup; what other tools leave there would stay for ever. */
    private Mono<Batch> others(BackupId id) {
        ObjectKey record = record(id);
        return store.list(layout.backupPrefix(id.value()))
                .map(ObjectInfo::key)
                .filter(key -> !key.equals(record))
                .buffer(BATCH)
                .concatMap(this::delete, 1)
                .reduce(Batch.NONE, Batch::plus);
    }

    private Mono<Batch> delete(List<ObjectKey> keys) {
        return store.delete(keys)
                .map(failure -> failure.key() + " (" + failure.cause().getMessage() + ")")
                .collectList()
                .map(refused -> new Batch(
                        keys.size() - refused.size(),
                        refused.size(),
                        refused.subList(0, Math.min(FAILURES_SHOWN, refused.size()))));
    }

    /** Deletes the record of a backup of which nothing else is left. */
    Mono<Outcome> record(Outcome files) {
        return delete(List.of(record(files.id())))
                .map(files::plus)
                .doOnNext(outcome -> outcome.skipped()
                        .ifPresentOrElse(
                                why -> warn(outcome.id(), why),
                                () -> log.atInfo()
                                        .addKeyValue("backup", outcome.id())
                                        .addKeyValue("objects", outcome.files())
                                        .log("backup deleted")));
    }

    private ObjectKey record(BackupId id) {
        return layout.backupKey(id.value(), RECORD);
    }

    private static void warn(BackupId id, String why) {
        log.atWarn().addKeyValue("backup", id).addKeyValue("reason", why).log("backup not deleted");
    }

    /**
     * What a few requests did.
     *
     * @param examples of refusals, for people
     */
    private record Batch(long deleted, long refused, List<String> examples) {

        static final Batch NONE = new Batch(0, 0, List.of());

        Batch plus(Batch other) {
            return new Batch(
                    deleted + other.deleted,
                    refused + other.refused,
                    Stream.concat(examples.stream(), other.examples.stream())
                            .limit(FAILURES_SHOWN)
                            .toList());
        }

        Optional<String> problem(BackupId id) {
            return refused == 0
                    ? Optional.empty()
                    : Optional.of("backup " + id + " was not deleted: the store refused " + refused
                            + " of its objects: " + String.join(", ", examples));
        }
    }
}
