package io.walarchiver.backup.recovery;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.CorruptObjectException;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalFormatException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Reads the timeline histories that decide which backup leads to a target. Asks only for timelines that PostgreSQL would
 * ask for: the target's, or those that follow the timelines of the backups, up to the first that is absent.
 *
 * <p>Cold and safe for many threads. Holds a few KiB.
 */
public final class TimelineHistories {

    /** PostgreSQL needs tens of bytes for each timeline. */
    private static final int LARGEST_BYTES = 1 << 20;

    private final ObjectStore store;
    private final ArchiveLayout layout;

    public TimelineHistories(ObjectStore store, ArchiveLayout layout) {
        this.store = store;
        this.layout = layout;
    }

    /**
     * The histories needed to choose among {@code catalog} for {@code target}.
     *
     * <p>Fails with {@link RecoveryException.StoreFailed}, and with {@link RecoveryException.CorruptArchive} for a history
     * that is there and cannot be read: recovery could not read it either.
     */
    public Mono<ArchivedTimelines> neededFor(List<CatalogEntry> catalog, RecoveryTarget target) {
        return Mono.defer(() -> {
                    Map<Timeline, TimelineHistory> found = new HashMap<>();
                    if (target.timeline() instanceof TargetTimeline.Numbered numbered) {
                        return collect(numbered.timeline(), found).thenReturn(new HashMap<>(found));
                    }
                    if (target.timeline() instanceof TargetTimeline.Current) {
                        return Mono.just(found);
                    }
                    return Flux.fromIterable(timelines(catalog))
                            .concatMap(timeline -> following(timeline, found))
                            .then(Mono.just(found));
                })
                .map(ArchivedTimelines::new)
                .onErrorMap(
                        StoreException.class,
                        failure -> new RecoveryException.StoreFailed(
                                "cannot read the timeline histories of " + layout.serverPrefix() + ": "
                                        + failure.getMessage(),
                                failure));
    }

    private static TreeSet<Timeline> timelines(List<CatalogEntry> catalog) {
        TreeSet<Timeline> timelines = new TreeSet<>();
        for (CatalogEntry entry : catalog) {
            if (entry instanceof CatalogEntry.Readable readable) {
                readable.info().timeline().ifPresent(timelines::add);
            }
        }
        return timelines;
    }

    /** Reads the histories of the timelines after {@code timeline} until one has none. */
    private Mono<Void> following(Timeline timeline, Map<Timeline, TimelineHistory> found) {
        if (timeline.id() == -1) {
            return Mono.empty();
        }
        Timeline next = new Timeline(timeline.id() + 1);
        if (found.containsKey(next)) {
            return Mono.empty();
        }
        return collect(next, found).flatMap(present -> present ? following(next, found) : Mono.empty());
    }

    private Mono<Boolean> collect(Timeline timeline, Map<Timeline, TimelineHistory> found) {
        return read(timeline).doOnNext(history -> found.put(timeline, history)).hasElement();
    }

    /**
     * The history of a timeline; empty when the archive has none. Fails with {@link RecoveryException.CorruptArchive} when
     * it cannot be read, and with {@link StoreException}.
     */
    public Mono<TimelineHistory> read(Timeline timeline) {
        WalFileName.TimelineHistoryFile file = new WalFileName.TimelineHistoryFile(timeline);
        return store.list(layout.walKeyStem(file))
                .map(ObjectInfo::key)
                .filter(key -> layout.walFileOf(key).filter(file::equals).isPresent())
                .collectList()
                .flatMap(keys -> keys.isEmpty() ? Mono.empty() : read(timeline, best(keys)));
    }

    /** As restoring a WAL file would choose: a compressed one before a plain one. */
    private static ObjectKey best(List<ObjectKey> keys) {
        List<ObjectKey> sorted = new ArrayList<>(keys);
        sorted.sort(Comparator.comparing((ObjectKey key) -> Compression.ofKey(key.value()) == Compression.NONE)
                .thenComparing(Comparator.naturalOrder()));
        return sorted.get(0);
    }

    private Mono<TimelineHistory> read(Timeline timeline, ObjectKey key) {
        return store.get(key, (info, body) -> {
                    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(info.size(), LARGEST_BYTES));
                    return body.doOnNext(chunk -> bytes.put(
                                    chunk.slice(chunk.position(), Math.min(chunk.remaining(), bytes.remaining()))))
                            .then(Mono.fromSupplier(bytes::flip));
                })
                .map(bytes -> parse(timeline, key, bytes));
    }

    private TimelineHistory parse(Timeline timeline, ObjectKey key, ByteBuffer object) {
        try {
            ByteBuffer content = ByteBuffer.allocate(LARGEST_BYTES);
            Codec.of(Compression.ofKey(key.value())).decode(object, content);
            byte[] bytes = new byte[content.flip().remaining()];
            content.get(bytes);
            return TimelineHistory.parse(timeline, bytes);
        } catch (CorruptObjectException | WalFormatException damaged) {
            throw new RecoveryException.CorruptArchive(
                    "the timeline history " + key + " in " + store.location() + " cannot be read: "
                            + damaged.getMessage(),
                    damaged);
        }
    }
}
