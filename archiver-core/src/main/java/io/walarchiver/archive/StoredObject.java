package io.walarchiver.archive;

import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigest;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.CorruptObjectException;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Looks into an object that is already in the archive: what it holds, and which cluster wrote it. Metadata of our own
 * answers at once; an object without it, as barman-cloud writes them, is downloaded to a temporary file. That is rare,
 * so it costs no memory budget.
 */
final class StoredObject {

    private static final Logger log = LoggerFactory.getLogger(StoredObject.class);

    private final ObjectStore store;
    private final Path directory;
    private final Scheduler fileIo;

    StoredObject(ObjectStore store, Path directory, Scheduler fileIo) {
        this.store = store;
        this.directory = directory;
        this.fileIo = fileIo;
    }

    /** Original length and digest of an object. */
    record Fingerprint(long length, ContentDigest digest) {}

    private interface Reading<T> {
        T read(InputStream content) throws IOException;
    }

    /** What the object holds, or {@link io.walarchiver.store.StoreException.NotFound}. */
    Mono<Fingerprint> digest(ObjectKey key, DigestAlgorithm algorithm) {
        return store.head(key).flatMap(info -> {
            Optional<WalObjectMetadata> ours = metadata(info.metadata());
            if (ours.isPresent() && ours.get().digest().algorithm() == algorithm) {
                return Mono.just(new Fingerprint(ours.get().length(), ours.get().digest()));
            }
            return read(key, content -> digestOf(content, algorithm));
        });
    }

    /** The first bytes of the object's content, at most {@code count}. */
    Mono<ByteBuffer> firstBytes(ObjectKey key, int count) {
        return read(key, content -> ByteBuffer.wrap(content.readNBytes(count)));
    }

    static Optional<WalObjectMetadata> metadata(Map<String, String> metadata) {
        try {
            return WalObjectMetadata.of(metadata);
        } catch (IllegalArgumentException damaged) {
            // Somebody edited it; the object itself decides then.
            return Optional.empty();
        }
    }

    private static Fingerprint digestOf(InputStream content, DigestAlgorithm algorithm) throws IOException {
        ContentDigester digester = new ContentDigester(algorithm);
        byte[] chunk = new byte[1 << 16];
        long length = 0;
        for (int n = content.read(chunk); n >= 0; n = content.read(chunk)) {
            digester.update(ByteBuffer.wrap(chunk, 0, n));
            length += n;
        }
        return new Fingerprint(length, digester.finish());
    }

    private <T> Mono<T> read(ObjectKey key, Reading<T> reading) {
        return Mono.using(
                        this::temporaryFile, file -> download(key, file).then(decode(key, file, reading)), this::delete)
                .onErrorMap(
                        CorruptObjectException.class,
                        e -> new ArchiveException.Conflict("cannot compare with " + key + " in " + store.location()
                                + ": "
                                + e.getMessage() + "; if the object is damaged, remove it and PostgreSQL's next attempt"
                                + " stores it anew"))
                // The disk here failed, which says nothing about the object.
                .onErrorMap(
                        IOException.class,
                        e -> new ArchiveException.SourceUnusable(
                                "cannot compare with " + key + " in " + store.location() + ": its copy in " + directory
                                        + " cannot be written or read: " + e + "; check free space and permissions",
                                e));
    }

    private Mono<Void> download(ObjectKey key, Path file) {
        return store.get(
                key,
                (info, body) -> Mono.using(
                        () -> FileChannel.open(file, StandardOpenOption.WRITE),
                        // No prefetch: a buffer is ours only until the next one is asked for.
                        channel -> body.concatMap(buffer -> write(channel, buffer), 0)
                                .then(),
                        StoredObject::close));
    }

    private Mono<Void> write(FileChannel channel, ByteBuffer buffer) {
        return Mono.<Void>fromCallable(() -> {
                    while (buffer.hasRemaining()) {
                        int unused = channel.write(buffer);
                    }
                    return null;
                })
                .subscribeOn(fileIo);
    }

    private <T> Mono<T> decode(ObjectKey key, Path file, Reading<T> reading) {
        return Mono.fromCallable(() -> {
                    Codec codec = Codec.of(Compression.ofKey(key.value()));
                    try (InputStream content = codec.decodingStream(Files.newInputStream(file))) {
                        return reading.read(content);
                    }
                })
                .subscribeOn(fileIo);
    }

    private Path temporaryFile() throws IOException {
        Files.createDirectories(directory);
        return Files.createTempFile(directory, "compare-", ".tmp");
    }

    private void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.toString())
                    .log("cannot delete");
        }
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("closing a temporary file failed", e);
        }
    }
}
