package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import java.util.List;
import java.util.Optional;

/** The base backups of one archive, for one command. For one thread; every method blocks. */
public final class CatalogSession implements AutoCloseable {

    private final Workers workers;
    private final ObjectStore store;
    private final BackupCatalog catalog;
    private final String place;

    private CatalogSession(Workers workers, ObjectStore store, Archive archive) {
        this.workers = workers;
        this.store = store;
        this.catalog = archive.catalog(store);
        this.place = archive.layout().basePrefix() + " of " + store.location();
    }

    /** Opens the archive; nothing is asked of it yet. */
    public static CatalogSession open(StoreConfiguration configuration, String serverName) {
        Workers workers = Workers.start(1);
        try {
            return new CatalogSession(
                    workers,
                    Stores.open(configuration, workers, StoreObserver.NONE),
                    Archive.of(configuration, serverName));
        } catch (RuntimeException e) {
            workers.close();
            throw e;
        }
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

    @Override
    public void close() {
        store.close();
        workers.close();
    }
}
