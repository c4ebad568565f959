package io.walarchiver.archive;

import io.walarchiver.archive.ArchivedFile.Outcome;
import io.walarchiver.archive.ArchivedFile.Stages;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.BufferPool.Priority;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Takes one WAL file to the archive: one read, one pass for checks and digest, one compression call, one conditional
 * PUT, and a verdict when the key is taken. Complete only when the store has confirmed.
 *
 * <p>Buffers: source and target are acquired together; the source is freed as soon as it is compressed, the target when
 * the store has answered. On cancellation, and when the store abandoned a transfer, both are discarded instead of
 * reused, because a compressor or a transport may still be working on them.
 */
final class FileUpload {

    private final ArchiveSettings settings;
    private final DataDirectory source;
    private final ObjectStore store;
    private final Codec codec;
    private final BufferPool pool;
    private final Scheduler fileIo;
    private final Scheduler compute;
    private final EncoderPool encoders;
    private final StoredObject stored;

    FileUpload(
            ArchiveSettings settings,
            DataDirectory source,
            ObjectStore store,
            Codec codec,
            BufferPool pool,
            Scheduler fileIo,
            Scheduler compute) {
        this.settings = settings;
        this.source = source;
        this.store = store;
        this.codec = codec;
        this.pool = pool;
        this.fileIo = fileIo;
        this.compute = compute;
        this.encoders = new EncoderPool(codec, settings.digest());
        this.stored = new StoredObject(store, settings.stateDirectory(), fileIo);
    }

    /** A file that is durable, with what the journal needs to recognise it. */
    record Durable(ArchivedFile file, FileIdentity identity, ContentDigest digest) {}

    /** What became of one attempt; a key that is taken is looked at after the buffers are free again. */
    private record Attempt(
            FileIdentity identity, ContentDigest digest, long storedBytes, Stages stages, boolean settled) {}

    private static final class Clock {
        private final long start = System.nanoTime();
        private long last = start;

        Duration lap() {
            long now = System.nanoTime();
            Duration lap = Duration.ofNanos(now - last);
            last = now;
            return lap;
        }

        void restart() {
            last = System.nanoTime();
        }

        Duration total() {
            return Duration.ofNanos(System.nanoTime() - start);
        }
    }

    /** Archives the file. Fails with {@link ArchiveException}. */
    Mono<Durable> upload(WalFileName name, boolean asked) {
        ObjectKey key = settings.layout().walKey(name, codec.compression());
        return Mono.defer(() -> attempt(name, key, asked))
                .flatMap(attempt -> attempt.settled()
                        ? Mono.just(durable(name, key, asked, attempt, Outcome.STORED))
                        : compare(name, key, asked, attempt))
                // Ambiguous and then absent: the first PUT did not take effect. Once more, then it is the store's
                // fault.
                .retryWhen(Retry.max(1)
                        .filter(AbsentAfterAll.class::isInstance)
                        .onRetryExhaustedThrow((spec, signal) -> signal.failure()))
                .onErrorMap(failure -> describe(name, key, failure))
                .checkpoint("archive " + name);
    }

    private Mono<Attempt> attempt(WalFileName name, ObjectKey key, boolean asked) {
        SourceFile file = new SourceFile(source, name);
        Clock clock = new Clock();
        return Mono.fromCallable(file::identity)
                .subscribeOn(fileIo)
                .flatMap(identity -> fitsBuffers(identity.length())
                        ? inMemory(file, identity, name, key, asked, clock)
                        : new LargeFileUpload(store, codec, settings.digest(), pool, fileIo, compute)
                                .upload(
                                        file,
                                        identity,
                                        key,
                                        priority(asked),
                                        digest -> options(name, file, identity, digest))
                                .map(large -> new Attempt(
                                        identity,
                                        large.digest(),
                                        large.storedBytes(),
                                        new Stages(large.read(), Duration.ZERO, clock.lap(), clock.total()),
                                        large.settled())));
    }

    /** True when the file and its compressed form, however badly it compresses, each fit a buffer. */
    private boolean fitsBuffers(long length) {
        return length <= pool.bufferBytes() && codec.maxEncodedLength((int) length) <= pool.bufferBytes();
    }

    private static Priority priority(boolean asked) {
        return asked ? Priority.URGENT : Priority.ORDINARY;
    }

    private Mono<Attempt> inMemory(
            SourceFile file, FileIdentity identity, WalFileName name, ObjectKey key, boolean asked, Clock clock) {
        int count = codec.compression() == Compression.NONE ? 1 : 2;
        return Mono.usingWhen(
                pool.acquire(count, priority(asked)).map(Lease::new),
                lease -> Mono.fromCallable(() -> {
                            clock.restart();
                            file.readInto(lease.source().buffer(), identity);
                            return clock.lap();
                        })
                        .subscribeOn(fileIo)
                        .flatMap(read -> encode(lease, clock)
                                .flatMap(digest -> put(lease, key, options(name, file, identity, digest))
                                        .map(settled -> new Attempt(
                                                identity,
                                                digest,
                                                lease.content().length(),
                                                new Stages(read, lease.compressed, clock.lap(), clock.total()),
                                                settled)))),
                lease -> Mono.fromRunnable(lease::free),
                (lease, failure) -> Mono.fromRunnable(lease::free),
                lease -> Mono.fromRunnable(lease::abandon));
    }

