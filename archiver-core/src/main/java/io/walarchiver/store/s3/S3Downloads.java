package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import reactor.core.publisher.Mono;
import reactor.pool.InstrumentedPool;
import reactor.pool.PoolBuilder;
import reactor.pool.PooledRef;

/**
 * Keeps the number of open downloads small, because each of them holds ranges of its object on the Java heap. Further
 * ones wait their turn, in the order of asking.
 */
final class S3Downloads {

    private record Turn() {}

    private final InstrumentedPool<Turn> turns = PoolBuilder.from(Mono.fromSupplier(Turn::new))
            .sizeBetween(0, S3Clients.OPEN_DOWNLOADS)
            .buildPool();

    <T> Mono<T> read(ObjectKey key, Mono<S3Download> download, ObjectReader<T> reader) {
        return Mono.usingWhen(turns.acquire(), turn -> S3Download.read(key, download, reader), PooledRef::release);
    }
}
