package io.walarchiver.restore;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * The way of one file from the archive to its destination, when it is asked for.
 *
 * <p><b>Answer.</b> The Mono emits when the file stands at the destination: complete, verified, mode 0600, renamed over
 * whatever was there. Otherwise it fails with a {@link RestoreException} and the destination is untouched. Absence is
 * proven anew by every call; see {@link Lookup} for what that costs.
 *
 * <p><b>Verification.</b> A segment has exactly the segment size and begins with the page header of its own position and
 * cluster; length and digest recorded by us must agree. What arrives damaged is fetched once more, for the damage may
 * have happened on the way; then other spellings of the same file are tried; then it is {@link RestoreException.Corrupt}.
 *
 * <p><b>Partial segments</b> stand in for a complete segment that is absent, never for one that is damaged.
 *
 * <p><b>Failures of the store</b> are retried from the start, waiting longer each time, until the retry window has passed:
 * PostgreSQL would take a failure for the end of the log. A request the store refuses as such is not repeated.
 *
 * <p><b>Flushing.</b> In recovery PostgreSQL asks again for a segment it lost in a crash, so segments are not flushed. It
 * keeps history files, and {@code pg_rewind} keeps everything: those are flushed before and after the rename.
 *
 * <p>Cancelling gives everything back, at the latest when the decompression or the write at hand returns. Cold and safe
 * for many threads; subscribers are called on threads of the file I/O scheduler or of the store.
 */
public final class RestorePipeline {

    private static final Duration FIRST_DELAY = Duration.ofMillis(100);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(10);

    private final RestoreSettings settings;
    private final Scheduler fileIo;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final RestoreObserver observer;
    private final BufferPool pool;
    private final KnownCluster cluster;
    private final Lookup lookup;
    private final Transfer transfer;
    private final AtomicInteger consecutiveMisses = new AtomicInteger();

    /**
     * @param pool    memory to work in; at least two buffers, shared with whoever else needs memory
     * @param compute for decompression and verification
     * @param fileIo  for reading and writing files
     * @param timer   for delays between attempts
     */
    public RestorePipeline(
            RestoreSettings settings,
            ObjectStore store,
            BufferPool pool,
            Scheduler compute,
            Scheduler fileIo,
            Scheduler timer,
            RestoreObserver observer) {
        this(settings, store, pool, compute, fileIo, timer, observer, System::nanoTime);
    }

    /** As the public one, with a clock of its own: nanoseconds since an arbitrary moment. */
    RestorePipeline(
            RestoreSettings settings,
            ObjectStore store,
            BufferPool pool,
            Scheduler compute,
            Scheduler fileIo,
            Scheduler timer,
            RestoreObserver observer,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.fileIo = fileIo;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.observer = observer;
        this.pool = pool;
        this.cluster = new KnownCluster(settings);
        this.lookup = new Lookup(store, settings.layout(), settings.firstGuess());
        this.transfer = new Transfer(store, pool, compute, fileIo, cluster, nanoTime);
    }

    /** Restores for recovery; see {@link #restore(WalFileName, Path, RestoreMode)}. */
    public Mono<RestoredFile> restore(WalFileName name, Path destination) {
        return restore(name, destination, RestoreMode.RECOVERY);
    }

    /**
     * Restores one file. Fails with {@link RestoreException} and nothing else.
     *
     * @param name        what to fetch
     * @param destination the file to create or replace, in an existing directory; an absolute path that holds PGDATA twice
     *                    is repaired, see {@link DestinationPath}
     */
    public Mono<RestoredFile> restore(WalFileName name, Path destination, RestoreMode mode) {
        return Mono.defer(() -> {
            long asked = nanoTime.getAsLong();
            return destination(name, destination, mode)
                    .flatMap(file ->
                            persistently(name, new Order(name, file, BufferPool.Priority.URGENT, () -> {}), asked))
                    .map(file -> file.withTotal(Duration.ofNanos(nanoTime.getAsLong() - asked)))
                    .doOnNext(this::noteRestored)
                    .doOnError(RestoreException.class, failure -> noteFailed(name, failure));
        });
    }

    /** Where a file goes, with PGDATA once. */
    Mono<DestinationFile> destination(WalFileName name, Path destination, RestoreMode mode) {
        boolean flush = mode == RestoreMode.REWIND || !name.isSegmentSized();
        Optional<Path> data = settings.dataDirectory();
        if (data.isEmpty() || !DestinationPath.isDoubled(destination, data.get())) {
            return Mono.just(new DestinationFile(destination, flush));
        }
        Path dataDirectory = data.get();
        return BlockingWork.on(
                fileIo,
                () -> new DestinationFile(
                        DestinationPath.resolve(destination, dataDirectory, Files::isDirectory), flush));
    }