    private Mono<ContentDigest> encode(Lease lease, Clock clock) {
        return Mono.fromCallable(() -> {
                    clock.restart();
                    ContentDigest digest = encoders.encode(
                            lease.source().buffer(),
                            lease.target() == null ? null : lease.target().sparseBuffer());
                    lease.encoded(clock.lap());
                    return digest;
                })
                .subscribeOn(compute);
    }

    /** True when created by this PUT, false when the key must be looked at. */
    private Mono<Boolean> put(Lease lease, ObjectKey key, PutOptions options) {
        return store.putIfAbsent(key, lease.content(), options)
                .thenReturn(true)
                // S3 answers 412 to our own repeated PUT, so authorship is decided by content, not by status.
                .onErrorResume(StoreException.AlreadyExists.class, taken -> Mono.just(false))
                .onErrorResume(StoreException.Ambiguous.class, unknown -> Mono.just(false));
    }

    private Mono<Durable> compare(WalFileName name, ObjectKey key, boolean asked, Attempt attempt) {
        return stored.digest(key, attempt.digest().algorithm())
                .onErrorMap(StoreException.NotFound.class, AbsentAfterAll::new)
                .flatMap(there -> {
                    if (there.digest().equals(attempt.digest())
                            && there.length() == attempt.identity().length()) {
                        return Mono.just(durable(name, key, asked, attempt, Outcome.ALREADY_STORED));
                    }
                    return Mono.error(new ArchiveException.Conflict("cannot archive " + name + ": " + store.location()
                            + " already holds " + key + " with different content (" + there.length() + " bytes, "
                            + there.digest() + "; this file has "
                            + attempt.identity().length() + " bytes, "
                            + attempt.digest() + "); nothing was overwritten. Another server writes to this archive, or"
                            + " this one was rolled back: give it a server name or destination of its own"));
                });
    }

    private static Durable durable(WalFileName name, ObjectKey key, boolean asked, Attempt attempt, Outcome outcome) {
        return new Durable(
                new ArchivedFile(
                        name,
                        key,
                        outcome,
                        asked,
                        attempt.identity().length(),
                        attempt.storedBytes(),
                        attempt.stages()),
                attempt.identity(),
                attempt.digest());
    }

    private PutOptions options(WalFileName name, SourceFile file, FileIdentity identity, ContentDigest digest) {
        OptionalLong system;
        try {
            // Of files that do not tell it, too: a promoted server's first file is a history file, and whose archive
            // that is must be told before a segment follows.
            system = file.systemIdentifier();
        } catch (IOException controlFileGone) {
            system = OptionalLong.empty();
        }
        PutOptions base =
                name instanceof WalFileName.TimelineHistoryFile ? settings.historyOptions() : settings.segmentOptions();
        return base.withMetadata(new WalObjectMetadata(identity.length(), digest, system).toMetadata());
    }

    private Throwable describe(WalFileName name, ObjectKey key, Throwable failure) {
        if (failure instanceof ArchiveException) {
            return failure;
        }
        String what = "cannot archive " + name + " as " + key + " to " + store.location() + ": ";
        if (failure instanceof StoreException e) {
            return new ArchiveException.StoreFailed(what + e.getMessage(), e);
        }
        if (failure instanceof AbsentAfterAll) {
            return new ArchiveException.StoreFailed(
                    what + "the store took the object and then did not have it",
                    new StoreException.Unavailable("the object vanished", StoreException.Detail.NONE, failure));
        }
        return failure;
    }

    void close() {
        encoders.close();
    }

    /** The key was taken or in doubt, and then there was nothing under it. */
    private static final class AbsentAfterAll extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AbsentAfterAll(Throwable notFound) {
            super(notFound);
        }
    }

    /** The buffers of one file on their way through the stages. */
    private static final class Lease {
        private final PooledBuffer source;
        private final @Nullable PooledBuffer target;
        private @Nullable Content content;
        private Duration compressed = Duration.ZERO;

        Lease(List<PooledBuffer> buffers) {
            this.source = buffers.get(0);
            this.target = buffers.size() > 1 ? buffers.get(1) : null;
        }

        PooledBuffer source() {
            return source;
        }

        @Nullable
        PooledBuffer target() {
            return target;
        }

        /** The compressed bytes stand in the target now (or the plain ones in the source). */
        void encoded(Duration took) {
            compressed = took;
            if (target == null) {
                content = Content.of(source.buffer());
            } else {
                content = Content.of(target.sparseBuffer());
                source.release();
            }
        }

        Content content() {
            Content ready = content;
            if (ready == null) {
                throw new IllegalStateException("nothing was encoded");
            }
            return ready;
        }

        /** After success or failure: nobody works on the buffers, unless the store said so. */
        void free() {
            Content sent = content;
            if (sent != null && sent.isAbandoned()) {
                abandon();
                return;
            }
            source.release();
            if (target != null) {
                target.release();
            }
        }

        /** After cancellation: a thread may still read or write the buffers. */
        void abandon() {
            source.discard();
            if (target != null) {
                target.discard();
            }
        }
    }
}
