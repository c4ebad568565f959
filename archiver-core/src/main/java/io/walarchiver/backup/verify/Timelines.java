package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.recovery.RecoveryException;
import io.walarchiver.backup.recovery.TimelineHistories;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How the timelines of an archive descend from each other, as its timeline history files tell.
 *
 * @param sound   the histories that could be read
 * @param damaged the timelines whose history file is there but of no use, with the reason
 */
public record Timelines(Map<Timeline, TimelineHistory> sound, Map<Timeline, String> damaged) {

    /** Nothing is known: every timeline stands for itself. */
    public static final Timelines NONE = new Timelines(Map.of(), Map.of());

    private static final int FILES_AT_ONCE = 4;

    public Timelines {
        sound = Map.copyOf(sound);
        damaged = Map.copyOf(damaged);
    }

    /**
     * Reads the history files of the timelines that have one. Fails with {@link io.walarchiver.store.StoreException} when
     * the store does; damaged files are a result.
     */
    public static Mono<Timelines> read(ObjectStore store, ArchiveLayout layout, WalInventory inventory) {
        TimelineHistories histories = new TimelineHistories(store, layout);
        return Flux.fromIterable(inventory.timelines())
                .filter(TimelineInventory::historyFile)
                .map(TimelineInventory::timeline)
                .flatMap(timeline -> outcome(histories, timeline), FILES_AT_ONCE)
                .collectList()
                .map(Timelines::of);
    }

    private record Outcome(Timeline timeline, Optional<TimelineHistory> history, String damage) {}

    private static Mono<Outcome> outcome(TimelineHistories histories, Timeline timeline) {
        return histories
                .read(timeline)
                .map(history -> new Outcome(timeline, Optional.of(history), ""))
                .onErrorResume(
                        RecoveryException.CorruptArchive.class,
                        damage -> Mono.just(
                                new Outcome(timeline, Optional.empty(), String.valueOf(damage.getMessage()))));
    }

    private static Timelines of(List<Outcome> outcomes) {
        Map<Timeline, TimelineHistory> sound = new TreeMap<>();
        Map<Timeline, String> damaged = new TreeMap<>();
        for (Outcome outcome : outcomes) {
            outcome.history()
                    .ifPresentOrElse(
                            history -> sound.put(outcome.timeline(), history),
                            () -> damaged.put(outcome.timeline(), outcome.damage()));
        }
        return new Timelines(sound, damaged);
    }

    /** The way to a timeline; without a usable history file it has no parents, as PostgreSQL sees it. */
    public TimelineHistory of(Timeline timeline) {
        TimelineHistory history = sound.get(timeline);
        return history == null ? TimelineHistory.withoutParents(timeline) : history;
    }
}
