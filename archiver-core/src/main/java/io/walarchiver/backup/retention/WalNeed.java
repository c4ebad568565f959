package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The WAL one backup needs: from the segment of its start on, on its timeline and all that descend from it behind the
 * start, or only up to the segment of its end.
 *
 * @param id       the backup
 * @param timelines of the start. One, unless the record contradicts itself; then both are meant
 * @param from     position of the first segment, see {@link #position}
 * @param size     of a segment, by which switch points are found
 * @param to       position of the last segment, on the same timeline; empty for all that follow
 */
record WalNeed(BackupId id, SortedSet<Timeline> timelines, long from, SegmentSize size, Optional<Long> to) {

    private static final int SEGMENT_BITS = 12;

    /** A number in the order of positions within a timeline: of segments of one size, but without knowing it. */
    static long position(WalSegmentName segment) {
        return position(segment.log()) | segment.segment();
    }

    /** The position of the first segment of a log. */
    static long position(int log) {
        return Integer.toUnsignedLong(log) << SEGMENT_BITS;
    }

    /** The need for everything from the start on; empty when the record does not tell the start. */
    static Optional<WalNeed> allFrom(BackupId id, BackupInfo info) {
        return begin(info).map(begin -> need(id, info, begin, Optional.empty()));
    }

    /** The need for what makes the backup consistent; more, when the record does not tell where that ends. */
    static Optional<WalNeed> ownOnly(BackupId id, BackupInfo info) {
        return begin(info)
                .map(begin -> need(
                        id,
                        info,
                        begin,
                        info.end()
                                .segment()
                                .filter(end -> end.timeline().equals(begin.timeline()))
                                .filter(end -> info.timeline()
                                        .filter(t -> !t.equals(end.timeline()))
                                        .isEmpty())
                                .map(WalNeed::position)
                                .filter(end -> end >= position(begin))));
    }

    private static WalNeed need(BackupId id, BackupInfo info, WalSegmentName begin, Optional<Long> to) {
        SortedSet<Timeline> timelines = new TreeSet<>();
        timelines.add(begin.timeline());
        info.timeline().ifPresent(timelines::add);
        return new WalNeed(id, timelines, from(info, begin), new SegmentSize(info.segmentSizeBytes()), to);
    }

    private static Optional<WalSegmentName> begin(BackupInfo info) {
        return info.begin().segment().or(() -> byPosition(info));
    }

    private static Optional<WalSegmentName> byPosition(BackupInfo info) {
        return info.begin()
                .lsn()
                .flatMap(lsn -> info.timeline()
                        .map(timeline ->
                                WalSegmentName.containing(timeline, lsn, new SegmentSize(info.segmentSizeBytes()))));
    }

    /** Name and position say the same, twice. Should they ever differ, the lower one keeps more. */
    private static long from(BackupInfo info, WalSegmentName begin) {
        long byName = position(begin);
        return byPosition(info).map(other -> Math.min(byName, position(other))).orElse(byName);
    }
}
