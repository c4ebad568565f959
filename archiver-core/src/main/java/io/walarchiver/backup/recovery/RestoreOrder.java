package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.CatalogEntry;
import java.util.List;

/**
 * What to restore, and where to.
 *
 * @param backup      the backup, as {@link BackupChoice} chose it
 * @param files       its objects, as the catalog lists them
 * @param target      what it is restored for; decides which log must be there
 * @param destination where it goes
 */
public record RestoreOrder(
        CatalogEntry.Readable backup, List<BackupFile> files, RecoveryTarget target, RestoreDestination destination) {

    public RestoreOrder {
        files = List.copyOf(files);
    }
}
