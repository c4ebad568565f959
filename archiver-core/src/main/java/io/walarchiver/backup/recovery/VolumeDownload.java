package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.transfer.Passage;
import io.walarchiver.backup.transfer.RangeBuffer;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Downloads one object in ranges, several at a time, and hands them on in order.
 *
 * <p>Each range goes into a buffer of its own in one go and lets the connection free again: extraction may pause for longer
 * than a store keeps an answer open, and a range can be repeated where a stream could not. A range that fails for a reason
 * that may pass is repeated, waiting longer each time, until the retry window of the settings has passed.
 *
 * <p>The object must stay what it was when the catalog was read: the same length, and one date for all ranges.
 */
final class VolumeDownload {

    private static final Duration FIRST_DELAY = Duration.ofMillis(100);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(10);

    private final BackupFile file;
    private final ObjectStore store;
    private final BufferPool pool;
    private final BackupRestoreSettings settings;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final ProgressMeter progress;
    private final long rangeBytes;
    private final AtomicReference<@Nullable Instant> modified = new AtomicReference<>();

    VolumeDownload(
            BackupFile file,
            ObjectStore store,
            BufferPool pool,
            BackupRestoreSettings settings,
            Scheduler timer,
            LongSupplier nanoTime,
            ProgressMeter progress) {
        this.file = file;
        this.store = store;
        this.pool = pool;
        this.settings = settings;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.progress = progress;
        this.rangeBytes = Math.min(settings.rangeBytes(), pool.bufferBytes());
    }

    /** A part of the object. */
    private record Range(long offset, long length, boolean last) {}

    /** Hands the whole object over. Fails with {@link RecoveryException}. */
    Mono<Void> into(Passage passage) {
        return Flux.<Range, Long>generate(() -> 0L, (offset, sink) -> {
                    if (offset == file.size()) {
                        sink.complete();
                        return offset;
                    }
                    long length = Math.min(rangeBytes, file.size() - offset);
                    sink.next(new Range(offset, length, offset + length == file.size()));
                    return offset + length;
                })
                .flatMapSequential(range -> fetch(range, passage), settings.rangesInFlight(), 1)
                .concatMap(passage::handOver, 0)
                .then(Mono.fromRunnable(passage::complete));
    }

    private Mono<RangeBuffer> fetch(Range range, Passage passage) {
        return passage.lease(pool).flatMap(buffer -> persistently(range, buffer).thenReturn(buffer));
    }

    private Mono<Long> persistently(Range range, RangeBuffer buffer) {
        return Mono.defer(() -> {
            long begun = nanoTime.getAsLong();
            return Mono.defer(() -> attempt(range, buffer))
                    .retryWhen(Retry.from(failures -> failures.concatMap(signal -> again(signal, begun))))
                    .onErrorResume(StoreException.class, failure -> explain(range, failure))
                    .doOnNext(progress::downloaded);
        });
    }

    /** Downloads the range once. What is wrong with the object leaves the reader as a value, not as a failed transfer. */
    private Mono<Long> attempt(Range range, RangeBuffer buffer) {
        int attempt = buffer.begin();
        // One byte more than there is shows whether the object has grown.
        long asked = range.last() ? range.length() + 1 : range.length();
        return store.get(file.key(), range.offset(), asked, (info, body) -> {
                    Optional<String> change = change(range, info);
                    return change.isPresent()
                            ? Mono.just(change)
                            : receive(body, buffer, attempt).thenReturn(change);
                })
                .map(change -> {
                    change.ifPresent(text -> {
                        throw changed(text);
                    });
                    long received = buffer.received();
                    if (received != range.length()) {
                        throw new StoreException.Unavailable(
                                "the download of " + file.key() + " ended after " + received + " of " + range.length()
                                        + " bytes from " + range.offset(),
                                StoreException.Detail.NONE,
                                null);
                    }
                    buffer.flip();
                    return received;
                });
    }

    private static Mono<Void> receive(Flux<ByteBuffer> body, RangeBuffer buffer, int attempt) {
        return body.doOnNext(chunk -> buffer.append(attempt, chunk)).then();
    }

    private Optional<String> change(Range range, ObjectInfo info) {
        if (info.size() != range.length()) {
            return Optional.of("its length is no longer " + file.size() + " bytes");
        }
        Instant first = modified.compareAndExchange(null, info.lastModified());
        return first == null || first.equals(info.lastModified())
                ? Optional.empty()
                : Optional.of("it was written again at " + info.lastModified());
    }

    private RecoveryException changed(String how) {
        return new RecoveryException.CorruptArchive(
                file.key() + " changed while it was restored: " + how + "; start over with a backup that is whole",
                null);
    }

    private Mono<Long> again(Retry.RetrySignal signal, long begun) {
        if (!(signal.failure() instanceof StoreException.Unavailable failure)) {
            return Mono.error(signal.failure());
        }
        long left = settings.retryWindow().toNanos() - (nanoTime.getAsLong() - begun);
        if (left <= 0) {
            return Mono.error(failure);
        }
        Duration delay = Duration.ofNanos(Math.min(left, delayNanos(signal.totalRetries())));
        progress.observer().retrying(file.key(), failure, delay);
        return Mono.delay(delay, timer);
    }

    /** Doubles from attempt to attempt; half of it is left to chance, so that parallel ranges do not return at once. */
    private static long delayNanos(long retries) {
        long full = Math.min(LONGEST_DELAY.toNanos(), FIRST_DELAY.toNanos() << Math.min(retries, 10));
        return full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1);
    }

    /** A range behind the end is refused like a bad request, so the object is looked at before the store is blamed. */
    private Mono<Long> explain(Range range, StoreException failure) {
        RecoveryException failed = new RecoveryException.StoreFailed(
                "cannot download " + file.key() + " from byte " + range.offset() + " on: " + failure.getMessage()
                        + "; run the restore again to continue",
                failure);
        if (failure instanceof StoreException.NotFound) {
            return Mono.error(new RecoveryException.BackupIncomplete(
                    file.key() + " was deleted while it was restored; the backup is of no use any more"));
        }
        if (!(failure instanceof StoreException.Rejected)) {
            return Mono.error(failed);
        }
        return store.head(file.key())
                .onErrorMap(unknown -> failed)
                .flatMap(info -> Mono.error(
                        info.size() == file.size() ? failed : changed("it has " + info.size() + " bytes now")));
    }
}
