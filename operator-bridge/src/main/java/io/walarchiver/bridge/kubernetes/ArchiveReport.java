package io.walarchiver.bridge.kubernetes;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What one server's archiver knows of its archive.
 *
 * @param lastArchivedWal  name of the last file that became durable
 * @param lastArchivedTime when it did
 * @param waitingFiles     files that PostgreSQL has ready and that are not durable yet
 * @param oldestWaiting    since when the oldest of them waits
 * @param missingSegments  segments missing between the oldest needed and the newest one archived
 * @param sizeBytes        bytes of all objects of the server
 * @param reachable        whether the store answers, for the condition {@code ArchiveReachable}
 * @param archiving        whether files become durable, for the condition {@code Archiving}
 */
public record ArchiveReport(
        Optional<String> lastArchivedWal,
        Optional<Instant> lastArchivedTime,
        OptionalLong waitingFiles,
        Optional<Instant> oldestWaiting,
        OptionalLong missingSegments,
        OptionalLong sizeBytes,
        Verdict reachable,
        Verdict archiving) {}
