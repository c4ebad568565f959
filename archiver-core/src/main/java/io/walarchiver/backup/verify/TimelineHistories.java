package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How the timelines of an archive descend from each other, as its timeline history files tell.
 *
 * @param sound   the histories that could be read
 * @param damaged the timelines whose history file is there but of no use, with the reason
 */
public record TimelineHistories(Map<Timeline, TimelineHistory> sound, Map<Timeline, String> damaged) {

    /** A history file has one short line for each promotion. */
    private static final int MAX_BYTES = 1 << 20;

    private static final int FILES_AT_ONCE = 4;

    /** Nothing is known: every timeline stands for itself. */
    public static final TimelineHistories NONE = new TimelineHistories(Map.of(), Map.of());

    public TimelineHistories {
        sound = Map.copyOf(sound);
        damaged = Map.copyOf(damaged);
    }

    /**
     * Reads the history files of the timelines that have one. Fails with {@link StoreException} when the store does;
     * damaged files are a result.
     */
    public static Mono<TimelineHistories> read(ObjectStore store, ArchiveLayout layout, WalInventory inventory) {
        return read(
                store,
                layout,
                inventory.timelines().stream()
                        .filter(TimelineInventory::historyFile)
                        .map(TimelineInventory::timeline)
                        .toList());
    }

    /** Reads the history files of these timelines; of those that have none, nothing becomes known. */
    public static Mono<TimelineHistories> read(
            ObjectStore store, ArchiveLayout layout, Collection<Timeline> timelines) {
        return Flux.fromIterable(timelines)
                .flatMap(timeline -> read(store, layout, timeline), FILES_AT_ONCE)
                .collect(Collectors.toList())
                .map(TimelineHistories::of);
    }

    private static TimelineHistories of(Collection<Outcome> outcomes) {
        Map<Timeline, TimelineHistory> sound = new TreeMap<>();
        Map<Timeline, String> damaged = new TreeMap<>();
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Sound s) {
                sound.put(s.history().timeline(), s.history());
            } else if (outcome instanceof Outcome.Damaged d) {
                damaged.put(d.timeline(), d.reason());
            }
        }
        return new TimelineHistories(sound, damaged);
    }

    private sealed interface Outcome {
        record Sound(TimelineHistory history) implements Outcome {}

        record Damaged(Timeline timeline, String reason) implements Outcome {}
    }

    /** Of several spellings of a file one that can be read is enough. */
    private static Mono<Outcome> read(ObjectStore store, ArchiveLayout layout, Timeline timeline) {
        WalFileName file = new WalFileName.TimelineHistoryFile(timeline);
        return store.list(layout.walKeyStem(file))
                .map(ObjectInfo::key)
                .filter(key -> key.equals(layout.walKey(file, Compression.ofKey(key.value()))))
                .concatMap(key -> bytes(store, key)
                        .map(bytes -> parse(timeline, key, bytes))
                        .onErrorResume(StoreException.NotFound.class, gone -> Mono.empty()))
                .reduce((first, second) -> first instanceof Outcome.Sound ? first : second);
    }

    private static Mono<byte[]> bytes(ObjectStore store, ObjectKey key) {
        return store.get(
                key,
                (info, body) -> body.reduceWith(
                                () -> ByteBuffer.allocate((int) Math.min(info.size(), MAX_BYTES)),
                                TimelineHistories::append)
                        .map(ByteBuffer::array));
    }

    private static ByteBuffer append(ByteBuffer content, ByteBuffer chunk) {
        // What is beyond the limit is not read; what was cut there does not decode or parse.
        return content.put(chunk.slice(chunk.position(), Math.min(content.remaining(), chunk.remaining())));
    }

    private static Outcome parse(Timeline timeline, ObjectKey key, byte[] object) {
        try (InputStream content =
                Codec.of(Compression.ofKey(key.value())).decodingStream(new ByteArrayInputStream(object))) {
            return new Outcome.Sound(TimelineHistory.parse(timeline, content.readNBytes(MAX_BYTES)));
        } catch (IOException | WalFormatException damage) {
            return new Outcome.Damaged(timeline, key + ": " + damage.getMessage());
        }
    }

    /** The way to a timeline; without a usable history file it has no parents, as PostgreSQL sees it. */
    public TimelineHistory of(Timeline timeline) {
        return Optional.ofNullable(sound.get(timeline)).orElseGet(() -> TimelineHistory.withoutParents(timeline));
    }
}
