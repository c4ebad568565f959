package io.walarchiver.archive;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.BufferPool.Priority;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.MultipartUpload.UploadedPart;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Takes a segment to the archive that is larger than a pooled buffer (up to 1 GiB): one pass for checks and digest, a
 * second one that compresses into parts of a multipart upload. Holds one buffer at a time, whatever the segment's size.
 *
 * <p>The file is read twice because the digest belongs into the object's metadata, which S3 wants before the first part.
 */
final class LargeFileUpload {

    private static final int CHUNK_BYTES = 1 << 18;

    private final ObjectStore store;
    private final Codec codec;
    private final DigestAlgorithm algorithm;
    private final BufferPool pool;
    private final Scheduler fileIo;
    private final Scheduler compute;

    LargeFileUpload(
            ObjectStore store,
            Codec codec,
            DigestAlgorithm algorithm,
            BufferPool pool,
            Scheduler fileIo,
            Scheduler compute) {
        if (pool.bufferBytes() < MultipartUpload.MIN_PART_BYTES) {
            throw new IllegalArgumentException("a part needs a buffer of at least " + MultipartUpload.MIN_PART_BYTES
                    + " bytes, the pool's have " + pool.bufferBytes());
        }
        this.store = store;
        this.codec = codec;
        this.algorithm = algorithm;
        this.pool = pool;
        this.fileIo = fileIo;
        this.compute = compute;
    }

    /**
     * What became of the upload.
     *
     * @param digest      of the original bytes
     * @param storedBytes length of the object
     * @param read        duration of the first pass
     * @param settled     false when the key was taken or the answer got lost, and the object must be looked at
     */
    record Result(ContentDigest digest, long storedBytes, Duration read, boolean settled) {}

    Mono<Result> upload(
            SourceFile file,
            FileIdentity identity,
            ObjectKey key,
            Priority priority,
            Function<ContentDigest, PutOptions> options) {
        long start = System.nanoTime();
        return Mono.fromCallable(() -> digest(file, identity))
                // Mostly waiting for the disk, for seconds: a thread for CPU work would be missed.
                .subscribeOn(fileIo)
                .flatMap(digest -> {
                    Duration read = Duration.ofNanos(System.nanoTime() - start);
                    // One resource inside the other: what is open when the next one cannot be had must be closed.
                    return Mono.usingWhen(
                            Mono.fromCallable(() -> new PartSource(file, identity, codec, algorithm)),
                            source -> Mono.usingWhen(
                                    store.startMultipart(key, options.apply(digest)),
                                    upload -> send(source, upload, priority, file, identity, digest)
                                            .map(settled -> new Result(digest, source.written(), read, settled)),
                                    upload -> Mono.empty(),
                                    (upload, failure) -> upload.abort().onErrorComplete(),
                                    upload -> upload.abort().onErrorComplete()),
                            source -> source.closeLater(compute));
                });
    }

    private Mono<Boolean> send(
            PartSource source,
            MultipartUpload upload,
            Priority priority,
            SourceFile file,
            FileIdentity identity,
            ContentDigest digest) {
        return Flux.range(1, MultipartUpload.MAX_PARTS)
                .concatMap(
                        number -> source.isDone() ? Mono.<UploadedPart>empty() : part(source, upload, number, priority),
                        1)
                .takeUntil(part -> source.isDone())
                .collectList()
                .doOnNext(parts -> {
                    file.checkUnchanged(identity);
                    if (!source.digest().equals(digest)) {
                        throw new ArchiveException.SourceUnusable(
                                "cannot archive " + file.path() + ": it changed while it was read", null);
                    }
                })
                .flatMap(parts -> complete(upload, parts));
    }

    private static Mono<Boolean> complete(MultipartUpload upload, List<UploadedPart> parts) {
        return upload.completeIfAbsent(parts)
                .thenReturn(true)
                .onErrorResume(
                        failure -> failure instanceof StoreException.AlreadyExists
                                || failure instanceof StoreException.Ambiguous,
                        failure -> upload.abort().onErrorComplete().thenReturn(false));
    }

    private Mono<UploadedPart> part(PartSource source, MultipartUpload upload, int number, Priority priority) {
        return Mono.usingWhen(
                pool.acquire(1, priority).map(buffers -> new Part(buffers.get(0))),
                part -> Mono.fromCallable(() -> {
                            source.fill(part.buffer.buffer());
                            part.content = Content.of(part.buffer.buffer());
                            return part.content;
                        })
                        .subscribeOn(compute)
                        .flatMap(content -> upload.uploadPart(number, content)),
                part -> Mono.fromRunnable(part::free),
                (part, failure) -> Mono.fromRunnable(part::free),
                part -> Mono.fromRunnable(part.buffer::discard));
    }

    private ContentDigest digest(SourceFile file, FileIdentity identity) throws IOException {
        ContentDigester digester = new ContentDigester(algorithm);
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        boolean first = true;
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            while (channel.read(chunk.clear()) >= 0) {
                chunk.flip();
                if (first) {
                    file.checkHeader(chunk.duplicate());
                    first = false;
                }
                digester.update(chunk);
            }
        } catch (IOException e) {
            throw new ArchiveException.SourceUnusable("cannot archive " + file.path() + ": " + e, e);
        }
        file.checkUnchanged(identity);
        return digester.finish();
    }

    private static final class Part {
        private final PooledBuffer buffer;
        private Content content = Content.of();

        Part(PooledBuffer buffer) {
            this.buffer = buffer;
        }

        void free() {
            if (content.isAbandoned()) {
                buffer.discard();
            } else {
                buffer.release();
            }
        }
    }
}
