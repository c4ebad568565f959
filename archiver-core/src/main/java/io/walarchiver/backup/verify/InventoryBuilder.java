package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Joins the directories of an archive, which come in the order of their names, to ranges. For one thread at a time.
 */
final class InventoryBuilder {

    private final ArchiveLayout layout;
    private final SegmentSize size;
    private final int maxRanges;
    private final NavigableMap<Timeline, OfTimeline> timelines = new TreeMap<>();
    private int ranges;
    private long objects;
    private long bytes;
    private Examples duplicates = Examples.NONE;
    private Examples partialsBesideComplete = Examples.NONE;
    private Examples foreign = Examples.NONE;
    private Examples impossible = Examples.NONE;
    private int greatestLastPart = -1;
    private int suspectedLastPart = -1;
    private boolean crossedWhole;

    InventoryBuilder(ArchiveLayout layout, SegmentSize size, int maxRanges) {
        this.layout = layout;
        this.size = size;
        this.maxRanges = maxRanges;
    }

    /** An object directly below {@code wals/}: a timeline history file, or something that does not belong there. */
    void addTopLevel(ObjectInfo info) {
        objects++;
        bytes += info.size();
        String key = info.key().value();
        Optional<WalFileName> file = layout.walFileOf(info.key())
                .filter(name ->
                        layout.walKey(name, Compression.ofKey(key)).value().equals(key));
        if (file.isPresent() && file.get() instanceof WalFileName.TimelineHistoryFile history) {
            OfTimeline timeline = timeline(history.timeline());
            if (timeline.historyFile) {
                duplicates = duplicates.plus(key);
            }
            timeline.historyFile = true;
            timeline.objects++;
            timeline.bytes += info.size();
        } else {
            foreign = foreign.plus(key);
        }
    }

    /** A directory behind all that were added before. */
    void add(WalDirectory directory) {
        objects += directory.objects() + directory.foreign().count();
        bytes += directory.bytes() + directory.foreignBytes();
        foreign = foreign.plus(directory.foreign());
        duplicates = duplicates.plus(directory.duplicates());
        Optional<WalSegmentName> any = directory.anySegment();
        if (any.isEmpty()) {
            return;
        }
        OfTimeline timeline = timeline(any.get().timeline());
        timeline.objects += directory.objects();
        timeline.bytes += directory.bytes();
        timeline.backupHistoryFiles += directory.backupHistoryFiles();
        timeline.segments += directory.complete().cardinality();
        greatestLastPart = Math.max(
                greatestLastPart,
                Math.max(directory.complete().length(), directory.partial().length()) - 1);
        directory.newest().ifPresent(segment -> timeline.newest = segment);
        addRanges(timeline, any.get(), directory.complete());
        addPartials(timeline, any.get(), directory);
    }

    private void addRanges(OfTimeline timeline, WalSegmentName any, BitSet complete) {
        int perLog = size.segmentsPerLog();
        for (int i = complete.nextSetBit(perLog); i >= 0; i = complete.nextSetBit(i + 1)) {
            impossible = impossible.plus(new WalSegmentName(any.timeline(), any.log(), i).toString());
        }
        long base = Integer.toUnsignedLong(any.log()) * perLog;
        for (int from = complete.nextSetBit(0); from >= 0 && from < perLog; ) {
            int to = Math.min(complete.nextClearBit(from), perLog);
            addRange(timeline, base + from, base + to - 1);
            from = to < perLog ? complete.nextSetBit(to) : -1;
        }
    }

    private void addRange(OfTimeline timeline, long first, long last) {
        Numbers before = timeline.ranges.peekLast();
        if (before != null && first <= before.last) {
            throw new StoreException.Rejected(
                    "the store does not list the directories of " + layout.walPrefix() + " in the order of their names",
                    StoreException.Detail.NONE,
                    null);
        }
        if (before != null) {
            noteCrossing(before.last, first);
        }
        if (before != null && before.last + 1 == first) {
            timeline.ranges.removeLast();
            timeline.ranges.addLast(new Numbers(before.first, last));
            return;
        }
        timeline.ranges.addLast(new Numbers(first, last));
        ranges++;
        if (ranges > maxRanges) {
            dropOldest();
        }
    }

