package io.walarchiver.backup.verify;

import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an archive holds of one timeline.
 *
 * @param timeline           the timeline
 * @param historyFile        whether its history file is there
 * @param ranges             its complete segments, ascending, with a gap between each two
 * @param rangesNotKept      how many more ranges precede the first of {@code ranges}: only so many are kept in memory, the
 *                           newest
 * @param segments           how many complete segments there are
 * @param newest             the last complete segment
 * @param partials           the newest partial segments, ascending; at most {@link #MAX_PARTIALS}
 * @param partialSegments    how many partial segments there are
 * @param backupHistoryFiles how many backup history files there are
 * @param objects            how many objects there are, all kinds and spellings counted
 * @param bytes              their size in the store
 */
public record TimelineInventory(
        Timeline timeline,
        boolean historyFile,
        List<SegmentRange> ranges,
        long rangesNotKept,
        long segments,
        Optional<StoredSegment> newest,
        List<WalSegmentName> partials,
        long partialSegments,
        long backupHistoryFiles,
        long objects,
        long bytes) {

    /** How many partial segments are named. A timeline has one, where it ended. */
    public static final int MAX_PARTIALS = 16;

    public TimelineInventory {
        ranges = List.copyOf(ranges);
        partials = List.copyOf(partials);
    }

    /**
     * The segments missing between the first and the last one kept. Whether that matters, and what is missing at the ends,
     * depends on the backups: see {@link Recoverability}.
     */
    public List<SegmentRange> gaps() {
        List<SegmentRange> gaps = new ArrayList<>();
        for (int i = 1; i < ranges.size(); i++) {
            SegmentRange before = ranges.get(i - 1);
            gaps.add(SegmentRange.of(
                    timeline, before.lastNumber() + 1, ranges.get(i).firstNumber() - 1, before.size()));
        }
        return gaps;
    }

    /** The last segment that is there without a gap from the one with this number on; empty when that one is missing. */
    Optional<SegmentRange> rangeHolding(long number) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            SegmentRange range = ranges.get(middle);
            if (range.lastNumber() < number) {
                low = middle + 1;
            } else if (range.firstNumber() > number) {
                high = middle - 1;
            } else {
                return Optional.of(range);
            }
        }
        return Optional.empty();
    }

    /** True when the partial segment of that name is known to be there. */
    boolean hasPartial(WalSegmentName name) {
        return partials.contains(name);
    }
}
