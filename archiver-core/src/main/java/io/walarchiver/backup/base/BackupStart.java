package io.walarchiver.backup.base;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import java.time.Instant;

/**
 * Where a backup begins.
 *
 * @param lsn      the redo position of the checkpoint it begins with
 * @param timeline the timeline of that checkpoint
 * @param time     by the server's clock, when it was asked to begin
 */
public record BackupStart(Lsn lsn, Timeline timeline, Instant time) {}
