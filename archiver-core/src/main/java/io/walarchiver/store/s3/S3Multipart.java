package io.walarchiver.store.s3;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.util.Comparator;
import java.util.List;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** A multipart upload that the store knows by an id. */
final class S3Multipart implements MultipartUpload {

    private final S3AsyncClient client;
    private final S3Calls calls;
    private final S3Writes writes;
    private final String bucket;
    private final ObjectKey key;
    private final String uploadId;
    private final boolean checksums;

    S3Multipart(
            S3AsyncClient client,
            S3Calls calls,
            S3Writes writes,
            String bucket,
            ObjectKey key,
            String uploadId,
            boolean checksums) {
        this.client = client;
        this.calls = calls;
        this.writes = writes;
        this.bucket = bucket;
        this.key = key;
        this.uploadId = uploadId;
        this.checksums = checksums;
    }

    @Override
    public Mono<UploadedPart> uploadPart(int number, Content content) {
        return Mono.defer(() -> {
            String checksum = checksums ? Crc32c.of(content) : "";
            UploadPartRequest.Builder request = UploadPartRequest.builder()
                    .bucket(bucket)
                    .key(key.value())
                    .uploadId(uploadId)
                    .partNumber(number)
                    .contentLength(content.length());
            if (checksums) {
                request.checksumCRC32C(checksum);
            }
            UploadPartRequest built = request.build();
            return calls.run(
                            S3Call.sending(Operation.UPLOAD_PART, key, content),
                            () -> client.uploadPart(built, S3Writes.body(content)))
                    .map(answer -> new UploadedPart(number, answer.eTag(), checksum));
        });
    }

    @Override
    public Mono<Void> complete(List<UploadedPart> parts) {
        return complete(parts, false);
    }

    @Override
    public Mono<Void> completeIfAbsent(List<UploadedPart> parts) {
        return complete(parts, true);
    }

    private Mono<Void> complete(List<UploadedPart> parts, boolean conditional) {
        S3Call call = S3Call.of(Operation.COMPLETE_MULTIPART_UPLOAD, key);
        if (parts.isEmpty()) {
            return Mono.error(() -> calls.failures().rejected(call, "an upload has at least one part"));
        }
        List<CompletedPart> completed = parts.stream()
                .sorted(Comparator.comparingInt(UploadedPart::number))
                .map(S3Multipart::completed)
                .toList();
        return writes.dressed(key, call, conditional, dress -> {
            CompleteMultipartUploadRequest.Builder request = CompleteMultipartUploadRequest.builder()
                    .bucket(bucket)
                    .key(key.value())
                    .uploadId(uploadId)
                    .multipartUpload(upload -> upload.parts(completed));
            if (dress.conditional()) {
                request.ifNoneMatch("*");
            }
            CompleteMultipartUploadRequest built = request.build();
            return calls.run(call, () -> client.completeMultipartUpload(built));
        });
    }

    private static CompletedPart completed(UploadedPart part) {
        CompletedPart.Builder completed =
                CompletedPart.builder().partNumber(part.number()).eTag(part.etag());
        if (!part.checksum().isEmpty()) {
            completed.checksumCRC32C(part.checksum());
        }
        return completed.build();
    }

    @Override
    public Mono<Void> abort() {
        return calls.run(
                        S3Call.of(Operation.ABORT_MULTIPART_UPLOAD, key),
                        () -> client.abortMultipartUpload(request ->
                                request.bucket(bucket).key(key.value()).uploadId(uploadId)))
                .then()
                .onErrorResume(S3Multipart::isGone, gone -> Mono.empty());
    }

    private static boolean isGone(Throwable failure) {
        return failure instanceof StoreException.NotFound
                || (failure instanceof StoreException.Rejected rejected
                        && rejected.detail()
                                .code()
                                .filter("NoSuchUpload"::equals)
                                .isPresent());
    }
}
