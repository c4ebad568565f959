package io.walarchiver.store.s3;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.ServerSideEncryption;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.s3.S3Features.Dress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;

/** PutObject and the start of multipart uploads, with what stores may not understand left out step by step. */
final class S3Writes {

    private final S3AsyncClient client;
    private final S3Calls calls;
    private final S3Features features;
    private final String bucket;
    private final Function<ObjectKey, Mono<Boolean>> exists;

    /** @param exists looks whether a key is taken, for stores without conditional writes */
    S3Writes(
            S3AsyncClient client,
            S3Calls calls,
            S3Features features,
            String bucket,
            Function<ObjectKey, Mono<Boolean>> exists) {
        this.client = client;
        this.calls = calls;
        this.features = features;
        this.bucket = bucket;
        this.exists = exists;
    }

    Mono<Void> put(ObjectKey key, Content content, PutOptions options, boolean conditional) {
        S3Call call = S3Call.sending(Operation.PUT_OBJECT, key, content);
        return dressed(key, call, conditional, dress -> {
            PutObjectRequest.Builder request = PutObjectRequest.builder()
                    .bucket(bucket)
                    .key(key.value())
                    .contentLength(content.length())
                    .metadata(options.metadata());
            tagging(options).ifPresent(request::tagging);
            options.encryption().ifPresent(encryption -> {
                request.serverSideEncryption(algorithm(encryption));
                keyId(encryption).ifPresent(request::ssekmsKeyId);
            });
            if (dress.conditional()) {
                request.ifNoneMatch("*");
            }
            if (dress.checksum()) {
                request.checksumCRC32C(Crc32c.of(content));
            }
            PutObjectRequest built = request.build();
            return calls.run(call, () -> client.putObject(built, body(content)));
        });
    }

    Mono<MultipartUpload> start(ObjectKey key, PutOptions options) {
        S3Call call = S3Call.of(Operation.CREATE_MULTIPART_UPLOAD, key);
        return Mono.defer(() -> start(key, options, call, features.dress(false)));
    }

    private Mono<MultipartUpload> start(ObjectKey key, PutOptions options, S3Call call, Dress dress) {
        CreateMultipartUploadRequest.Builder request = CreateMultipartUploadRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .metadata(options.metadata());
        tagging(options).ifPresent(request::tagging);
        options.encryption().ifPresent(encryption -> {
            request.serverSideEncryption(algorithm(encryption));
            keyId(encryption).ifPresent(request::ssekmsKeyId);
        });
        if (dress.checksum()) {
            request.checksumAlgorithm(ChecksumAlgorithm.CRC32_C);
        }
        CreateMultipartUploadRequest built = request.build();
        return calls.run(call, () -> client.createMultipartUpload(built))
                .<MultipartUpload>map(answer ->
                        new S3Multipart(client, calls, this, bucket, key, answer.uploadId(), dress.checksum()))
                .onErrorResume(
                        StoreException.class,
                        failure -> features.plainer(dress, failure)
                                .map(plainer -> start(key, options, call, plainer)
                                        .map(upload -> {
                                            features.learn(dress, plainer);
                                            return upload;
                                        }))
                                .orElseGet(() -> Mono.error(failure)));
    }

    /**
     * Sends a request as this store likes it. When the store does not understand it, the checksum and then the
     * condition are left out; a condition that is left out is replaced by a look at the key just before, which leaves
     * a gap for a second writer.
     */
    Mono<Void> dressed(ObjectKey key, S3Call call, boolean conditional, Function<Dress, Mono<?>> request) {
        return Mono.defer(() -> dressed(key, call, conditional, request, features.dress(conditional)));
    }

    private Mono<Void> dressed(
            ObjectKey key, S3Call call, boolean conditional, Function<Dress, Mono<?>> request, Dress dress) {
        Mono<Void> send = Mono.defer(() -> request.apply(dress)).then();
        Mono<Void> looked = conditional && !dress.conditional()
                ? exists.apply(key)
                        .flatMap(taken -> taken ? Mono.error(calls.failures().alreadyExists(call)) : send)
                : send;
        return looked.onErrorResume(
                StoreException.class,
                failure -> features.plainer(dress, failure)
                        .map(plainer -> dressed(key, call, conditional, request, plainer)
                                .then(Mono.<Void>fromRunnable(() -> features.learn(dress, plainer))))
                        .orElseGet(() -> Mono.error(failure)));
    }

    /**
     * The content without a copy. The SDK's own body of several buffers is not used: the CRT client sends it wrongly.
     * The length goes with the request.
     */
    static AsyncRequestBody body(Content content) {
        return AsyncRequestBody.fromPublisher(
                Flux.defer(() -> Flux.fromIterable(content.buffers())).filter(ByteBuffer::hasRemaining));
    }

    private static Optional<Tagging> tagging(PutOptions options) {
        return options.tags().isEmpty()
                ? Optional.empty()
                : Optional.of(Tagging.builder()
                        .tagSet(options.tags().entrySet().stream()
                                .map(tag -> Tag.builder()
                                        .key(tag.getKey())
                                        .value(tag.getValue())
                                        .build())
                                .toList())
                        .build());
    }

    private static String algorithm(ServerSideEncryption encryption) {
        return encryption instanceof ServerSideEncryption.Kms ? "aws:kms" : "AES256";
    }

    private static Optional<String> keyId(ServerSideEncryption encryption) {
        return encryption instanceof ServerSideEncryption.Kms kms ? kms.keyId() : Optional.empty();
    }
}
