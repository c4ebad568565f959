package io.walarchiver.backup.retention;

import io.walarchiver.store.Content;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Backups in memory, and WAL that exists only while it is listed: so many logs of 256 segments on timeline 1. */
final class MillionSegments implements ObjectStore {

    static final int SEGMENTS = 256;

    private final InMemoryObjectStore base;
    private final String walPrefix;
    private final int logs;

    final AtomicLong listedPrefixes = new AtomicLong();
    final AtomicLong listedDirectories = new AtomicLong();
    final AtomicLong listedKeys = new AtomicLong();
    final AtomicLong deletedKeys = new AtomicLong();
    final AtomicLong deleteRequests = new AtomicLong();
    final AtomicLong mostHeld = new AtomicLong();
    final AtomicLong largestBatch = new AtomicLong();

    MillionSegments(InMemoryObjectStore base, String walPrefix, int logs) {
        this.base = base;
        this.walPrefix = walPrefix;
        this.logs = logs;
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        if (!prefix.equals(walPrefix)) {
            return base.listPrefixes(prefix);
        }
        return Flux.generate(() -> 0, (log, sink) -> {
            if (log == logs) {
                sink.complete();
            } else {
                listedPrefixes.incrementAndGet();
                sink.next(walPrefix + "00000001%08X/".formatted(log));
            }
            return log + 1;
        });
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        if (!prefix.startsWith(walPrefix + "00000001") || !prefix.endsWith("/")) {
            return base.list(prefix);
        }
        return Flux.defer(() -> {
            listedDirectories.incrementAndGet();
            String directory = prefix.substring(walPrefix.length(), prefix.length() - 1);
            return Flux.generate(() -> 0, (segment, sink) -> {
                if (segment == SEGMENTS) {
                    sink.complete();
                } else {
                    long held = listedKeys.incrementAndGet() - deletedKeys.get();
                    mostHeld.accumulateAndGet(held, Math::max);
                    ObjectKey key = new ObjectKey(prefix + directory + "%08X.zst".formatted(segment));
                    sink.next(new ObjectInfo(key, 1000, Instant.EPOCH, Map.of()));
                }
                return segment + 1;
            });
        });
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        if (keys.stream().noneMatch(key -> key.value().startsWith(walPrefix))) {
            return base.delete(keys);
        }
        return Flux.defer(() -> {
            deleteRequests.incrementAndGet();
            deletedKeys.addAndGet(keys.size());
            largestBatch.accumulateAndGet(keys.size(), Math::max);
            return Flux.empty();
        });
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return base.putIfAbsent(key, content, options);
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return base.put(key, content, options);
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return base.startMultipart(key, options);
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return base.head(key);
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return base.get(key, reader);
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        return base.get(key, offset, length, reader);
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return base.delete(key);
    }

    @Override
    public String location() {
        return "imagination";
    }

    @Override
    public void close() {}
}
