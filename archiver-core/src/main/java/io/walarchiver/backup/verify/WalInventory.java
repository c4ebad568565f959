package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * What WAL an archive holds, by the names of its objects alone: ranges of segments per timeline, gaps, sizes, and what
 * does not belong there.
 *
 * <p>Memory is bounded whatever the archive holds: ranges are kept, not names, and of those the newest
 * {@link #MAX_RANGES}.
 *
 * @param segmentSize            the size that names were read with
 * @param timelines              ascending
 * @param objects                how many objects are below {@code wals/}
 * @param bytes                  their size in the store
 * @param duplicates             WAL files under more than one suffix; the keys met last
 * @param partialsBesideComplete segments that are there complete and partial. Some releases of barman-cloud restore the
 *                               partial one
 * @param foreign                objects no WAL file has the key of
 * @param impossible             segments whose names cannot exist with {@code segmentSize}; they are in no range
 * @param likelySegmentSize      another size that fits the names better. The inventory is of no use then
 */
public record WalInventory(
        SegmentSize segmentSize,
        List<TimelineInventory> timelines,
        long objects,
        long bytes,
        Examples duplicates,
        Examples partialsBesideComplete,
        Examples foreign,
        Examples impossible,
        Optional<SegmentSize> likelySegmentSize) {

    /** How many ranges of segments are kept, all timelines together. A sound archive has one for each timeline. */
    public static final int MAX_RANGES = 100_000;

    /** How many timelines an inventory can have. */
    public static final int MAX_TIMELINES = 10_000;

    /** Enough to hide the latency of the store, few enough to leave its request rate to others. */
    private static final int DIRECTORIES_AT_ONCE = 8;

    public WalInventory {
        timelines = List.copyOf(timelines);
    }

    /**
     * Lists {@code wals/}, a few directories at a time. Fails with {@link io.walarchiver.store.StoreException} when
     * any of it cannot be listed: half an inventory would show gaps that are none.
     *
     * @param segmentSize of the cluster; a wrong one is noticed, see {@link #likelySegmentSize}
     */
    public static Mono<WalInventory> read(ObjectStore store, ArchiveLayout layout, SegmentSize segmentSize) {
        return read(store, layout, segmentSize, MAX_RANGES);
    }

    static Mono<WalInventory> read(ObjectStore store, ArchiveLayout layout, SegmentSize segmentSize, int maxRanges) {
        return Mono.defer(() -> {
            InventoryBuilder builder = new InventoryBuilder(layout, segmentSize, maxRanges);
            return store.listLevel(layout.walPrefix())
                    .doOnNext(builder::addTopLevel)
                    // In order, although several are read at once: ranges are joined where directories meet.
                    .thenMany(store.listPrefixes(layout.walPrefix())
                            .flatMapSequential(
                                    directory -> WalDirectory.read(store, layout, directory), DIRECTORIES_AT_ONCE, 1))
                    .doOnNext(builder::add)
                    .then(Mono.fromSupplier(builder::build));
        });
    }

    /** What there is of one timeline; empty when there is nothing. */
    public Optional<TimelineInventory> of(Timeline timeline) {
        return timelines.stream()
                .filter(candidate -> candidate.timeline().equals(timeline))
                .findFirst();
    }

    /** The last complete segment of the newest timeline that has one. */
    public Optional<StoredSegment> newest() {
        return timelines.stream()
                .flatMap(timeline -> timeline.newest().stream())
                .reduce((older, newer) -> newer);
    }
}
