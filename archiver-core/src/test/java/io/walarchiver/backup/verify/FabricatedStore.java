package io.walarchiver.backup.verify;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A store that makes its keys up while it is listed, and counts how much of that is under way at once. */
final class FabricatedStore implements ObjectStore {

    private final Stream<String> directories;
    private final Function<String, Stream<String>> namesIn;
    private final AtomicInteger openListings = new AtomicInteger();
    final AtomicInteger mostOpenListings = new AtomicInteger();
    final AtomicLong listed = new AtomicLong();

    /**
     * @param directories keys of the directories, slash included; used once
     * @param namesIn     the keys of the objects of a directory
     */
    FabricatedStore(Stream<String> directories, Function<String, Stream<String>> namesIn) {
        this.directories = directories;
        this.namesIn = namesIn;
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        return Flux.defer(() -> {
            mostOpenListings.accumulateAndGet(openListings.incrementAndGet(), Math::max);
            return Flux.fromStream(namesIn.apply(prefix))
                    .map(key -> new ObjectInfo(
                            new ObjectKey(key), 1000, Instant.ofEpochSecond(listed.incrementAndGet()), Map.of()))
                    .doOnTerminate(openListings::decrementAndGet)
                    .subscribeOn(Schedulers.parallel());
        });
    }

    @Override
    public Flux<ObjectInfo> listLevel(String prefix) {
        return Flux.empty();
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return Flux.fromStream(directories);
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String location() {
        return "thin air";
    }

    @Override
    public void close() {}
}
