package io.walarchiver.backup.catalog;

import java.time.Instant;

/**
 * Archives in a directory that has no record: of a backup in progress, or of one whose process was killed.
 *
 * @param id           the name of the directory
 * @param archives     how many archives and volumes there are
 * @param bytes        their size together, as stored
 * @param lastModified when the last of them was stored, by the store's clock
 */
public record BackupRemains(BackupId id, int archives, long bytes, Instant lastModified) {}
