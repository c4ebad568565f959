package io.walarchiver.restore;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds the object that holds a file with as few requests as possible.
 *
 * <p>Seven suffixes, and seven more for the partial segment that may stand in, would be fourteen GETs for each absent
 * file, and standbys ask for absent files all the time. Instead:
 *
 * <ul>
 *   <li>An archive has one compression setting, so a GET of the suffix that worked last nearly always hits: one request
 *       for each file.
 *   <li>When it misses, one LIST with the file's key without suffix decides everything else. All spellings, the partial
 *       ones included, start with it, and hardly anything else does. An empty answer is the store's positive word that
 *       the file is under none of them.
 *   <li>A file that was absent when last asked for, and a timeline history file, is probably absent again: the LIST comes
 *       first, and the miss costs one request.
 * </ul>
 *
 * <p>What is remembered only orders the requests. It never is the answer.
 */
final class Lookup {

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private volatile Compression lastFound;
    private volatile @Nullable WalFileName lastAbsent;

    Lookup(ObjectStore store, ArchiveLayout layout, Compression firstGuess) {
        this.store = store;
        this.layout = layout;
        this.lastFound = firstGuess;
    }

    /**
     * Hands the objects that may hold {@code name} to {@code download} until one is there.
     *
     * @param partialToo whether a partial segment may stand in for a complete one that is absent
     * @param download   fails with {@link StoreException.NotFound} when the object is not there
     * @return what {@code download} made of it; {@link RestoreException.NotArchived} when no spelling is there
     */
    <T> Mono<T> find(WalFileName name, boolean partialToo, Function<StoredFile, Mono<T>> download) {
        return Mono.defer(() -> {
            if (name instanceof WalFileName.TimelineHistoryFile || name.equals(lastAbsent)) {
                return findByListing(name, partialToo, download);
            }
            return found(StoredFile.of(layout, name, lastFound), download)
                    .onErrorResume(StoreException.NotFound.class, e -> findByListing(name, partialToo, download));
        });
    }

    private <T> Mono<T> findByListing(WalFileName name, boolean partialToo, Function<StoredFile, Mono<T>> download) {
        return spellings(name, partialToo).flatMap(present -> {
            if (present.isEmpty()) {
                lastAbsent = name;
                return Mono.error(new RestoreException.NotArchived(
                        name + " is not in the archive " + layout.walPrefix() + " of " + store.location()));
            }
            lastAbsent = null;
            return Flux.fromIterable(present)
                    .concatMap(stored ->
                            found(stored, download).onErrorResume(StoreException.NotFound.class, gone -> Mono.empty()))
                    .next()
                    .switchIfEmpty(Mono.error(() -> contradiction(present)));
        });
    }

    private <T> Mono<T> found(StoredFile stored, Function<StoredFile, Mono<T>> download) {
        return download.apply(stored).map(result -> {
            lastFound = stored.compression();
            return result;
        });
    }

    /** Two answers that exclude each other prove nothing, least of all absence. */
    private StoreException contradiction(List<StoredFile> listed) {
        String keys = listed.stream().map(s -> s.key().value()).collect(Collectors.joining(", "));
        return new StoreException.Unavailable(
                "the store lists " + keys + " but does not find it: it was deleted just now, or the listing is stale",
                StoreException.Detail.NONE,
                null);
    }

    /**
     * The objects the store lists for {@code name}, the best first: as barman would choose, but never a partial segment
     * when a complete one is there.
     */
    Mono<List<StoredFile>> spellings(WalFileName name, boolean partialToo) {
        return store.list(layout.walKeyStem(name))
                .map(object -> object.key())
                .filter(key -> isSpelling(key, name))
                .collect(Collectors.toSet())
                .map(keys -> {
                    List<StoredFile> complete = among(keys, name);
                    return complete.isEmpty() && partialToo && name instanceof WalFileName.Segment s
                            ? among(keys, new WalFileName.PartialSegment(s.segment()))
                            : complete;
                });
    }

    private boolean isSpelling(ObjectKey key, WalFileName name) {
        return layout.walFileOf(key)
                .filter(file -> file.equals(name)
                        || file instanceof WalFileName.PartialSegment p
                                && name instanceof WalFileName.Segment s
                                && p.segment().equals(s.segment()))
                .isPresent();
    }

    private List<StoredFile> among(Set<ObjectKey> present, WalFileName file) {
        List<StoredFile> found = new ArrayList<>();
        for (Compression compression : Compression.values()) {
            StoredFile stored = StoredFile.of(layout, file, compression);
            if (present.contains(stored.key())) {
                found.add(stored);
            }
        }
        // barman remembers the plain object and takes it only when no compressed one follows.
        found.sort(Comparator.comparing(stored -> stored.compression() == Compression.NONE));
        return found;
    }
}
