package io.walarchiver.restore;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.CorruptObjectException;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.LongSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Brings one object to its destination: download, decompress, verify, write beside, rename.
 *
 * <p>What fits the pool's buffers travels in memory: compressed bytes in one buffer, content in a second, both taken at
 * once and before the store is asked, so that no answered download waits for memory with an open connection. Everything
 * else goes through a temporary file beside the destination: segments larger than a buffer, and a segment whose size is
 * not known yet. Neither way holds more than its buffers, whatever the object contains.
 *
 * <p>The reader of a download only moves bytes. Its own failures leave it as a value, so that no store can take them for
 * failures of the transfer; decompression begins when the connection is free again.
 */
final class Transfer {

    private final ObjectStore store;
    private final BufferPool pool;
    private final Scheduler compute;
    private final Scheduler fileIo;
    private final KnownCluster cluster;
    private final LongSupplier nanoTime;
    private final Map<Compression, Codec> codecs = new EnumMap<>(Compression.class);

    Transfer(
            ObjectStore store,
            BufferPool pool,
            Scheduler compute,
            Scheduler fileIo,
            KnownCluster cluster,
            LongSupplier nanoTime) {
        if (pool.capacity() < 2) {
            throw new IllegalArgumentException("restoring needs two buffers at once, the pool has " + pool.capacity());
        }
        this.store = store;
        this.pool = pool;
        this.compute = compute;
        this.fileIo = fileIo;
        this.cluster = cluster;
        this.nanoTime = nanoTime;
        for (Compression compression : Compression.values()) {
            codecs.put(compression, Codec.of(compression));
        }
    }

    /** What the download left behind. */
    private sealed interface Received {

        record InMemory(ContentCheck check, ObjectInfo info) implements Received {}

        record InFile(ContentCheck check, ObjectInfo info, Path file) implements Received {}

        record Failed(Throwable failure) implements Received {}
    }

    /** Content that was verified and only has to be renamed or written. */
    private record Content(Optional<ByteBuffer> bytes, Optional<Path> file, long length) {}

    /**
     * Fetches {@code stored} as {@code order} says, once.
     *
     * <p>Fails with {@link RestoreException.Corrupt}, {@link RestoreException.DestinationUnusable} or what the store says.
     * Buffers and temporary files are gone when it ends; when it is cancelled, as soon as the work at hand returns.
     */
    Mono<RestoredFile> fetch(StoredFile stored, Order order) {
        return Mono.usingWhen(
                Mono.fromSupplier(WorkArea::new), area -> attempt(stored, order, area), area -> area.close(fileIo));
    }

    private Mono<RestoredFile> attempt(StoredFile stored, Order order, WorkArea area) {
        long[] clock = new long[3];
        return memory(stored, order, area)
                .then(Mono.defer(() -> {
                    order.begun().run();
                    clock[0] = nanoTime.getAsLong();
                    return store.get(
                            stored.key(),
                            (ObjectInfo info, Flux<ByteBuffer> body) -> receive(stored, order, area, info, body));
                }))
                .flatMap(received -> {
                    clock[1] = nanoTime.getAsLong();
                    return content(stored, order, area, received).flatMap(content -> {
                        clock[2] = nanoTime.getAsLong();
                        return deliver(order, area, content).map(delivered -> {
                            long end = nanoTime.getAsLong();
                            return new RestoredFile(
                                    order.name(),
                                    RestoredFile.Source.FETCHED,
                                    Optional.of(stored.key()),
                                    content.length(),
                                    storedBytes(received),
                                    new RestoredFile.Stages(
                                            Duration.ofNanos(clock[1] - clock[0]),
                                            Duration.ofNanos(clock[2] - clock[1]),
                                            Duration.ofNanos(end - clock[2]),
                                            Duration.ofNanos(end - clock[0])));
                        });
                    });
                });
    }

    private static long storedBytes(Received received) {
        if (received instanceof Received.InMemory m) {
            return m.info().size();
        }
        return received instanceof Received.InFile f ? f.info().size() : 0;
    }

    /** Takes buffers when there is a chance to need them. */
    private Mono<Boolean> memory(StoredFile stored, Order order, WorkArea area) {
        if (stored.file().isSegmentSized()) {
            Optional<SegmentSize> size = cluster.segmentSize();
            if (size.isEmpty() || size.get().bytes() > pool.bufferBytes()) {
                return Mono.just(false);
            }
        }
        // A plain object is its own content.
        return pool.acquire(stored.compression() == Compression.NONE ? 1 : 2, order.priority())
                .map(lease -> area.own(lease));
    }

    private Mono<Received> receive(
            StoredFile stored, Order order, WorkArea area, ObjectInfo info, Flux<ByteBuffer> body) {
        return Mono.defer(() -> {
                    ContentCheck check =
                            new ContentCheck(stored, info, cluster.segmentSize(), cluster.systemIdentifier());
                    OptionalLong expected = check.expectedLength();
                    boolean fits = area.hasBuffers()
                            && info.size() <= pool.bufferBytes()
                            && (expected.isEmpty() || expected.getAsLong() <= pool.bufferBytes());
                    if (fits) {
                        return intoBuffer(area, check, info, body);
                    }
                    area.releaseBuffers();
                    return intoFile(order, area, check, info, body);
                })
                .onErrorResume(
                        failure -> !(failure instanceof StoreException),
                        failure -> Mono.just(new Received.Failed(failure)));
    }

