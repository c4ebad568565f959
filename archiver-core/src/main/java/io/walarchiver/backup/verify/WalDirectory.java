package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.time.Instant;
import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What one directory below {@code wals/} holds. A directory has at most 4096 segments, so two small bit sets hold their
 * names whatever the store's order is and however many spellings each has.
 */
final class WalDirectory {

    private final ArchiveLayout layout;
    private final BitSet complete = new BitSet();
    private final BitSet partial = new BitSet();
    private long objects;
    private long bytes;
    private long foreignBytes;
    private long backupHistoryFiles;
    private Examples duplicates = Examples.NONE;
    private Examples foreign = Examples.NONE;
    private @Nullable WalSegmentName any;
    private @Nullable StoredSegment newest;

    private WalDirectory(ArchiveLayout layout) {
        this.layout = layout;
    }

    /** Lists a directory to its end. */
    static Mono<WalDirectory> read(ObjectStore store, ArchiveLayout layout, String prefix) {
        return store.list(prefix).reduceWith(() -> new WalDirectory(layout), WalDirectory::plus);
    }

    private WalDirectory plus(ObjectInfo info) {
        // At this depth the name alone does not make a WAL file: in another directory nobody would find it.
        Optional<WalFileName> file = layout.walFileOf(info.key()).filter(name -> isAtItsPlace(name, info.key()));
        if (file.isEmpty()) {
            foreign = foreign.plus(info.key().value());
            foreignBytes += info.size();
            return this;
        }
        objects++;
        bytes += info.size();
        if (file.get() instanceof WalFileName.Segment s) {
            addSegment(s.segment(), info);
        } else if (file.get() instanceof WalFileName.PartialSegment p) {
            any = p.segment();
            mark(partial, p.segment(), info.key());
        } else if (file.get() instanceof WalFileName.BackupHistoryFile b) {
            any = b.segment();
            backupHistoryFiles++;
        }
        return this;
    }

    private boolean isAtItsPlace(WalFileName name, ObjectKey key) {
        return layout.walKey(name, Compression.ofKey(key.value())).equals(key);
    }

    private void addSegment(WalSegmentName name, ObjectInfo info) {
        any = name;
        mark(complete, name, info.key());
        Instant modified = info.lastModified();
        if (newest == null
                || newest.name().compareTo(name) < 0
                || newest.name().equals(name) && newest.lastModified().isBefore(modified)) {
            newest = new StoredSegment(name, info.key(), modified);
        }
    }

    private void mark(BitSet seen, WalSegmentName name, ObjectKey key) {
        if (seen.get(name.segment())) {
            duplicates = duplicates.plus(key.value());
        }
        seen.set(name.segment());
    }

    /** The segment of any file; its timeline and log are those of all. Empty when there is no WAL file. */
    Optional<WalSegmentName> anySegment() {
        return Optional.ofNullable(any);
    }

    /** The last parts of the names of complete segments. */
    BitSet complete() {
        return complete;
    }

    /** The last parts of the names of partial segments. */
    BitSet partial() {
        return partial;
    }

    /** How many WAL files there are, every spelling counted. */
    long objects() {
        return objects;
    }

    /** The size of the WAL files in the store. */
    long bytes() {
        return bytes;
    }

    long foreignBytes() {
        return foreignBytes;
    }

    long backupHistoryFiles() {
        return backupHistoryFiles;
    }

    Examples duplicates() {
        return duplicates;
    }

    Examples foreign() {
        return foreign;
    }

    Optional<StoredSegment> newest() {
        return Optional.ofNullable(newest);
    }
}
