package io.walarchiver.sidecar.assembly;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import java.util.Collection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A store that is never asked to delete more than so many objects at a time. */
final class BoundedDeletes implements ObjectStore {

    private final ObjectStore store;
    private final int limit;

    BoundedDeletes(ObjectStore store, int limit) {
        this.store = store;
        this.limit = limit;
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        return Flux.fromIterable(keys).buffer(limit).concatMap(store::delete, 1);
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return store.delete(key);
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return store.putIfAbsent(key, content, options);
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return store.put(key, content, options);
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return store.startMultipart(key, options);
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return store.head(key);
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return store.get(key, reader);
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        return store.get(key, offset, length, reader);
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        return store.list(prefix);
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return store.listPrefixes(prefix);
    }

    @Override
    public Flux<ObjectInfo> listLevel(String prefix) {
        return store.listLevel(prefix);
    }

    @Override
    public String location() {
        return store.location();
    }

    @Override
    public void close() {
        store.close();
    }
}
