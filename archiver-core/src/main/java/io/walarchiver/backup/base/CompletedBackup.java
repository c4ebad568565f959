package io.walarchiver.backup.base;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A base backup that is in the archive and usable.
 *
 * @param id               names it
 * @param name             the name people gave it
 * @param serverVersion    as {@code server_version_num}
 * @param systemIdentifier identifies the cluster (unsigned)
 * @param timeline         the timeline it begins on
 * @param startedAt        by the server's clock
 * @param stoppedAt        by the server's clock
 * @param beginLsn         where recovery begins
 * @param endLsn           where it becomes consistent
 * @param beginWal         the segment of {@code beginLsn}
 * @param endWal           the segment of {@code endLsn}; exactly on a boundary the following one, which may never exist
 * @param fromStandby      whether the server was a standby
 * @param tablespaces      those with an archive of their own
 * @param label            the content of {@code backup_label}
 * @param files            regular files in it
 * @param bytesRead        of these files
 * @param bytesStored      size of all its archives
 * @param duration         from the first question to the server until the record was durable
 * @param damagedPages     pages with a wrong checksum; more than 0 only when the policy says warn
 */
public record CompletedBackup(
        BackupId id,
        Optional<String> name,
        int serverVersion,
        long systemIdentifier,
        Timeline timeline,
        Instant startedAt,
        Instant stoppedAt,
        Lsn beginLsn,
        Lsn endLsn,
        WalSegmentName beginWal,
        WalSegmentName endWal,
        boolean fromStandby,
        List<TablespaceLocation> tablespaces,
        String label,
        long files,
        long bytesRead,
        long bytesStored,
        Duration duration,
        long damagedPages) {

    public CompletedBackup {
        tablespaces = List.copyOf(tablespaces);
    }
}
