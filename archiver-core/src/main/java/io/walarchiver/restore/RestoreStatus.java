package io.walarchiver.restore;

import io.walarchiver.wal.WalFileName;
import java.time.Instant;
import java.util.Optional;

/**
 * A snapshot of the restore side.
 *
 * @param spooledFiles      prefetched files waiting to be asked for
 * @param spooledBytes      their total length
 * @param inFlight          files being prefetched now
 * @param depth             how many segments ahead of replay prefetch aims at now
 * @param hits              asked segments answered from the spool
 * @param misses            asked segments that had to be fetched when asked for
 * @param consecutiveMisses asked files in a row that were proven absent
 * @param replayedSegmentsPerSecond estimate of the speed of replay; 0 when unknown
 * @param lastRestored      the asked file restored last
 * @param lastRestoredAt    when
 */
public record RestoreStatus(
        int spooledFiles,
        long spooledBytes,
        int inFlight,
        int depth,
        long hits,
        long misses,
        int consecutiveMisses,
        double replayedSegmentsPerSecond,
        Optional<WalFileName> lastRestored,
        Optional<Instant> lastRestoredAt) {}
