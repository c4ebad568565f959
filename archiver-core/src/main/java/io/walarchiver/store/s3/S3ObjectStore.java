package io.walarchiver.store.s3;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreObserver;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/**
 * A bucket of an S3 service.
 *
 * <p>The bucket is never created and never probed as such; a missing one shows in the first request.
 *
 * <p>Uploads go out as single requests of known length, signed with {@code UNSIGNED-PAYLOAD} over TLS and plain HTTP
 * alike; what protects the bytes on the way is the checksum header (and TLS). Downloads of up to 8 MiB are one request;
 * larger ones are fetched in ranges of that size, all of the same version of the object.
 *
 * <p>An upload is copied once, by the CRT into native memory, when its request is prepared. A download arrives in heap
 * buffers of up to 8 MiB; few downloads are open at once, further ones wait their turn, so that a small heap is enough.
 * The reader of a download may not pause for longer than the deadline of a request.
 *
 * <p>For a store that does not understand {@code If-None-Match} the key is looked at first; two writers that look at
 * the same moment then do not notice each other.
 */
public final class S3ObjectStore implements ObjectStore {

    private static final int CALLBACK_THREADS = 2;

    private final S3Settings settings;
    private final ExecutorService callbacks;
    private final S3AsyncClient client;
    private final S3Calls calls;
    private final S3Writes writes;
    private final S3Deletes deletes;
    private final S3Listing listing;
    private final S3Downloads downloads = new S3Downloads();
    private final AtomicBoolean closed = new AtomicBoolean();

    private S3ObjectStore(
            S3Settings settings, ExecutorService callbacks, S3AsyncClient client, StoreObserver observer) {
        this.settings = settings;
        this.callbacks = callbacks;
        this.client = client;
        this.calls = new S3Calls(settings, new S3Failures(settings.location()), observer);
        S3Features features = new S3Features(settings.checksums(), settings.location());
        this.writes = new S3Writes(client, calls, features, settings.bucket(), this::exists);
        this.deletes = new S3Deletes(client, calls, features, settings.bucket());
        this.listing = new S3Listing(client, calls, settings.bucket());
    }

    /**
     * Opens a store. Takes a second or two for the first one in a process; sends nothing.
     *
     * <p>With a CA bundle, or with the environment variable {@code SSL_CERT_FILE} naming a file that does not exist yet,
     * that file is written: the CAs of the system and those of all stores opened in this process so far. The CRT trusts
     * what that file holds when a client is built, and offers no other way.
     *
     * @throws IllegalArgumentException when the CA bundle is not PEM
     * @throws IllegalStateException    when there is a CA bundle and no file to write it to
     */
    public static S3ObjectStore open(S3Settings settings, StoreObserver observer) {
        if (settings.usesTls()) {
            TrustBundle.ofEnvironment().trust(settings.caBundle());
        }
        ExecutorService callbacks = Executors.newFixedThreadPool(CALLBACK_THREADS, work -> {
            Thread thread = new Thread(work, "s3-answers");
            thread.setDaemon(true);
            return thread;
        });
        try {
            return new S3ObjectStore(settings, callbacks, S3Clients.build(settings, callbacks), observer);
        } catch (RuntimeException e) {
            callbacks.shutdown();
            throw e;
        }
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return writes.put(key, content, options, true);
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return writes.put(key, content, options, false);
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return writes.start(key, options);
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return calls.run(
                        S3Call.of(Operation.HEAD_OBJECT, key),
                        () -> client.headObject(
                                request -> request.bucket(settings.bucket()).key(key.value())))
                .map(answer -> info(key, answer))
                .onErrorResume(StoreException.NotFound.class, absent -> proven(key, absent));
    }

    private static ObjectInfo info(ObjectKey key, HeadObjectResponse answer) {
        return new ObjectInfo(
                key,
                answer.contentLength() == null ? 0 : answer.contentLength(),
                answer.lastModified() == null ? Instant.EPOCH : answer.lastModified(),
                answer.metadata() == null ? Map.of() : answer.metadata());
    }

    /** The answer to HEAD has no body, so it does not tell an absent object from an absent bucket. GET does. */
    private Mono<ObjectInfo> proven(ObjectKey key, StoreException.NotFound absent) {
        return get(key, 0, 1, (info, body) -> Mono.just(info))
                .then(Mono.<ObjectInfo>error(absent))
                // An empty object that came into being since: absent is still what HEAD said.
                .onErrorMap(S3ObjectStore::isInvalidRange, empty -> absent);
    }

    private static boolean isInvalidRange(Throwable failure) {
        return failure instanceof StoreException.Rejected rejected
                && rejected.detail().status() == 416;
    }

    private Mono<Boolean> exists(ObjectKey key) {
        return head(key).thenReturn(true).onErrorResume(StoreException.NotFound.class, absent -> Mono.just(false));
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return downloads
                .read(key, download(key, GetObjectRequest.builder()), reader)
                .onErrorResume(S3ObjectStore::isInvalidRange, empty -> readEmpty(key, reader));
    }

    /**
     * The CRT asks for the whole object as for a range, which an empty one does not have. Not every store words its
     * refusal in the way that the CRT understands.
     */
    private <T> Mono<T> readEmpty(ObjectKey key, ObjectReader<T> reader) {
        return head(key)
                .flatMap(info -> info.size() == 0
                        ? Mono.from(reader.read(info, Flux.empty()))
                        : Mono.error(calls.failures()
                                .brokenBody(
                                        S3Call.of(Operation.GET_OBJECT, key),
                                        new IllegalStateException("it changed while it was read"))));
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        if (offset < 0 || length < 1) {
            return Mono.error(() -> calls.failures()
                    .rejected(
                            S3Call.of(Operation.GET_OBJECT, key),
                            "there is no range of " + length + " bytes from " + offset));
        }
        long last = offset > Long.MAX_VALUE - length ? Long.MAX_VALUE : offset + length - 1;
        return downloads.read(
                key, download(key, GetObjectRequest.builder().range("bytes=" + offset + "-" + last)), reader);
    }

    // The SDK answers with a publisher; it is wrapped at once.
    @SuppressWarnings("NestedPublishers")
    private Mono<S3Download> download(ObjectKey key, GetObjectRequest.Builder request) {
        GetObjectRequest built =
                request.bucket(settings.bucket()).key(key.value()).build();
        S3Call call = S3Call.of(Operation.GET_OBJECT, key);
        return calls.run(call, () -> client.getObject(built, AsyncResponseTransformer.<GetObjectResponse>toPublisher()))
                .map(answer ->
                        new S3Download(call, calls.failures(), answer, calls.deadline(S3Clients.DOWNLOAD_PART_BYTES)));
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        return listing.objects(prefix);
    }

    @Override
    public Flux<ObjectInfo> listLevel(String prefix) {
        return listing.level(prefix);
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return listing.prefixes(prefix);
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return deletes.one(key);
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        return deletes.all(keys);
    }

    @Override
    public String location() {
        return settings.location();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            calls.close();
            client.close();
            callbacks.shutdown();
        }
    }
}
