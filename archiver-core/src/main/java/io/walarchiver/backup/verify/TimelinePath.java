package io.walarchiver.backup.verify;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Which segments recovery reads on its way to a timeline. The segment in which a timeline was left is read from the next
 * one, which begins with a copy of it; so on the old timeline it may be partial, or absent.
 *
 * @param sections oldest first; timelines of which nothing is on the way are left out
 */
record TimelinePath(List<Section> sections) {

    /**
     * The part of one timeline.
     *
     * @param timeline whose segments are read
     * @param begin    the first position of it, somewhere in segment {@code first}
     * @param first    number of the first segment
     * @param last     number of the last segment; less than {@code first} when the timeline was left in its first one.
     *                 {@link Long#MAX_VALUE} for the last timeline, which goes on
     * @param left     the position where it was left, in or behind segment {@code last + 1}; empty for the last timeline
     */
    record Section(Timeline timeline, Lsn begin, long first, long last, Optional<Lsn> left) {}

    static TimelinePath of(TimelineHistory history, SegmentSize size) {
        List<TimelineHistory.Switch> ancestry = history.ancestry();
        List<Section> sections = new ArrayList<>();
        Timeline timeline = history.timeline();
        Optional<Lsn> end = Optional.empty();
        // From the newest: where it begins, everything older ends, whatever the older lines of the file say.
        for (int i = ancestry.size() - 1; i >= -1; i--) {
            Lsn begin = i < 0 ? Lsn.INVALID : ancestry.get(i).switchPoint();
            if (end.isEmpty() || begin.compareTo(end.get()) < 0) {
                sections.add(section(timeline, begin, end, size));
                end = Optional.of(begin);
            }
            if (i >= 0) {
                timeline = ancestry.get(i).parent();
            }
        }
        Collections.reverse(sections);
        return new TimelinePath(List.copyOf(sections));
    }

    private static Section section(Timeline timeline, Lsn begin, Optional<Lsn> end, SegmentSize size) {
        return new Section(
                timeline,
                begin,
                SegmentRange.numberOf(begin, size),
                end.map(lsn -> SegmentRange.numberOf(lsn, size) - 1).orElse(Long.MAX_VALUE),
                end);
    }

    /** The timeline it leads to. */
    Timeline target() {
        return sections.get(sections.size() - 1).timeline();
    }

    /** The sections from a timeline on; none when it is not on the way. */
    List<Section> from(Timeline timeline) {
        for (int i = 0; i < sections.size(); i++) {
            if (sections.get(i).timeline().equals(timeline)) {
                return sections.subList(i, sections.size());
            }
        }
        return List.of();
    }
}
