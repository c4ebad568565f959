package io.walarchiver.backup.retention;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.store.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Carries out a plan: the files of each backup, oldest first; then WAL, once for all of them; then the records.
 *
 * <p>barman deletes a record before the WAL. Then a run that is killed in between, or whose store fails, leaves WAL that no
 * later run has a reason to look at. With the record last, the next run finds the backup again, incomplete, and goes on where
 * this one stopped: a plan that is carried out in several attempts ends as if it had been carried out in one. Meanwhile the
 * backup is listed, but nobody can restore it, see {@link BackupDeletion}.
 *
 * <p>A backup of which the store refuses to delete an object (object lock, a policy of the bucket) is skipped and reported,
 * and its record stays. When it is still whole, so does the WAL it needs. Any other failure of the store ends the run.
 *
 * <p>Cold; memory holds a batch of keys at a time. Cancelling stops before the next request. Two runs at a time do no harm.
 */
public final class RetentionRun {

    private final BackupDeletion deletion;
    private final WalSweep sweep;

    /** For the archive the plans were made for. */
    public RetentionRun(ObjectStore store, ArchiveLayout layout, BackupCatalog catalog) {
        this.deletion = new BackupDeletion(store, layout, catalog);
        this.sweep = new WalSweep(store, catalog, new WalTree(store, layout));
    }

    /**
     * Deletes what the plan says. May be repeated, with this plan or a new one.
     *
     * @return what was done; fails with {@link io.walarchiver.store.StoreException}, and with
     *     {@link RetentionException.CatalogDamaged} when a record became unreadable since the plan was made
     */
    public Mono<RetentionReport> execute(RetentionPlan plan) {
        return Flux.fromIterable(plan.deletions())
                .concatMap(deletion::run, 1)
                .collectList()
                .flatMap(files -> {
                    List<BackupDeletion.Outcome> gone = files.stream()
                            .filter(outcome -> outcome.skipped().isEmpty())
                            .toList();
                    Set<BackupId> ids =
                            gone.stream().map(BackupDeletion.Outcome::id).collect(Collectors.toSet());
                    return sweep.run(plan, ids)
                            .flatMap(wal -> Flux.fromIterable(gone)
                                    .concatMap(deletion::record, 1)
                                    .collectList()
                                    .map(records -> report(files, records, wal)));
                });
    }

    private static RetentionReport report(
            List<BackupDeletion.Outcome> files, List<BackupDeletion.Outcome> records, WalSweep.Outcome wal) {
        List<String> skipped = new ArrayList<>();
        files.forEach(outcome -> outcome.skipped().ifPresent(skipped::add));
        records.forEach(outcome -> outcome.skipped().ifPresent(skipped::add));
        wal.refusals().forEach(refusal -> skipped.add("WAL was not deleted: " + refusal));
        List<BackupDeletion.Outcome> last = new ArrayList<>(records);
        files.stream().filter(outcome -> outcome.skipped().isPresent()).forEach(last::add);
        return new RetentionReport(
                records.stream()
                        .filter(outcome -> outcome.skipped().isEmpty())
                        .map(BackupDeletion.Outcome::id)
                        .toList(),
                skipped,
                last.stream().mapToLong(BackupDeletion.Outcome::files).sum(),
                wal.deleted(),
                wal.bytes(),
                wal.refused()
                        + last.stream()
                                .mapToLong(BackupDeletion.Outcome::refused)
                                .sum());
    }
}
