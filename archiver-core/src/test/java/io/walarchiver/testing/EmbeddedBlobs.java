package io.walarchiver.testing;

import java.io.InputStream;
import java.util.Comparator;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Objects in a file system, which knows no empty names: {@code a//b} is the file {@code a/b}. Here they are two keys. Parts
 * of uploads can be refused.
 */
final class EmbeddedBlobs extends ForwardingBlobStore {

    /** Stands for an empty name. */
    private static final String EMPTY = "/\u2205/";

    private volatile boolean refusingParts;

    EmbeddedBlobs(BlobStore files) {
        super(files);
    }

    void refuseParts(boolean refuse) {
        refusingParts = refuse;
    }

    private static String path(String key) {
        return key.replace("//", EMPTY);
    }

    private static String key(String path) {
        return path.replace(EMPTY, "//");
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream content) {
        return super.putBlob(request.toBuilder().key(path(request.key())).build(), content);
    }

    @Override
    public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
        return super.blobMetadata(request.toBuilder().key(path(request.key())).build());
    }

    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
        return super.getBlob(request.toBuilder().key(path(request.key())).build());
    }

    @Override
    public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
        return super.removeBlob(request.toBuilder().key(path(request.key())).build());
    }

    @Override
    public DeleteObjectsResponse removeBlobs(DeleteObjectsRequest request) {
        DeleteObjectsResponse response = super.removeBlobs(request.toBuilder()
                .delete(request.delete().toBuilder()
                        .objects(request.delete().objects().stream()
                                .map(object -> object.toBuilder()
                                        .key(path(object.key()))
                                        .build())
                                .toArray(ObjectIdentifier[]::new))
                        .build())
                .build());
        return response.toBuilder()
                .deleted(response.deleted().stream()
                        .map(gone -> gone.toBuilder().key(key(gone.key())).build())
                        .toList())
                .errors(response.errors().stream()
                        .map(error -> error.toBuilder().key(key(error.key())).build())
                        .toList())
                .build();
    }

    /** In order of the keys within a page only: for archives that fit on one. */
    @Override
    public ListObjectsV2Response list(ListObjectsV2Request request) {
        String prefix = request.prefix();
        ListObjectsV2Response response = super.list(
                request.toBuilder().prefix(prefix == null ? null : path(prefix)).build());
        return response.toBuilder()
                .prefix(prefix)
                .contents(response.contents().stream()
                        .map(object -> object.toBuilder().key(key(object.key())).build())
                        .sorted(Comparator.comparing(S3Object::key))
                        .toList())
                .commonPrefixes(response.commonPrefixes().stream()
                        .map(common ->
                                common.toBuilder().prefix(key(common.prefix())).build())
                        .sorted(Comparator.comparing(CommonPrefix::prefix))
                        .toList())
                .build();
    }

    @Override
    public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
        return super.initiateMultipartUpload(
                request.toBuilder().key(path(request.key())).build());
    }

    @Override
    public UploadPartResponse uploadMultipartPart(
            MultipartUpload upload, UploadPartRequest request, InputStream content) {
        if (refusingParts) {
            throw S3Exceptions.fromStatusCode(403);
        }
        return super.uploadMultipartPart(upload, request, content);
    }
}
