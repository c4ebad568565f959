package io.walarchiver.backup.retention;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells of every WAL file whether a backup that stays may need it. Pure, and safe for many threads.
 *
 * <p>A file is needed by a backup when it is at or behind the backup's start, and on its timeline or on one that descends
 * from it there. A timeline whose history is not known is taken for a descendant of every older one. Timelines newer than
 * that of every backup always stay: the newest is the one the server writes, perhaps with its first backup running.
 */
final class WalNeeds implements WalRule {

    private final List<WalNeed> needs;
    private final Map<Timeline, TimelineHistory> histories;
    private final Timeline newest;
    private final Map<Timeline, OnTimeline> found = new ConcurrentHashMap<>();

    /**
     * The needs of backups.
     *
     * @param needs     at least one: without any, nothing can be said about any file
     * @param histories those that could be read
     */
    WalNeeds(List<WalNeed> needs, Map<Timeline, TimelineHistory> histories) {
        this.needs = List.copyOf(needs);
        this.histories = Map.copyOf(histories);
        this.newest = needs.stream()
                .map(need -> need.timelines().last())
                .max(Timeline::compareTo)
                .orElseThrow();
    }

    /** What becomes of a file when everything goes that nobody needs. */
    @Override
    public WalVerdict judge(WalFileName file) {
        WalSegmentName segment;
        if (file instanceof WalFileName.Segment s) {
            segment = s.segment();
        } else if (file instanceof WalFileName.PartialSegment p) {
            segment = p.segment();
        } else if (file instanceof WalFileName.BackupHistoryFile b) {
            segment = b.segment();
        } else {
            return WalVerdict.keep("timeline history files always stay");
        }
        return on(segment.timeline()).judge(WalNeed.position(segment));
    }

    @Override
    public boolean keepsAllOf(Timeline timeline, int log) {
        return on(timeline).keepFrom() <= WalNeed.position(log);
    }

    private OnTimeline on(Timeline timeline) {
        return found.computeIfAbsent(timeline, this::find);
    }

    private OnTimeline find(Timeline timeline) {
        if (timeline.compareTo(newest) > 0) {
            WalVerdict keep = WalVerdict.keep("its timeline is newer than every backup, and may be in use");
            return new OnTimeline(0, keep, List.of(), keep);
        }
        @Nullable WalNeed first = null;
        List<WalNeed> ranges = new ArrayList<>();
        boolean own = false;
        for (WalNeed need : needs) {
            own |= need.timelines().contains(timeline);
            if (need.to().isPresent()) {
                if (need.timelines().contains(timeline)) {
                    ranges.add(need);
                }
            } else if (leadsTo(need, timeline) && (first == null || need.from() < first.from())) {
                first = need;
            }
        }
        WalVerdict deletion = first != null
                ? WalVerdict.delete(
                        "older than the start of backup " + first.id() + ", the first one that needs its timeline")
                : own
                        ? WalVerdict.delete("no backup that stays needs more of its timeline")
                        : WalVerdict.delete("no backup that stays needs its timeline");
        return first == null
                ? new OnTimeline(Long.MAX_VALUE, deletion, ranges, deletion)
                : new OnTimeline(
                        first.from(),
                        WalVerdict.keep("from the start of backup " + first.id() + " on"),
                        ranges,
                        deletion);
    }

    private boolean leadsTo(WalNeed need, Timeline timeline) {
        return need.timelines().stream()
                .anyMatch(
                        own -> own.equals(timeline) || own.compareTo(timeline) < 0 && mayDescend(timeline, own, need));
    }

    private boolean mayDescend(Timeline timeline, Timeline ancestor, WalNeed need) {
        TimelineHistory history = histories.get(timeline);
        if (history == null) {
            return true;
        }
        Optional<Lsn> left = history.switchPointOf(ancestor);
        return left.isPresent()
                && WalNeed.position(WalSegmentName.containing(ancestor, left.get(), need.size())) >= need.from();
    }

    /**
     * What is known about one timeline.
     *
     * @param keepFrom position of the first segment of those that stay up to the end
     * @param keep     said of these
     * @param ranges   backups that need a part of what is before
     * @param deletion said of everything else
     */
    private record OnTimeline(long keepFrom, WalVerdict keep, List<WalNeed> ranges, WalVerdict deletion) {

        WalVerdict judge(long position) {
            if (position >= keepFrom) {
                return keep;
            }
            for (WalNeed need : ranges) {
                if (position >= need.from() && position <= need.to().orElseThrow()) {
                    return WalVerdict.keep("backup " + need.id() + " is pinned and needs it itself");
                }
            }
            return deletion;
        }
    }
}
