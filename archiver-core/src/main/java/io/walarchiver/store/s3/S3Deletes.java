package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore.DeleteFailure;
import io.walarchiver.store.StoreException;
import java.util.Collection;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/** DeleteObject and DeleteObjects. */
final class S3Deletes {

    /** The most keys that one DeleteObjects request takes. */
    private static final int BATCH = 1000;

    private static final int SINGLE_DELETES_AT_ONCE = 4;

    private final S3AsyncClient client;
    private final S3Calls calls;
    private final S3Features features;
    private final String bucket;

    S3Deletes(S3AsyncClient client, S3Calls calls, S3Features features, String bucket) {
        this.client = client;
        this.calls = calls;
        this.features = features;
        this.bucket = bucket;
    }

    Mono<Void> one(ObjectKey key) {
        return calls.run(
                        S3Call.of(Operation.DELETE_OBJECT, key),
                        () -> client.deleteObject(
                                request -> request.bucket(bucket).key(key.value())))
                .onErrorResume(StoreException.NotFound.class, absent -> Mono.empty())
                .then();
    }

    Flux<DeleteFailure> all(Collection<ObjectKey> keys) {
        return Flux.fromIterable(keys)
                .buffer(BATCH)
                .concatMap(batch -> features.batchDelete() ? batch(batch) : oneByOne(batch), 0);
    }

    private Flux<DeleteFailure> batch(List<ObjectKey> keys) {
        DeleteObjectsRequest request = DeleteObjectsRequest.builder()
                .bucket(bucket)
                .delete(delete -> delete.quiet(true)
                        .objects(keys.stream()
                                .map(key -> ObjectIdentifier.builder()
                                        .key(key.value())
                                        .build())
                                .toList()))
                .build();
        S3Call call = S3Call.of(Operation.DELETE_OBJECTS, keys.size() + " objects");
        return calls.run(call, () -> client.deleteObjects(request))
                .flatMapIterable(answer -> failures(answer))
                .onErrorResume(S3Deletes::isAboutTheBatch, refused -> afterRefusal(keys));
    }

    /** Digest codes belong here: this request's checksum is the SDK's choice, and not every store knows it. */
    private static boolean isAboutTheBatch(Throwable failure) {
        return failure instanceof StoreException.Rejected rejected
                && (S3Features.isRefusal(rejected)
                        || rejected.detail()
                                .code()
                                .filter(code -> code.equals("BadDigest") || code.equals("InvalidDigest"))
                                .isPresent());
    }

    private Flux<DeleteFailure> afterRefusal(List<ObjectKey> keys) {
        return Flux.concat(oneByOne(keys), Flux.defer(() -> {
            features.learnNoBatchDelete();
            return Flux.empty();
        }));
    }

    private Flux<DeleteFailure> oneByOne(List<ObjectKey> keys) {
        // Unavailable is not taken for an answer about one key: the others would wait in vain, too.
        return Flux.fromIterable(keys)
                .flatMap(
                        key -> one(key).then(Mono.<DeleteFailure>empty())
                                .onErrorResume(
                                        StoreException.class,
                                        failure -> failure instanceof StoreException.Unavailable
                                                ? Mono.error(failure)
                                                : Mono.just(new DeleteFailure(key, failure))),
                        SINGLE_DELETES_AT_ONCE);
    }

    private List<DeleteFailure> failures(DeleteObjectsResponse answer) {
        return answer.errors().stream()
                .filter(error -> !"NoSuchKey".equals(error.code()))
                .map(error -> {
                    ObjectKey key = new ObjectKey(error.key());
                    return new DeleteFailure(
                            key,
                            calls.failures()
                                    .partial(S3Call.of(Operation.DELETE_OBJECT, key), error.code(), error.message()));
                })
                .toList();
    }
}
