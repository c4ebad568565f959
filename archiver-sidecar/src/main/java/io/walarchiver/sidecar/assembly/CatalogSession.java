package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.retention.Retention;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.backup.retention.RetentionReport;
import io.walarchiver.backup.retention.RetentionRun;
import io.walarchiver.backup.retention.WalRange;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** The base backups of one archive, for one command. For one thread; every method blocks. */
public final class CatalogSession implements AutoCloseable {

    /** What one request of S3 can delete. */
    public static final int MAX_DELETES = 1000;

    private final Workers workers;
    private final ObjectStore store;
    private final BackupCatalog catalog;
    private final ArchiveLayout layout;
    private final String place;

    private CatalogSession(Workers workers, ObjectStore store, Archive archive) {
        this.workers = workers;
        this.store = store;
        this.catalog = archive.catalog(store);
        this.layout = archive.layout();
        this.place = archive.layout().basePrefix() + " of " + store.location();
    }

    /** Opens the archive; nothing is asked of it yet. */
    public static CatalogSession open(StoreConfiguration configuration, String serverName) {
        return open(configuration, serverName, MAX_DELETES);
    }

    /**
     * Opens the archive; nothing is asked of it yet.
     *
     * @param deletes how many objects one request may delete, at most {@value #MAX_DELETES}
     */
    public static CatalogSession open(StoreConfiguration configuration, String serverName, int deletes) {
        Workers workers = Workers.start(1);
        try {
            return new CatalogSession(
                    workers,
                    new BoundedDeletes(Stores.open(configuration, workers, StoreObserver.NONE), deletes),
                    Archive.of(configuration, serverName));
        } catch (RuntimeException e) {
            workers.close();
            throw e;
        }
    }

    /** The retention policy that a store names. */
    public static Optional<RetentionPolicy> policyOf(StoreConfiguration configuration) {
        return Archive.retention(configuration);
    }

    /** All backups, oldest first. */
    public List<CatalogEntry> list() {
        return catalog.list().collectList().blockOptional().orElse(List.of());
    }

    /**
     * The backup a person means.
     *
     * @param text an id, a name, or a word such as {@code latest}
     * @throws CatalogException.NoSuchBackup when there is none
     */
    public CatalogEntry find(String text) {
        return catalog.find(text)
                .blockOptional()
                .orElseThrow(() -> new CatalogException.NoSuchBackup(
                        "there is no backup " + text.replaceAll("\\p{Cntrl}", "?") + " below " + place));
    }

    /** Pins a backup. */
    public void keep(BackupId id, KeepTarget target) {
        catalog.keep(id, target).block();
    }

    /** Unpins a backup. */
    public void release(BackupId id) {
        catalog.release(id).block();
    }

    /** How a backup is pinned. */
    public Optional<KeepTarget> keepTarget(BackupId id) {
        return catalog.keepTarget(id).blockOptional();
    }

    /** What a policy would delete now. */
    public RetentionPlan plan(RetentionPolicy policy, int minimumRedundancy) {
        return Foreground.run(
                retention().plan(policy, minimumRedundancy, Clock.systemUTC().instant()));
    }

    /** What deleting one backup would delete. */
    public RetentionPlan planDeletion(BackupId id, int minimumRedundancy) {
        return Foreground.run(retention().planDeletion(id, minimumRedundancy));
    }

    /** The WAL that a plan deletes, in ranges. */
    public List<WalRange> deletedWal(RetentionPlan plan) {
        return Foreground.run(retention().deletedWal(plan).collectList());
    }

    /** Deletes what a plan says. */
    public RetentionReport execute(RetentionPlan plan) {
        return Foreground.run(new RetentionRun(store, layout, catalog).execute(plan));
    }

    private Retention retention() {
        return new Retention(store, layout, catalog);
    }

    @Override
    public void close() {
        store.close();
        workers.close();
    }
}
