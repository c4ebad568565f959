package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.retention.WalTree.StoredWal;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.ObjectStore.DeleteFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Deletes the WAL of a plan, batch by batch while the listing goes on. Before each batch it looks whether the catalog has
 * changed: a backup that ended just now may need WAL the plan did not know to be needed. Then the rule is made anew, and
 * only what goes by the plan and by the new rule goes.
 */
final class WalSweep {

    private static final Logger log = LoggerFactory.getLogger(WalSweep.class);

    /** What one request may carry. */
    private static final int BATCH = 1000;

    private static final int FAILURES_SHOWN = 5;

    private final ObjectStore store;
    private final BackupCatalog catalog;
    private final WalTree wal;

    WalSweep(ObjectStore store, BackupCatalog catalog, WalTree wal) {
        this.store = store;
        this.catalog = catalog;
        this.wal = wal;
    }

    /**
     * What was done.
     *
     * @param refusals the first few, for people
     */
    record Outcome(long deleted, long bytes, long refused, List<String> refusals) {

        static final Outcome NONE = new Outcome(0, 0, 0, List.of());

        private Outcome plus(List<StoredWal> batch, List<DeleteFailure> failures) {
            Map<String, Long> sizes = new HashMap<>();
            batch.forEach(stored ->
                    sizes.put(stored.object().key().value(), stored.object().size()));
            failures.forEach(failure -> sizes.remove(failure.key().value()));
            List<String> shown = new ArrayList<>(refusals);
            failures.stream()
                    .limit(Math.max(0, FAILURES_SHOWN - shown.size()))
                    .forEach(failure ->
                            shown.add(failure.key() + ": " + failure.cause().getMessage()));
            return new Outcome(
                    deleted + sizes.size(),
                    bytes + sizes.values().stream().mapToLong(Long::longValue).sum(),
                    refused + failures.size(),
                    shown);
        }
    }

    /** What holds while the catalog looks as it does. */
    private record Current(SortedMap<String, String> state, WalRule rule) {}

    /**
     * Deletes what the plan lets go now that of the given backups the files are gone. Fails when the store cannot be reached,
     * and with {@link RetentionException.CatalogDamaged} when a record became unreadable meanwhile.
     */
    Mono<Outcome> run(RetentionPlan plan, Set<BackupId> gone) {
        if (plan.wal().keepsAll() || gone.isEmpty()) {
            return Mono.just(Outcome.NONE);
        }
        return look(plan, gone).flatMap(first -> {
            AtomicReference<Current> current = new AtomicReference<>(first);
            return wal.deletions(first.rule())
                    .buffer(BATCH)
                    .concatMap(batch -> rule(plan, gone, current).flatMap(rule -> delete(batch, rule)), 1)
                    .reduce(Outcome.NONE, (sum, batch) -> sum.plus(batch.files(), batch.failures()))
                    .doOnNext(WalSweep::log);
        });
    }

    private Mono<WalRule> rule(RetentionPlan plan, Set<BackupId> gone, AtomicReference<Current> current) {
        Current last = Objects.requireNonNull(current.get());
        return catalog.state().flatMap(state -> {
            if (state.equals(last.state())) {
                return Mono.just(last.rule());
            }
            log.info("the catalog has changed while WAL is being deleted; what may go is found out anew");
            return look(plan, gone).doOnNext(current::set).map(Current::rule);
        });
    }

    /** The state first: a change while the records are read then shows before the next batch. */
    private Mono<Current> look(RetentionPlan plan, Set<BackupId> gone) {
        return catalog.state()
                .flatMap(state -> catalog.list()
                        .collectList()
                        .map(entries -> new Current(
                                state,
                                new WalRule.Both(plan.wal(), plan.walRule(RetentionPlan.readable(entries), gone)))));
    }

    private record Batch(List<StoredWal> files, List<DeleteFailure> failures) {}

    private Mono<Batch> delete(List<StoredWal> batch, WalRule rule) {
        List<StoredWal> files = batch.stream()
                .filter(stored -> rule.judge(stored.file()).isDeletion())
                .toList();
        return files.isEmpty()
                ? Mono.just(new Batch(files, List.of()))
                : store.delete(files.stream()
                                .map(stored -> stored.object().key())
                                .toList())
                        .collectList()
                        .map(failures -> new Batch(files, failures));
    }

    private static void log(Outcome outcome) {
        log.atInfo()
                .addKeyValue("objects", outcome.deleted())
                .addKeyValue("bytes", outcome.bytes())
                .log("WAL deleted");
        if (outcome.refused() > 0) {
            log.atWarn()
                    .addKeyValue("objects", outcome.refused())
                    .addKeyValue("first", outcome.refusals())
                    .log("the store refused to delete WAL");
        }
    }
}
