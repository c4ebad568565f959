package io.walarchiver.backup.catalog;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.WalSegmentName;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where and when a backup begins or ends, as far as its record tells.
 *
 * @param time    by the server's clock
 * @param lsn     position in the log
 * @param segment the file that holds the position; for an end exactly on a boundary the following file, which may never
 *                exist
 * @param offset  of the position in that file, in bytes
 */
public record LogPosition(
        Optional<Instant> time, Optional<Lsn> lsn, Optional<WalSegmentName> segment, OptionalLong offset) {

    /** Nothing is known. */
    public static final LogPosition UNKNOWN =
            new LogPosition(Optional.empty(), Optional.empty(), Optional.empty(), OptionalLong.empty());
}