    /**
     * Fetches a file nobody has asked for yet: complete segments only, one attempt, memory only when nobody else needs it.
     * The observer is not told.
     *
     * @param begun called when the wait for memory is over
     */
    Mono<RestoredFile> fetchAhead(WalFileName name, Path destination, Runnable begun) {
        Order order = new Order(name, new DestinationFile(destination, false), BufferPool.Priority.ORDINARY, begun);
        return lookup.find(name, false, stored -> transfer.fetch(stored, order))
                .onErrorMap(
                        StoreException.class,
                        failure -> new RestoreException.StoreFailed(
                                "cannot prefetch " + name + ": " + failure.getMessage(), failure));
    }

    private Mono<RestoredFile> persistently(WalFileName name, Order order, long asked) {
        Mono<RestoredFile> attempt = lookup.find(name, true, stored -> fetchTwice(stored, order));
        return attempt.retryWhen(Retry.from(failures -> failures.concatMap(signal -> again(name, signal, asked))));
    }

    private Mono<RestoredFile> fetchTwice(StoredFile stored, Order order) {
        Mono<RestoredFile> fetch = transfer.fetch(stored, order);
        return fetch.onErrorResume(RestoreException.Corrupt.class, damage -> {
            observer.fetchingAgain(order.name(), damage);
            return fetch.onErrorResume(RestoreException.Corrupt.class, again -> fetchOther(stored, order, again));
        });
    }

    /** Tries the same file under its other suffixes; a mixed archive may hold a sound copy. */
    private Mono<RestoredFile> fetchOther(StoredFile damaged, Order order, RestoreException.Corrupt damage) {
        return lookup.spellings(damaged.file(), false)
                // The damage is what a person must hear of, not that looking for a way around it is not allowed.
                .onErrorMap(StoreException.AccessDenied.class, refused -> damage)
                .onErrorMap(StoreException.Rejected.class, refused -> damage)
                .flatMapIterable(present -> present)
                .filter(other -> !other.equals(damaged))
                .concatMap(other -> transfer.fetch(other, order)
                        .onErrorResume(RestoreException.Corrupt.class, alsoDamaged -> Mono.empty())
                        .onErrorResume(StoreException.NotFound.class, gone -> Mono.empty()))
                .next()
                .switchIfEmpty(Mono.error(damage));
    }

    private Mono<Long> again(WalFileName name, Retry.RetrySignal signal, long asked) {
        if (!(signal.failure() instanceof StoreException failure)) {
            return Mono.error(signal.failure());
        }
        long attempts = signal.totalRetries() + 1;
        long left = settings.retryWindow().get().toNanos() - (nanoTime.getAsLong() - asked);
        if (failure instanceof StoreException.Rejected || left <= 0) {
            return Mono.error(new RestoreException.StoreFailed(
                    "cannot restore " + name + " after " + attempts
                            + (attempts == 1 ? " attempt: " : " attempts, whether it is archived is unknown: ")
                            + failure.getMessage(),
                    failure));
        }
        Duration delay = Duration.ofNanos(Math.min(left, delayNanos(signal.totalRetries())));
        observer.retrying(name, failure, delay);
        return Mono.delay(delay, timer);
    }

    /** Doubles from attempt to attempt; half of it is left to chance, so that many servers do not return at once. */
    private static long delayNanos(long retries) {
        long full = Math.min(LONGEST_DELAY.toNanos(), FIRST_DELAY.toNanos() << Math.min(retries, 10));
        return full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1);
    }

    void noteRestored(RestoredFile file) {
        consecutiveMisses.set(0);
        observer.restored(file);
    }

    private void noteFailed(WalFileName name, RestoreException failure) {
        if (failure instanceof RestoreException.NotArchived) {
            observer.notFound(name, consecutiveMisses.incrementAndGet());
        } else {
            observer.failed(name, failure);
        }
    }

    RestoreSettings settings() {
        return settings;
    }

    KnownCluster cluster() {
        return cluster;
    }

    BufferPool pool() {
        return pool;
    }

    Scheduler fileIo() {
        return fileIo;
    }

    Scheduler timer() {
        return timer;
    }

    LongSupplier nanoTime() {
        return nanoTime;
    }

    RestoreObserver observer() {
        return observer;
    }

    int consecutiveMisses() {
        return consecutiveMisses.get();
    }
}
