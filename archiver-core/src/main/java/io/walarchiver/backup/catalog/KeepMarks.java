package io.walarchiver.backup.catalog;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Keep marks, {@code annotations/keep}, at both spellings of their key. */
final class KeepMarks {

    private static final int MAX_BYTES = 1 << 10;

    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final PutOptions options;
    private final boolean trailingSlash;

    KeepMarks(ObjectStore store, ArchiveLayout layout, PutOptions options, boolean trailingSlash) {
        this.store = store;
        this.layout = layout;
        this.options = new PutOptions(Map.of(), Map.of(), options.encryption());
        this.trailingSlash = trailingSlash;
    }

    /** What the given marks say; where two differ, the one that keeps more. */
    Mono<Optional<KeepTarget>> read(List<ObjectInfo> marks) {
        return Flux.fromIterable(marks)
                .concatMap(mark -> SmallObject.read(store, mark.key(), MAX_BYTES)
                        .map(content -> target(content.orElseGet(() -> new byte[0])))
                        .onErrorResume(StoreException.NotFound.class, released -> Mono.empty()))
                .reduce((one, other) -> one == other ? one : KeepTarget.FULL)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty());
    }

    /**
     * What a mark means. As for barman everything but the exact word {@code standalone} is {@code full}. An empty mark,
     * which barman's policies ignore and its deletion by id honours, is honoured by both here.
     */
    private static KeepTarget target(byte[] content) {
        return Arrays.equals(content, bytes(KeepTarget.STANDALONE)) ? KeepTarget.STANDALONE : KeepTarget.FULL;
    }

    private static byte[] bytes(KeepTarget target) {
        // Exactly the word: a line feed behind it would turn "standalone" into "full".
        return target.word().getBytes(StandardCharsets.UTF_8);
    }

    /** Marks a backup at the usual key, and at the other one where somebody looks for it or a mark there says otherwise. */
    Mono<Void> place(CatalogListing.Directory directory, KeepTarget target) {
        return Flux.fromIterable(keys(directory))
                .concatMap(key -> store.put(key, Content.of(ByteBuffer.wrap(bytes(target))), options))
                .then();
    }

    private List<ObjectKey> keys(CatalogListing.Directory directory) {
        List<ObjectKey> keys = new ArrayList<>();
        keys.add(usual(directory.id()));
        other(directory.id())
                .filter(key -> trailingSlash
                        || directory.keeps().stream()
                                .anyMatch(mark -> mark.key().equals(key)))
                .ifPresent(keys::add);
        return keys;
    }

    /** The marks of one backup. By listing, as not every store can have the other key. */
    Flux<ObjectInfo> find(BackupId id) {
        return Flux.concat(Mono.just(usual(id)), Mono.justOrEmpty(other(id)))
                .concatMap(
                        key -> store.list(key.value())
                                .filter(object -> object.key().equals(key)),
                        0);
    }

    private ObjectKey usual(BackupId id) {
        return layout.backupKey(id.value(), CatalogListing.KEEP);
    }

    private Optional<ObjectKey> other(BackupId id) {
        return layout.otherAnnotationPrefix().map(prefix -> new ObjectKey(prefix + id + "/" + CatalogListing.KEEP));
    }
}