    private static Mono<Received> intoBuffer(
            WorkArea area, ContentCheck check, ObjectInfo info, Flux<ByteBuffer> body) {
        return body.reduce(0L, (received, chunk) -> {
                    int bytes = chunk.remaining();
                    if (!area.append(chunk)) {
                        throw interrupted(info, received + bytes);
                    }
                    return received + bytes;
                })
                .map(received -> {
                    requireWhole(info, received);
                    return new Received.InMemory(check, info);
                });
    }

    private Mono<Received> intoFile(
            Order order, WorkArea area, ContentCheck check, ObjectInfo info, Flux<ByteBuffer> body) {
        DestinationFile destination = order.destination();
        Path file = destination.temporaryFor(order.name());
        Mono<Received> received = onFileIo(area, () -> area.open(destination.create(area.temporary(file))))
                .flatMap(channel -> body
                        // Without prefetch: the next buffer is asked for when this one is on its way to the disk.
                        .concatMap(chunk -> onFileIo(area, () -> write(channel, chunk)), 0)
                        .reduce(0L, Long::sum)
                        .flatMap(total -> onFileIo(area, () -> {
                            requireWhole(info, total);
                            area.closeChannel(channel);
                            return new Received.InFile(check, info, file);
                        })));
        return received.onErrorMap(
                IOException.class, failure -> destination.unusable(order.name(), info.size(), failure));
    }

    private <T> Mono<T> onFileIo(WorkArea area, Callable<T> work) {
        return BlockingWork.on(fileIo, () -> area.use(work));
    }

    private static long write(FileChannel channel, ByteBuffer chunk) throws IOException {
        long bytes = chunk.remaining();
        DestinationFile.writeFully(channel, chunk);
        return bytes;
    }

    private static void requireWhole(ObjectInfo info, long received) {
        if (received != info.size()) {
            throw interrupted(info, received);
        }
    }

    private static StoreException interrupted(ObjectInfo info, long received) {
        return new StoreException.Unavailable(
                "the download of " + info.key() + " ended after " + received + " of " + info.size() + " bytes",
                StoreException.Detail.NONE,
                null);
    }

    private Mono<Content> content(StoredFile stored, Order order, WorkArea area, Received received) {
        if (received instanceof Received.InMemory m) {
            return BlockingWork.on(compute, () -> area.use(() -> decodeInMemory(stored, area, m.check())));
        }
        if (received instanceof Received.InFile f) {
            return onFileIo(
                            area,
                            () -> new LargeContent(stored, order, area, f.check(), codec(stored)).decode(f.file()))
                    .map(content -> {
                        content.segmentSize().ifPresent(cluster::learn);
                        return new Content(Optional.empty(), Optional.of(content.file()), content.length());
                    });
        }
        return Mono.error(((Received.Failed) received).failure());
    }

    private Codec codec(StoredFile stored) {
        return Objects.requireNonNull(codecs.get(stored.compression()));
    }

    private Content decodeInMemory(StoredFile stored, WorkArea area, ContentCheck check) {
        ByteBuffer source = area.buffer(0).buffer().flip();
        ByteBuffer content = source;
        if (stored.compression() != Compression.NONE) {
            content = area.buffer(1).buffer().clear();
            // Content longer than expected then does not fit, and decompression ends there.
            content.limit((int) Math.min(content.capacity(), check.longestAccepted()));
            try {
                codec(stored).decode(source, content);
            } catch (CorruptObjectException damaged) {
                throw check.corrupt(String.valueOf(damaged.getMessage()), damaged);
            }
            content.flip();
        }
        ByteBuffer whole = content;
        Optional<ContentDigest> digest = check.digestAlgorithm().map(algorithm -> {
            ContentDigester digester = new ContentDigester(algorithm);
            digester.update(whole.duplicate());
            return digester.finish();
        });
        check.verify(content.remaining(), content.duplicate(), digest).ifPresent(cluster::learn);
        return new Content(Optional.of(content), Optional.empty(), content.remaining());
    }

    private Mono<Boolean> deliver(Order order, WorkArea area, Content content) {
        return onFileIo(area, () -> {
            DestinationFile destination = order.destination();
            try {
                Path temporary = content.file().orElseGet(() -> area.temporary(destination.temporaryFor(order.name())));
                if (content.bytes().isPresent()) {
                    try (FileChannel channel = destination.create(temporary)) {
                        DestinationFile.writeFully(channel, content.bytes().get());
                        destination.flush(channel);
                    }
                }
                if (area.isClosed()) {
                    throw new CancellationException("the attempt is over");
                }
                destination.publish(temporary);
                area.moved(temporary);
                return true;
            } catch (IOException failure) {
                throw destination.unusable(order.name(), content.length(), failure);
            }
        });
    }
}
