package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.recovery.BackupChoice;
import io.walarchiver.backup.recovery.BackupRestore;
import io.walarchiver.backup.recovery.BackupRestoreObserver;
import io.walarchiver.backup.recovery.BackupRestoreSettings;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.RestoreOrder;
import io.walarchiver.backup.recovery.RestoredBackup;
import io.walarchiver.backup.recovery.TargetHistories;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.store.ObjectStore;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Chooses a base backup of an archive and brings it back. */
final class BackupRecovery {

    private static final Logger LOG = LoggerFactory.getLogger(BackupRecovery.class);

    private final Archive archive;
    private final ObjectStore store;
    private final BackupCatalog catalog;

    BackupRecovery(Archive archive, ObjectStore store) {
        this.archive = archive;
        this.store = store;
        this.catalog = archive.catalog(store);
    }

    /**
     * A backup that leads to a target.
     *
     * @param choice the backup and what there is to say about it
     * @param files  its objects
     * @param target what it is for
     */
    record Chosen(BackupChoice choice, List<BackupFile> files, RecoveryTarget target) {

        CatalogEntry.Readable backup() {
            return choice.backup();
        }
    }

    /** Looks through the catalog, which goes to the log, for the backup that leads to the target. */
    Mono<Chosen> choose(RecoveryTarget target) {
        return catalog.list()
                .doOnNext(BackupRecovery::log)
                .collectList()
                .flatMap(entries -> TargetHistories.read(store, archive.layout(), entries, target)
                        .map(histories -> BackupChoice.of(entries, histories, target))
                        .doOnNext(BackupRecovery::log)
                        .flatMap(choice ->
                                catalog.files(choice.backup().id()).map(files -> new Chosen(choice, files, target))));
    }

    private static void log(CatalogEntry entry) {
        if (entry instanceof CatalogEntry.Readable readable) {
            LOG.atInfo()
                    .addKeyValue("backup", entry.id().value())
                    .addKeyValue("status", readable.info().status().name())
                    .addKeyValue(
                            "begin",
                            readable.info().begin().time().map(Object::toString).orElse(""))
                    .addKeyValue(
                            "end",
                            readable.info().end().time().map(Object::toString).orElse(""))
                    .log("in the catalog");
        } else {
            LOG.atWarn()
                    .addKeyValue("backup", entry.id().value())
                    .addKeyValue("reason", ((CatalogEntry.Damaged) entry).reason())
                    .log("in the catalog, unreadable");
        }
    }

    private static void log(BackupChoice choice) {
        choice.remarks().forEach(remark -> LOG.warn("{}", remark));
        LOG.atInfo().addKeyValue("backup", choice.backup().id().value()).log("chosen");
    }

    /**
     * Brings it back.
     *
     * @param wals fetches WAL from the same archive
     */
    Mono<RestoredBackup> restore(
            Chosen chosen,
            RestoreDestination destination,
            BackupRestoreSettings settings,
            BufferPool pool,
            RestorePipeline wals,
            Workers workers,
            BackupRestoreObserver observer) {
        return new BackupRestore(settings, store, archive.layout(), pool, wals, workers.timer(), observer)
                .restore(new RestoreOrder(chosen.backup(), chosen.files, chosen.target, destination));
    }
}
