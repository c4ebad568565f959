package io.walarchiver.backup.retention;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The objects below {@code wals/}, directory by directory. An archive may have millions: never more than a page of a
 * listing is held, and a directory of which everything stays is not looked into.
 */
final class WalTree {

    private static final int DIRECTORY_NAME = 16;

    private final ObjectStore store;
    private final ArchiveLayout layout;

    WalTree(ObjectStore store, ArchiveLayout layout) {
        this.store = store;
        this.layout = layout;
    }

    /**
     * A directory of one log.
     *
     * @param prefix of its keys
     */
    record Directory(Timeline timeline, int log, String prefix) {}

    /** A WAL file and one object that holds it. There may be others, in other compressions. */
    record StoredWal(WalFileName file, ObjectInfo object, WalVerdict verdict) {}

    /** All directories with the name of a log, in order. */
    Flux<Directory> directories() {
        return store.listPrefixes(layout.walPrefix()).concatMap(prefix -> Mono.justOrEmpty(directory(prefix)), 1);
    }

    private Optional<Directory> directory(String prefix) {
        String name = prefix.substring(layout.walPrefix().length(), prefix.length() - 1);
        if (name.length() != DIRECTORY_NAME) {
            return Optional.empty();
        }
        try {
            WalSegmentName first = WalSegmentName.parse(name + "00000000");
            return Optional.of(new Directory(first.timeline(), first.log(), prefix));
        } catch (IllegalArgumentException foreign) {
            return Optional.empty();
        }
    }

    /** What goes by a rule, in the order of the keys. */
    Flux<StoredWal> deletions(WalRule rule) {
        return judged(rule).filter(stored -> stored.verdict().isDeletion());
    }

    /**
     * All files of the directories of which something may go, in the order of the keys. Objects that are no WAL files, or are
     * at another place than theirs, are passed over: nobody would find WAL there, and nobody knows what else they are.
     */
    Flux<StoredWal> judged(WalRule rule) {
        return directories()
                .filter(directory -> !rule.keepsAllOf(directory.timeline(), directory.log()))
                .concatMap(directory -> store.list(directory.prefix()), 1)
                .mapNotNull(object -> judged(object, rule).orElse(null));
    }

    private Optional<StoredWal> judged(ObjectInfo object, WalRule rule) {
        return layout.walFileOf(object.key())
                .filter(file -> isAtItsPlace(file, object.key()))
                .map(file -> new StoredWal(file, object, rule.judge(file)));
    }

    private boolean isAtItsPlace(WalFileName file, ObjectKey key) {
        return layout.walKey(file, Compression.ofKey(key.value())).equals(key);
    }
}
