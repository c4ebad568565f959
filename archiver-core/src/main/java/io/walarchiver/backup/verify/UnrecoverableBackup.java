package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.wal.WalSegmentName;
import java.util.Optional;

/**
 * A backup whose record says it is whole, and that cannot become consistent all the same: a segment between its start and
 * its end is not in the archive, or its timeline did not exist yet when it was taken.
 *
 * @param backup  which
 * @param missing the first segment it lacks; empty when its record contradicts the history file of its timeline
 */
public record UnrecoverableBackup(BackupId backup, Optional<WalSegmentName> missing) {}
