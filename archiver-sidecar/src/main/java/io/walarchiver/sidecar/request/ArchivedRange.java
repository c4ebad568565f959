package io.walarchiver.sidecar.request;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The first and the last segment an archive holds, by name. Lists the directories and the contents of the last one; not
 * for every second.
 */
public final class ArchivedRange {

    private final ObjectStore store;
    private final ArchiveLayout layout;

    public ArchivedRange(ObjectStore store, ArchiveLayout layout) {
        this.store = store;
        this.layout = layout;
    }

    /** Where the archive is, for people. */
    public String location() {
        return store.location() + " " + layout.serverPrefix();
    }

    /** Looks into the archive. An empty archive has neither first nor last. */
    public Mono<Range> read() {
        Mono<Optional<WalSegmentName>> first = segments(store.list(layout.walPrefix()))
                .next()
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty());
        // Directories come in byte order, so the last ones are of the newest timeline; an empty or odd one is skipped.
        Mono<Optional<WalSegmentName>> last = store.listPrefixes(layout.walPrefix())
                .takeLast(2)
                .concatMap(directory -> segments(store.list(directory)))
                .takeLast(1)
                .next()
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty());
        return Mono.zip(first, last, Range::new);
    }

    private Flux<WalSegmentName> segments(Flux<ObjectInfo> objects) {
        return objects.mapNotNull(object -> layout.walFileOf(object.key())
                .filter(WalFileName.Segment.class::isInstance)
                .map(name -> ((WalFileName.Segment) name).segment())
                .orElse(null));
    }

    /**
     * What was found.
     *
     * @param first the first segment by name
     * @param last  the last segment by name
     */
    public record Range(Optional<WalSegmentName> first, Optional<WalSegmentName> last) {}
}
