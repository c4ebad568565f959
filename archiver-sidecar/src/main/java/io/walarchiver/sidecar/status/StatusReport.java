package io.walarchiver.sidecar.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.walarchiver.archive.ArchiveStatus;
import io.walarchiver.restore.RestoreStatus;
import io.walarchiver.sidecar.health.Health.Finding;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything {@code /status} tells; its components are the fields of the JSON. Times are ISO 8601 in UTC.
 *
 * @param version       of the program
 * @param server        name of the server in the archive
 * @param location      where the archive is
 * @param dataDirectory what is archived
 * @param startedAt     when this process began to serve
 * @param residentBytes memory of this process
 * @param callsRunning  questions being answered now
 * @param ready         whether a segment could be archived now
 * @param findings      what that was judged by
 * @param archive       the archive side
 * @param restore       the restore side
 * @param backups       base backups and the care of the archive
 * @param archived      the last archived files, newest first
 * @param restored      the last restored files, newest first
 * @param troubles      the last failures, newest first
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StatusReport(
        String version,
        String server,
        String location,
        String dataDirectory,
        String startedAt,
        long residentBytes,
        int callsRunning,
        boolean ready,
        List<Finding> findings,
        Archive archive,
        Restore restore,
        BackupReport backups,
        List<Item> archived,
        List<Item> restored,
        List<Problem> troubles) {

    /**
     * The archive side.
     *
     * @param lagFiles            files ready and not durable
     * @param lagBytes            their length
     * @param oldestReadySeconds  age of the oldest of them, 0 without one
     * @param inFlight            files in the pipeline
     * @param buffersInUse        of the memory budget
     * @param buffersTotal        of the memory budget
     * @param lastArchived        the newest durable file
     * @param lastArchivedAt      when
     * @param lastFailure         what a person should know
     * @param lastFailureAt       when
     * @param consecutiveFailures asked files that failed since the last success
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Archive(
            int lagFiles,
            long lagBytes,
            long oldestReadySeconds,
            int inFlight,
            int buffersInUse,
            int buffersTotal,
            @Nullable String lastArchived,
            @Nullable String lastArchivedAt,
            @Nullable String lastFailure,
            @Nullable String lastFailureAt,
            int consecutiveFailures) {

        static Archive of(ArchiveStatus status, Instant now) {
            return new Archive(
                    status.readyFiles(),
                    status.readyBytes(),
                    status.oldestReady()
                            .map(since -> Math.max(0, now.getEpochSecond() - since.getEpochSecond()))
                            .orElse(0L),
                    status.inFlight(),
                    status.buffersInUse(),
                    status.buffersTotal(),
                    text(status.lastArchived()),
                    text(status.lastArchivedAt()),
                    status.lastFailure().orElse(null),
                    text(status.lastFailureAt()),
                    status.consecutiveFailures());
        }
    }

    /**
     * The restore side.
     *
     * @param spooledFiles              prefetched files
     * @param spooledBytes              their length
     * @param prefetchInFlight          being fetched ahead now
     * @param prefetchDepth             segments ahead that are aimed at
     * @param hits                      answered from the spool
     * @param misses                    fetched when asked for
     * @param consecutiveMisses         questions in a row for files that are not archived
     * @param replayedSegmentsPerSecond speed of replay, 0 when unknown
     * @param lastRestored              the newest delivered file
     * @param lastRestoredAt            when
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Restore(
            int spooledFiles,
            long spooledBytes,
            int prefetchInFlight,
            int prefetchDepth,
            long hits,
            long misses,
            int consecutiveMisses,
            double replayedSegmentsPerSecond,
            @Nullable String lastRestored,
            @Nullable String lastRestoredAt) {

        static Restore of(RestoreStatus status) {
            return new Restore(
                    status.spooledFiles(),
                    status.spooledBytes(),
                    status.inFlight(),
                    status.depth(),
                    status.hits(),
                    status.misses(),
                    status.consecutiveMisses(),
                    status.replayedSegmentsPerSecond(),
                    text(status.lastRestored()),
                    text(status.lastRestoredAt()));
        }
    }

    /** A file that went through; see {@link Activity.Travel}. */
    public record Item(
            String at,
            String name,
            String how,
            boolean asked,
            long originalBytes,
            long storedBytes,
            java.util.Map<String, Double> stagesMillis) {

        static Item of(Activity.Travel travel) {
            return new Item(
                    travel.at().toString(),
                    travel.name(),
                    travel.how(),
                    travel.asked(),
                    travel.originalBytes(),
                    travel.storedBytes(),
                    travel.stagesMillis());
        }
    }

    /** A failure; see {@link Activity.Trouble}. */
    public record Problem(String at, String name, String kind, String message) {

        static Problem of(Activity.Trouble trouble) {
            return new Problem(trouble.at().toString(), trouble.name(), trouble.kind(), trouble.message());
        }
    }

    private static @Nullable String text(Optional<?> value) {
        return value.map(Object::toString).orElse(null);
    }
}
