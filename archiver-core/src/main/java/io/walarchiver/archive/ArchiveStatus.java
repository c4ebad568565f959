package io.walarchiver.archive;

import io.walarchiver.wal.WalFileName;
import java.time.Instant;
import java.util.Optional;

/**
 * A snapshot of the archive pipeline.
 *
 * @param readyFiles      files PostgreSQL has marked ready and that are not durable yet, those in flight included
 * @param readyBytes      their total length
 * @param oldestReady     when the oldest of them became ready
 * @param inFlight        files in the pipeline now
 * @param buffersInUse    credits taken
 * @param buffersTotal    credits there are
 * @param lastArchived    the file that became durable last
 * @param lastArchivedAt  when
 * @param lastFailure     message of the last failure, cleared by the next success of the same file
 * @param lastFailureAt   when
 * @param consecutiveFailures failures of asked files since the last success
 */
public record ArchiveStatus(
        int readyFiles,
        long readyBytes,
        Optional<Instant> oldestReady,
        int inFlight,
        int buffersInUse,
        int buffersTotal,
        Optional<WalFileName> lastArchived,
        Optional<Instant> lastArchivedAt,
        Optional<String> lastFailure,
        Optional<Instant> lastFailureAt,
        int consecutiveFailures) {}
