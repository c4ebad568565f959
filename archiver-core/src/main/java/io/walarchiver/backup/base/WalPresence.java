package io.walarchiver.backup.base;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import reactor.core.publisher.Mono;

/** Whether WAL is in the archive. */
@FunctionalInterface
public interface WalPresence {

    /** True when the whole segment is archived, in whatever compression. Fails with the store's failure. */
    Mono<Boolean> isArchived(WalSegmentName segment);

    /** Looks into a store: one listing for each question. */
    static WalPresence in(ObjectStore store, ArchiveLayout layout) {
        return segment -> {
            WalFileName file = new WalFileName.Segment(segment);
            return store.list(layout.walKeyStem(file))
                    .any(object ->
                            layout.walFileOf(object.key()).filter(file::equals).isPresent());
        };
    }
}
