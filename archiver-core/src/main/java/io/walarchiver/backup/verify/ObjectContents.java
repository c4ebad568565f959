package io.walarchiver.backup.verify;

import io.walarchiver.backup.transfer.Passage;
import io.walarchiver.backup.transfer.RangeBuffer;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.store.Bandwidth;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Reads objects of any size from their first to their last byte through one buffer each. An object that fits comes in one
 * piece, a larger one in ranges, one after the other: a range is repeated when the store fails, and no connection stays open
 * while the bytes of the last one are worked on. The buffer is taken when it is a range's turn to travel and given back
 * when its bytes are used up, so that nobody holds memory while waiting for bandwidth.
 */
final class ObjectContents {

    private static final int RANGE_BYTES = 8 << 20;
    private static final int RETRIES = 4;
    private static final Duration FIRST_DELAY = Duration.ofMillis(200);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(10);

    private final ObjectStore store;
    private final BufferPool pool;
    private final Bandwidth bandwidth;
    private final Scheduler readers;
    private final Scheduler timer;

    ObjectContents(ObjectStore store, BufferPool pool, Bandwidth bandwidth, Scheduler readers, Scheduler timer) {
        this.store = store;
        this.pool = pool;
        this.bandwidth = bandwidth;
        this.readers = readers;
        this.timer = timer;
    }

    /** What is made of an object's bytes. Blocks on the stream. */
    interface Work<T> {
        /**
         * Reads the content as far as it wants.
         *
         * @param info what the store told with the first byte; its size is that of the first range
         */
        T apply(ObjectInfo info, InputStream content) throws Exception;
    }

    private record Range(long offset, long length) {}

    /**
     * Does {@code work} on an object. Fails with what the work throws or with {@link StoreException}, and emits on a thread
     * of the readers.
     *
     * @param size as listed
     */
    <T> Mono<T> read(ObjectKey key, long size, Work<T> work) {
        return Mono.usingWhen(
                        Mono.fromSupplier(Passage::new),
                        passage -> {
                            Sinks.One<ObjectInfo> first = Sinks.one();
                            Mono<T> download =
                                    download(key, size, passage, first).then(Mono.fromRunnable(passage::complete));
                            Mono<T> result = first.asMono()
                                    .flatMap(info -> BlockingWork.on(readers, () -> apply(work, info, passage)));
                            return Flux.merge(download, result).next();
                        },
                        Passage::close)
                // Only a thread that is interrupted meets it before anybody else has told why.
                .onErrorMap(Passage.Over.class, over -> unavailable("reading " + key + " was interrupted"));
    }

    private static <T> T apply(Work<T> work, ObjectInfo info, Passage passage) throws Exception {
        passage.enter();
        try {
            return work.apply(info, passage.stream());
        } finally {
            passage.leave();
        }
    }

    private Mono<Void> download(ObjectKey key, long size, Passage passage, Sinks.One<ObjectInfo> first) {
        AtomicReference<@Nullable Instant> written = new AtomicReference<>();
        return ranges(size)
                .concatMap(
                        range -> bandwidth
                                .acquire(range.length())
                                .then(passage.lease(pool))
                                .flatMap(buffer -> fetch(key, size, range, buffer, written)
                                        .flatMap(info -> {
                                            Sinks.EmitResult unused = first.tryEmitValue(info);
                                            return passage.handOver(buffer).then(buffer.gone());
                                        })),
                        0)
                .then();
    }

    private Flux<Range> ranges(long size) {
        if (size <= pool.bufferBytes()) {
            return Flux.just(new Range(0, size));
        }
        int length = Math.min(RANGE_BYTES, pool.bufferBytes());
        return Flux.generate(() -> 0L, (offset, sink) -> {
            if (offset >= size) {
                sink.complete();
                return offset;
            }
            Range range = new Range(offset, Math.min(length, size - offset));
            sink.next(range);
            return offset + range.length();
        });
    }

    private Mono<ObjectInfo> fetch(
            ObjectKey key, long size, Range range, RangeBuffer buffer, AtomicReference<@Nullable Instant> written) {
        return Mono.defer(() -> attempt(key, size, range, buffer, written))
                .retryWhen(Retry.backoff(RETRIES, FIRST_DELAY)
                        .maxBackoff(LONGEST_DELAY)
                        .scheduler(timer)
                        .filter(StoreException.Unavailable.class::isInstance)
                        .onRetryExhaustedThrow((spec, signal) -> signal.failure()));
    }

    private Mono<ObjectInfo> attempt(
            ObjectKey key, long size, Range range, RangeBuffer buffer, AtomicReference<@Nullable Instant> written) {
        int attempt = buffer.begin();
        ObjectReader<ObjectInfo> receive = (info, body) ->
                body.doOnNext(chunk -> buffer.append(attempt, chunk)).then(Mono.just(info));
        Mono<ObjectInfo> received = range.length() == size
                ? store.get(key, receive)
                : store.get(key, range.offset(), range.length(), receive);
        return received.map(info -> {
            Instant before = written.compareAndExchange(null, info.lastModified());
            if (before != null && !before.equals(info.lastModified()) || info.size() != range.length()) {
                throw unavailable(key + " was written again while it was read");
            }
            if (buffer.received() != range.length()) {
                throw unavailable("the download of " + key + " ended after " + buffer.received() + " of "
                        + range.length() + " bytes from " + range.offset());
            }
            buffer.flip();
            return info;
        });
    }

    private static StoreException unavailable(String what) {
        return new StoreException.Unavailable(what, StoreException.Detail.NONE, null);
    }
}
