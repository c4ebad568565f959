package io.walarchiver.backup.recovery;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The timeline histories that decide which backup leads to a target. Asks only for those that PostgreSQL would ask for:
 * the target's, or those of the timelines that follow the backups', up to the first that has none.
 */
public final class TargetHistories {

    private TargetHistories() {}

    /** Reads what is needed to choose among {@code catalog}. Fails with {@link RecoveryException.StoreFailed}. */
    public static Mono<TimelineHistories> read(
            ObjectStore store,
            ArchiveLayout layout,
            Collection<? extends CatalogEntry> catalog,
            RecoveryTarget target) {
        return Mono.defer(() -> {
                    if (target.timeline() instanceof TargetTimeline.Numbered numbered) {
                        return TimelineHistories.read(store, layout, List.of(numbered.timeline()));
                    }
                    Map<Timeline, TimelineHistory> sound = new HashMap<>();
                    Map<Timeline, String> damaged = new HashMap<>();
                    Collection<Timeline> from =
                            target.timeline() instanceof TargetTimeline.Latest ? timelines(catalog) : List.of();
                    return Flux.fromIterable(from)
                            .concatMap(timeline -> following(store, layout, timeline, sound, damaged))
                            .then(Mono.fromSupplier(() -> new TimelineHistories(sound, damaged)));
                })
                .onErrorMap(
                        StoreException.class,
                        failure -> new RecoveryException.StoreFailed(
                                "cannot read the timeline histories in " + layout.walPrefix() + ": "
                                        + failure.getMessage(),
                                failure));
    }

    private static Set<Timeline> timelines(Collection<? extends CatalogEntry> catalog) {
        TreeSet<Timeline> timelines = new TreeSet<>();
        for (CatalogEntry entry : catalog) {
            if (entry instanceof CatalogEntry.Readable readable) {
                readable.info().timeline().ifPresent(timelines::add);
            }
        }
        return timelines;
    }

    private static Mono<Void> following(
            ObjectStore store,
            ArchiveLayout layout,
            Timeline timeline,
            Map<Timeline, TimelineHistory> sound,
            Map<Timeline, String> damaged) {
        if (isLast(timeline)) {
            return Mono.empty();
        }
        Timeline next = next(timeline);
        if (sound.containsKey(next) || damaged.containsKey(next)) {
            return Mono.empty();
        }
        return TimelineHistories.read(store, layout, List.of(next)).flatMap(read -> {
            sound.putAll(read.sound());
            damaged.putAll(read.damaged());
            return isThere(read, next) ? following(store, layout, next, sound, damaged) : Mono.empty();
        });
    }

    /**
     * The timeline that PostgreSQL would follow from a backup on {@code backup}. {@code latest} is the last of those that
     * follow the backup's without a gap, whoever their parents are ({@code findNewestTimeLine} in its
     * {@code timeline.c}).
     */
    static Timeline destination(TimelineHistories histories, Timeline backup, TargetTimeline target) {
        if (target instanceof TargetTimeline.Numbered numbered) {
            return numbered.timeline();
        }
        Timeline last = backup;
        while (target instanceof TargetTimeline.Latest && !isLast(last) && isThere(histories, next(last))) {
            last = next(last);
        }
        return last;
    }

    private static boolean isThere(TimelineHistories histories, Timeline timeline) {
        return histories.sound().containsKey(timeline) || histories.damaged().containsKey(timeline);
    }

    private static boolean isLast(Timeline timeline) {
        return timeline.id() == -1;
    }

    private static Timeline next(Timeline timeline) {
        return new Timeline(timeline.id() + 1);
    }
}
