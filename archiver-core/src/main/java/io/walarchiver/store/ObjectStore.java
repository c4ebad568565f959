package io.walarchiver.store;

import java.util.Collection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One bucket (or a directory that plays its part) and the operations the archiver needs from it.
 *
 * <p>All methods return cold publishers: nothing happens before subscription, and each subscription is a new request.
 * Every failure is a {@link StoreException}. Transient failures are retried inside, a bounded number of times and with
 * jitter; what comes out is final for this call. Each request has a deadline, so no publisher stays silent for ever.
 * Cancelling gives up the request; whether it took effect is then unknown.
 *
 * <p>Reads after a completed write see that write (S3's strong consistency). Implementations are safe for use by many
 * threads; signals arrive on threads of the implementation, where subscribers must not block.
 */
public interface ObjectStore extends AutoCloseable {

    /**
     * Creates the object, or fails when the key is taken. Never changes an existing object.
     *
     * <p>Empty completion means: durable, and created by this call. Fails with {@link StoreException.AlreadyExists}
     * when an object is there (it may be this call's own: a retried request can meet the result of its first attempt,
     * so authorship is to be decided by comparing content), and with {@link StoreException.Ambiguous} when the request
     * may have taken effect but no answer came.
     */
    Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options);

    /** Creates or replaces the object. Empty completion means durable. */
    Mono<Void> put(ObjectKey key, Content content, PutOptions options);

    /**
     * Starts a multipart upload, for objects too large to hold in memory. Nothing is visible under the key before
     * {@link MultipartUpload#complete}. Whoever starts an upload must complete or abort it.
     */
    Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options);

    /** What the store knows about the object, or {@link StoreException.NotFound}. */
    Mono<ObjectInfo> head(ObjectKey key);

    /**
     * Downloads the object into {@code reader}, or fails with {@link StoreException.NotFound}. Not retried once the
     * reader has been called: what it did with the first bytes cannot be undone here.
     */
    <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader);

    /**
     * Downloads {@code length} bytes from {@code offset}, fewer when the object ends earlier. An offset at or behind
     * the end is {@link StoreException.Rejected}.
     */
    <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader);

    /**
     * All objects whose key starts with {@code prefix}, in byte order of their keys, page by page on demand: taking
     * {@code n} items costs no more pages than needed.
     */
    Flux<ObjectInfo> list(String prefix);

    /**
     * The next level of the key tree below {@code prefix}: each distinct continuation up to and including the next
     * slash (S3's "common prefixes"). Objects directly at this level are not reported.
     */
    Flux<String> listPrefixes(String prefix);

    /**
     * The objects at one level of the key tree: keys that start with {@code prefix} and hold no slash behind it, in byte
     * order. What {@link #listPrefixes} leaves out. A store that can ask for a level alone does so; otherwise this costs
     * as much as {@link #list}.
     */
    default Flux<ObjectInfo> listLevel(String prefix) {
        return list(prefix).filter(info -> info.key().value().indexOf('/', prefix.length()) < 0);
    }

    /** Deletes the object. An absent object is success. */
    Mono<Void> delete(ObjectKey key);

    /**
     * Deletes many objects, in batches where the store can and one by one where it cannot.
     *
     * @return the keys that could not be deleted, each with its reason; none when all went well. Fails only when
     *     nothing more can be tried
     */
    Flux<DeleteFailure> delete(Collection<ObjectKey> keys);

    /** A human-readable name of where objects go, for messages: for example {@code s3://bucket at https://host}. */
    String location();

    /** Releases connections. Requests still running fail. */
    @Override
    void close();

    /**
     * A key that a batch delete left in place.
     *
     * @param key   the object that is still there
     * @param cause why
     */
    record DeleteFailure(ObjectKey key, StoreException cause) {}
}
