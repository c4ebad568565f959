package io.walarchiver.backup.retention;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A store that dies at a certain delete request, and never answers again; or that refuses to delete some keys. Each key is
 * a step of its own: a batch can end anywhere.
 */
final class UnreliableStore implements ObjectStore {

    private final ObjectStore delegate;
    private long keysUntilDeath = Long.MAX_VALUE;
    private Predicate<ObjectKey> locked = key -> false;
    private Consumer<Collection<ObjectKey>> beforeDelete = keys -> {};
    private final List<List<ObjectKey>> deletes = new ArrayList<>();

    UnreliableStore(ObjectStore delegate) {
        this.delegate = delegate;
    }

    /** Dies when so many keys have been deleted, in the middle of a request or between two. */
    UnreliableStore dyingAfter(long keys) {
        keysUntilDeath = keys;
        return this;
    }

    /** Refuses these. */
    UnreliableStore locking(Predicate<ObjectKey> keys) {
        locked = keys;
        return this;
    }

    /** Something that happens before each delete request. */
    UnreliableStore beforeDelete(Consumer<Collection<ObjectKey>> event) {
        beforeDelete = event;
        return this;
    }

    /** The delete requests so far. */
    List<List<ObjectKey>> deletes() {
        return deletes;
    }

    boolean isDead() {
        return keysUntilDeath <= 0;
    }

    private <T> Mono<T> alive(Mono<T> call) {
        return Mono.defer(() -> isDead() ? Mono.error(dead()) : call);
    }

    private <T> Flux<T> alive(Flux<T> call) {
        return Flux.defer(() -> isDead() ? Flux.error(dead()) : call);
    }

    private static StoreException dead() {
        return new StoreException.Unavailable("scripted: dead", StoreException.Detail.NONE, null);
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        return alive(Flux.defer(() -> {
            deletes.add(List.copyOf(keys));
            beforeDelete.accept(keys);
            List<DeleteFailure> refused = new ArrayList<>();
            for (ObjectKey key : keys) {
                if (locked.test(key)) {
                    refused.add(new DeleteFailure(
                            key, new StoreException.AccessDenied("locked", StoreException.Detail.NONE, null)));
                } else {
                    delegate.delete(key).block();
                    keysUntilDeath--;
                    if (isDead()) {
                        return Flux.error(dead());
                    }
                }
            }
            return Flux.fromIterable(refused);
        }));
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return Mono.error(new AssertionError("retention deletes in batches"));
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return Mono.error(new AssertionError("retention writes nothing"));
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return Mono.error(new AssertionError("retention writes nothing"));
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return Mono.error(new AssertionError("retention writes nothing"));
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return alive(delegate.head(key));
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return alive(delegate.get(key, reader));
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        return alive(delegate.get(key, offset, length, reader));
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        return alive(delegate.list(prefix));
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return alive(delegate.listPrefixes(prefix));
    }

    @Override
    public String location() {
        return "an unreliable place";
    }

    @Override
    public void close() {
        delegate.close();
    }
}
