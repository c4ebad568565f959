package io.walarchiver.backup.recovery;

import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import java.util.Map;

/**
 * The timeline histories an archive holds, as far as they matter for a recovery.
 *
 * @param histories by timeline; those without parents have none
 */
public record ArchivedTimelines(Map<Timeline, TimelineHistory> histories) {

    /** An archive whose server was never promoted. */
    public static final ArchivedTimelines NONE = new ArchivedTimelines(Map.of());

    public ArchivedTimelines {
        histories = Map.copyOf(histories);
    }

    /**
     * The way PostgreSQL would take to {@code target} when it starts from a backup on {@code backup}. {@code latest} is
     * the last of the timelines that follow the backup's without a gap, whoever their parents are
     * ({@code findNewestTimeLine} in PostgreSQL's {@code timeline.c}).
     */
    TimelineHistory way(Timeline backup, TargetTimeline target) {
        if (target instanceof TargetTimeline.Numbered numbered) {
            return history(numbered.timeline());
        }
        Timeline last = backup;
        if (target instanceof TargetTimeline.Latest) {
            while (last.id() != -1 && histories.containsKey(new Timeline(last.id() + 1))) {
                last = new Timeline(last.id() + 1);
            }
        }
        return history(last);
    }

    private TimelineHistory history(Timeline timeline) {
        TimelineHistory known = histories.get(timeline);
        return known == null ? TimelineHistory.withoutParents(timeline) : known;
    }
}
