package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import java.time.Instant;
import java.util.Optional;

/**
 * The positions one backup can be recovered to along the newest timeline that descends from it, by the names in the
 * archive.
 *
 * @param backup     where recovery starts
 * @param timeline   the newest timeline that holds the backup; recovery follows it
 * @param from       the end of the backup, the earliest position
 * @param to         the position behind the last byte that is there without a gap
 * @param fromTime   when the backup ended, by the server's clock
 * @param archivedAt when the last segment was stored, by the store's clock: about the latest time recovery can reach.
 *                   Empty when {@code gap} ends the range, as only the newest segment's time is known
 * @param gap        what is missing behind {@code to} although later segments are there; empty when the range goes on as
 *                   far as the archive does
 */
public record RecoverableRange(
        BackupId backup,
        Timeline timeline,
        Lsn from,
        Lsn to,
        Optional<Instant> fromTime,
        Optional<Instant> archivedAt,
        Optional<SegmentRange> gap) {}
