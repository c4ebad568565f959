package io.walarchiver.backup.base;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import java.time.Instant;

/**
 * Where a backup ends.
 *
 * @param lsn      recovery has to get here before the data is consistent
 * @param timeline the timeline the position is on; on a standby not always that of the start
 * @param time     by the server's clock, when it had ended
 * @param label    the content of {@code backup_label}
 */
public record BackupStop(Lsn lsn, Timeline timeline, Instant time, String label) {}
