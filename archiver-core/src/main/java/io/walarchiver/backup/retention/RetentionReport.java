package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.BackupId;
import java.util.List;

/**
 * What a run did.
 *
 * @param deletedBackups of which nothing is left, oldest first
 * @param skipped        what the plan wanted to delete and is still there: one line for each backup or refused object, for
 *                       people. Of WAL files the first few only
 * @param deletedFiles   objects of backups that were deleted
 * @param deletedWal     WAL objects that were deleted
 * @param deletedWalBytes their size, as stored
 * @param refused        objects of backups and WAL the store refused to delete
 */
public record RetentionReport(
        List<BackupId> deletedBackups,
        List<String> skipped,
        long deletedFiles,
        long deletedWal,
        long deletedWalBytes,
        long refused) {

    /** Nothing was to be done. */
    public static final RetentionReport NOTHING = new RetentionReport(List.of(), List.of(), 0, 0, 0, 0);

    public RetentionReport {
        deletedBackups = List.copyOf(deletedBackups);
        skipped = List.copyOf(skipped);
    }

    /** True when everything the plan wanted to delete is gone. */
    public boolean isComplete() {
        return skipped.isEmpty() && refused == 0;
    }
}
