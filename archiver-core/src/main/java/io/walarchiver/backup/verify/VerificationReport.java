package io.walarchiver.backup.verify;

import io.walarchiver.backup.verify.Finding.Severity;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a verification found. Of everything only so much is kept that a report stays readable; everything is counted.
 *
 * @param verdict     the short answer
 * @param started     by the clock of this machine
 * @param duration    how long it took
 * @param scope       what was to be read
 * @param segmentSize the size of WAL segments that names were read with
 * @param counts      what was read
 * @param timelines   the WAL there is, ascending
 * @param recoverable what can be recovered, as far as names tell; oldest backup first
 * @param found       how many findings of each severity
 * @param findings    the first findings, errors before warnings before notices; at most {@link #MAX_FINDINGS}
 * @param unchecked   the first objects that could not be read; at most {@link #MAX_UNCHECKED}
 * @param stopped     why the verification did not go through
 * @param nextCursor  where the next sample begins, see {@link VerificationScope.Next}
 */
public record VerificationReport(
        Verdict verdict,
        Instant started,
        Duration duration,
        VerificationScope scope,
        SegmentSize segmentSize,
        Counts counts,
        List<TimelineSummary> timelines,
        List<RecoverableRange> recoverable,
        Map<Severity, Long> found,
        List<Finding> findings,
        List<Unchecked> unchecked,
        Optional<String> stopped,
        OptionalLong nextCursor) {

    /** How many findings are kept. */
    public static final int MAX_FINDINGS = 1000;

    /** How many unchecked objects are kept. */
    public static final int MAX_UNCHECKED = 100;

    /** How many gaps of each timeline are kept. */
    public static final int MAX_GAPS = 100;

    public VerificationReport {
        timelines = List.copyOf(timelines);
        recoverable = List.copyOf(recoverable);
        found = Map.copyOf(found);
        findings = List.copyOf(findings);
        unchecked = List.copyOf(unchecked);
    }

    /** The short answer. */
    public enum Verdict {
        /** Everything that was to be read is what it should be. There may be warnings. */
        GOOD,
        /** Some recovery would fail. */
        DAMAGED,
        /** Nothing bad was found, but not everything could be read. */
        INCOMPLETE
    }

    /**
     * What was read.
     *
     * @param backups      backups of which an archive was read
     * @param archives     objects of backups read to their end, damaged ones included
     * @param members      files and directories in them
     * @param walFiles     WAL objects read to their end, damaged ones included
     * @param storedBytes  length of all these objects in the store
     * @param contentBytes length of what they hold
     * @param unchecked    objects that could not be read
     * @param vanished     objects that were deleted before it was their turn
     */
    public record Counts(
            long backups,
            long archives,
            long members,
            long walFiles,
            long storedBytes,
            long contentBytes,
            long unchecked,
            long vanished) {}

    /**
     * The WAL of a timeline, by names.
     *
     * @param segments complete segments
     * @param objects  objects of all kinds
     * @param bytes    their length in the store
     * @param newest   the last complete segment
     * @param gaps     the last gaps; at most {@link #MAX_GAPS}
     * @param gapCount how many gaps there are
     */
    public record TimelineSummary(
            Timeline timeline,
            long segments,
            long objects,
            long bytes,
            Optional<StoredSegment> newest,
            List<Gap> gaps,
            long gapCount) {
        public TimelineSummary {
            gaps = List.copyOf(gaps);
        }
    }

    /**
     * An object that could not be read.
     *
     * @param key    which
     * @param reason why
     */
    public record Unchecked(String key, String reason) {}
}