    /** Where one log ends and the next begins, names tell how many segments a log has. */
    private void noteCrossing(long last, long first) {
        int perLog = size.segmentsPerLog();
        if (first % perLog != 0 || last / perLog + 1 != first / perLog) {
            return;
        }
        int lastPart = (int) (last % perLog);
        if (lastPart == perLog - 1) {
            crossedWhole = true;
        } else {
            suspectedLastPart = Math.max(suspectedLastPart, lastPart);
        }
    }

    private void dropOldest() {
        for (OfTimeline timeline : timelines.values()) {
            // The last range of a timeline stays: the next directory may continue it.
            if (timeline.ranges.size() > 1) {
                timeline.ranges.removeFirst();
                timeline.rangesNotKept++;
                ranges--;
                return;
            }
        }
    }

    private void addPartials(OfTimeline timeline, WalSegmentName any, WalDirectory directory) {
        BitSet partial = directory.partial();
        for (int i = partial.nextSetBit(0); i >= 0; i = partial.nextSetBit(i + 1)) {
            WalSegmentName name = new WalSegmentName(any.timeline(), any.log(), i);
            timeline.partialSegments++;
            if (i >= size.segmentsPerLog()) {
                impossible = impossible.plus(name + WalFileName.PARTIAL);
                continue;
            }
            if (directory.complete().get(i)) {
                partialsBesideComplete = partialsBesideComplete.plus(name + WalFileName.PARTIAL);
            }
            timeline.partials.addLast(name);
            if (timeline.partials.size() > TimelineInventory.MAX_PARTIALS) {
                timeline.partials.removeFirst();
            }
        }
    }

    private OfTimeline timeline(Timeline timeline) {
        if (timelines.size() == WalInventory.MAX_TIMELINES && !timelines.containsKey(timeline)) {
            throw new StoreException.Rejected(
                    layout.walPrefix() + " holds files of more than " + WalInventory.MAX_TIMELINES
                            + " timelines, which no cluster has",
                    StoreException.Detail.NONE,
                    null);
        }
        return timelines.computeIfAbsent(timeline, unused -> new OfTimeline());
    }

    WalInventory build() {
        List<TimelineInventory> found = timelines.entrySet().stream()
                .map(entry -> entry.getValue().build(entry.getKey(), size))
                .toList();
        return new WalInventory(
                size,
                found,
                objects,
                bytes,
                duplicates,
                partialsBesideComplete,
                foreign,
                impossible,
                likelySegmentSize());
    }

    private Optional<SegmentSize> likelySegmentSize() {
        if (impossible.count() > 0) {
            return sizeWithLastPart(greatestLastPart);
        }
        // Every log ends early, at the same number: that is no gap, that is how many segments a log has.
        boolean endsEarly = !crossedWhole && suspectedLastPart >= 0 && suspectedLastPart == greatestLastPart;
        return endsEarly
                ? sizeWithLastPart(greatestLastPart)
                        .filter(candidate -> candidate.segmentsPerLog() == greatestLastPart + 1)
                : Optional.empty();
    }

    /** The largest segment size that allows a name with that last part. */
    private static Optional<SegmentSize> sizeWithLastPart(int lastPart) {
        for (int mebibytes = 1024; mebibytes >= 1; mebibytes /= 2) {
            SegmentSize candidate = SegmentSize.ofMebibytes(mebibytes);
            if (candidate.segmentsPerLog() > lastPart) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private record Numbers(long first, long last) {}

    private static final class OfTimeline {

        private final Deque<Numbers> ranges = new ArrayDeque<>();
        private final Deque<WalSegmentName> partials = new ArrayDeque<>();
        private boolean historyFile;
        private long rangesNotKept;
        private long segments;
        private @Nullable StoredSegment newest;
        private long partialSegments;
        private long backupHistoryFiles;
        private long objects;
        private long bytes;

        TimelineInventory build(Timeline timeline, SegmentSize size) {
            return new TimelineInventory(
                    timeline,
                    historyFile,
                    ranges.stream()
                            .map(range -> SegmentRange.of(timeline, range.first, range.last, size))
                            .toList(),
                    rangesNotKept,
                    segments,
                    Optional.ofNullable(newest),
                    List.copyOf(partials),
                    partialSegments,
                    backupHistoryFiles,
                    objects,
                    bytes);
        }
    }
}
