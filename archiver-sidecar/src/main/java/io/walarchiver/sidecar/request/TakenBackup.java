package io.walarchiver.sidecar.request;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;

/**
 * A base backup that is in the archive, whole.
 *
 * @param id   its id
 * @param info its record
 */
public record TakenBackup(BackupId id, BackupInfo info) {}
