package io.walarchiver.store.s3;

import static io.walarchiver.store.s3.ScriptedS3.choose;
import static io.walarchiver.store.s3.ScriptedS3.error;
import static io.walarchiver.store.s3.ScriptedS3.status;
import static io.walarchiver.store.s3.ScriptedS3.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.ObjectStore.DeleteFailure;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.ServerSideEncryption;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3Settings.Addressing;
import io.walarchiver.store.s3.S3Settings.ChecksumMode;
import io.walarchiver.store.s3.ScriptedS3.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes over the wire. */
final class S3RequestsTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final ObjectKey KEY = new ObjectKey("pg/wals/0000000100000000/000000010000000000000007");
    /** The check value of CRC-32C, big-endian and in base64: E3069283. */
    private static final String CRC32C_OF_DIGITS = "4waSgw==";

    private static final byte[] DIGITS = "123456789".getBytes(StandardCharsets.US_ASCII);
    private static final String NOT_IMPLEMENTED_CHECKSUM = "NotImplemented";

    private ScriptedS3 server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedS3().otherwise(status(200, "ETag: \"etag\""));
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private ObjectStore store(UnaryOperator<S3Settings> change) {
        S3Settings settings = S3Settings.of(
                        "bucket", new S3Settings.StaticKeys("AKID", "s3cr3t-value", Optional.of("t0ken-value")))
                .withEndpoint(server.endpoint())
                .withPatience(Duration.ofSeconds(5), 2);
        return S3ObjectStore.open(change.apply(settings), StoreObserver.NONE);
    }

    private static Content digits() {
        return Content.of(ByteBuffer.wrap(DIGITS));
    }

    @Test
    void conditionalPutIsOneRequestWithConditionAndChecksum() {
        PutOptions options = new PutOptions(
                Map.of("wal-archiver-length", "9"),
                Map.of("team", "a b/c"),
                Optional.of(new ServerSideEncryption.Kms(Optional.of("key-1"))));
        try (ObjectStore store = store(settings -> settings)) {
            store.putIfAbsent(KEY, digits(), options).block(LIMIT);
        }

        Request put = server.onlyRequest();
        assertThat(put.method()).isEqualTo("PUT");
        assertThat(put.target()).isEqualTo("/bucket/" + KEY);
        assertThat(put.body()).isEqualTo(DIGITS);
        assertThat(put.headers())
                .containsEntry("if-none-match", "*")
                .containsEntry("content-length", "9")
                .containsEntry("x-amz-checksum-crc32c", CRC32C_OF_DIGITS)
                .containsEntry("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
                .containsEntry("x-amz-meta-wal-archiver-length", "9")
                .containsEntry("x-amz-tagging", "team=a%20b%2Fc")
                .containsEntry("x-amz-server-side-encryption", "aws:kms")
                .containsEntry("x-amz-server-side-encryption-aws-kms-key-id", "key-1")
                .containsEntry("x-amz-security-token", "t0ken-value")
                .doesNotContainKeys("transfer-encoding", "content-encoding", "content-md5", "x-amz-trailer");
        assertThat(put.header("authorization")).contains("/us-east-1/s3/").contains("AKID");
    }

    @Test
    void plainPutHasNoConditionAndNoUnwantedHeaders() {
        try (ObjectStore store = store(settings -> settings.withChecksums(ChecksumMode.OFF))) {
            store.put(KEY, digits(), PutOptions.NONE).block(LIMIT);
        }

        assertThat(server.onlyRequest().headers().keySet())
                .noneMatch(name -> name.startsWith("x-amz-checksum") || name.startsWith("x-amz-sdk-checksum"))
                .noneMatch(name -> name.startsWith("x-amz-server-side-encryption"))
                .doesNotContain("if-none-match", "x-amz-tagging", "content-md5");
    }

    @Test
    void largePutAndGetAreOneRequestEach() {
        byte[] bytes = new byte[5 << 20];
        server.then(
                status(200, "ETag: \"etag\""),
                choose(get -> with(
                        206,
                        bytes,
                        "ETag: \"etag\"",
                        "Content-Range: bytes 0-" + (bytes.length - 1) + "/" + bytes.length)));
        try (ObjectStore store = store(settings -> settings)) {
            store.putIfAbsent(KEY, Content.of(ByteBuffer.allocateDirect(bytes.length)), PutOptions.NONE)
                    .block(LIMIT);
            Long read = store.get(
                            KEY,
                            (info, body) -> body.map(buffer -> (long) buffer.remaining())
                                    .reduce(0L, Long::sum))
                    .block(LIMIT);
            assertThat(read).isEqualTo(bytes.length);
        }
        assertThat(server.requests()).extracting(Request::method).containsExactly("PUT", "GET");
    }

    @Test
    void bucketGoesIntoTheHostWhenAskedFor() {
        // Names below localhost lead to the loopback interface (RFC 6761).
        URI endpoint = URI.create("http://localhost:" + server.port());
        try (ObjectStore store =
                store(settings -> settings.withEndpoint(endpoint).withAddressing(Addressing.VIRTUAL))) {
            try {
                store.put(KEY, digits(), PutOptions.NONE).block(LIMIT);
            } catch (StoreException.Unavailable e) {
                Assumptions.abort("not run: bucket.localhost does not resolve here");
            }
        }

        assertThat(server.onlyRequest().header("host")).isEqualTo("bucket.localhost:" + server.port());
        assertThat(server.onlyRequest().target()).isEqualTo("/" + KEY);
    }

    @Test
    void refusedChecksumIsLeftOutFromThenOn() {
        server.otherwise(choose(request -> request.header("x-amz-checksum-crc32c") == null
                ? status(200, "ETag: \"etag\"")
                : error(501, NOT_IMPLEMENTED_CHECKSUM)));
        try (ObjectStore store = store(settings -> settings)) {
            store.putIfAbsent(KEY, digits(), PutOptions.NONE).block(LIMIT);
            store.putIfAbsent(KEY, digits(), PutOptions.NONE).block(LIMIT);
        }

        assertThat(server.requests())
                .extracting(request -> request.header("x-amz-checksum-crc32c") != null)
                .containsExactly(true, false, false);
        assertThat(server.requests())
                .allSatisfy(
                        request -> assertThat(request.header("if-none-match")).isEqualTo("*"));
    }

    @Test
    void requiredChecksumIsNeverLeftOut() {
        server.otherwise(error(501, NOT_IMPLEMENTED_CHECKSUM));
        try (ObjectStore store = store(settings -> settings.withChecksums(ChecksumMode.REQUIRED))) {
            StoreException failure = assertThrows(
                    StoreException.Rejected.class,
                    () -> store.put(KEY, digits(), PutOptions.NONE).block(LIMIT));
            assertThat(failure.detail().code()).contains("NotImplemented");
            assertThat(failure.detail().status()).isEqualTo(501);
            assertThat(failure.detail().requestId()).contains("req-7");
        }
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void storeWithoutConditionalWritesIsLookedAtFirst() {
        server.otherwise(choose(request -> switch (request.method()) {
            case "HEAD" -> status(404);
            case "GET" -> error(404, "NoSuchKey");
            default ->
                request.header("if-none-match") == null ? status(200, "ETag: \"etag\"") : error(501, "NotImplemented");
        }));
        try (ObjectStore store = store(settings -> settings)) {
            store.putIfAbsent(KEY, digits(), PutOptions.NONE).block(LIMIT);
            int learning = server.requests().size();
            store.putIfAbsent(KEY, digits(), PutOptions.NONE).block(LIMIT);

            List<Request> second =
                    server.requests().subList(learning, server.requests().size());
            assertThat(second).extracting(Request::method).containsExactly("HEAD", "GET", "PUT");
            assertThat(second).allMatch(request -> request.header("if-none-match") == null);

            server.otherwise(choose(request -> request.method().equals("HEAD")
                    ? with(200, "", "Content-Length: 9", "Last-Modified: Wed, 01 Jul 2026 10:00:00 GMT")
                    : error(500, "the object must not be replaced")));
            assertThrows(
                    StoreException.AlreadyExists.class,
                    () -> store.putIfAbsent(KEY, digits(), PutOptions.NONE).block(LIMIT));
        }
    }

    @Test
    void unsupportedEncryptionDoesNotTeachAnything() {
        server.then(error(501, "NotImplemented"), error(501, "NotImplemented"));
        PutOptions encrypted = new PutOptions(Map.of(), Map.of(), Optional.of(new ServerSideEncryption.Aes256()));
        try (ObjectStore store = store(settings -> settings)) {
            assertThrows(
                    StoreException.Rejected.class,
                    () -> store.put(KEY, digits(), encrypted).block(LIMIT));
            store.put(KEY, digits(), PutOptions.NONE).block(LIMIT);
        }
        assertThat(server.requests()).hasSize(3);
        assertThat(server.requests().get(0).header("x-amz-server-side-encryption"))
                .isEqualTo("AES256");
        assertThat(server.requests().get(2).header("x-amz-checksum-crc32c")).isEqualTo(CRC32C_OF_DIGITS);
    }

    @Test
    void multipartSendsEncryptionAndTagsAtTheStartOnly() {
        PutOptions options =
                new PutOptions(Map.of(), Map.of("team", "x"), Optional.of(new ServerSideEncryption.Aes256()));
        server.then(
                with(200, "<InitiateMultipartUploadResult><UploadId>up-1</UploadId></InitiateMultipartUploadResult>"),
                status(200, "ETag: \"part\""),
                with(200, "<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>"));
        try (ObjectStore store = store(settings -> settings)) {
            MultipartUpload upload =
                    Objects.requireNonNull(store.startMultipart(KEY, options).block(LIMIT));
            MultipartUpload.UploadedPart part =
                    Objects.requireNonNull(upload.uploadPart(1, digits()).block(LIMIT));
            assertThat(part.checksum()).isEqualTo(CRC32C_OF_DIGITS);
            upload.completeIfAbsent(List.of(part)).block(LIMIT);
        }

        List<Request> requests = server.requests();
        assertThat(requests).hasSize(3);
        assertThat(requests.get(0).headers())
                .containsEntry("x-amz-server-side-encryption", "AES256")
                .containsEntry("x-amz-tagging", "team=x")
                .containsEntry("x-amz-checksum-algorithm", "CRC32C");
        assertThat(requests.get(1).target()).contains("partNumber=1").contains("uploadId=up-1");
        assertThat(requests.get(1).headers())
                .containsEntry("x-amz-checksum-crc32c", CRC32C_OF_DIGITS)
                .doesNotContainKeys("x-amz-server-side-encryption", "x-amz-tagging", "if-none-match");
        assertThat(requests.get(2).headers()).containsEntry("if-none-match", "*");
        assertThat(new String(requests.get(2).body(), StandardCharsets.UTF_8))
                .contains("<ChecksumCRC32C>" + CRC32C_OF_DIGITS + "</ChecksumCRC32C>");
    }

    @Test
    void batchDeleteIsRememberedAsRefused() {
        server.otherwise(
                choose(request -> request.method().equals("POST") ? error(501, "NotImplemented") : status(204)));
        List<ObjectKey> keys = List.of(new ObjectKey("a"), new ObjectKey("b"));
        try (ObjectStore store = store(settings -> settings)) {
            assertThat(store.delete(keys).collectList().block(LIMIT)).isEmpty();
            assertThat(store.delete(keys).collectList().block(LIMIT)).isEmpty();
        }
        assertThat(server.requests())
                .extracting(Request::method)
                .containsExactly("POST", "DELETE", "DELETE", "DELETE", "DELETE");
    }

    @Test
    void keysThatStayAreReportedWithTheirReason() {
        server.then(with(
                200,
                "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>locked</Message></Error>"
                        + "</DeleteResult>"));
        try (ObjectStore store = store(settings -> settings)) {
            List<DeleteFailure> failures = store.delete(List.of(new ObjectKey("a"), new ObjectKey("b")))
                    .collectList()
                    .block(LIMIT);
            assertThat(failures).hasSize(1);
            assertThat(Objects.requireNonNull(failures).get(0).key()).isEqualTo(new ObjectKey("a"));
            assertThat(failures.get(0).cause())
                    .isInstanceOf(StoreException.AccessDenied.class)
                    .hasMessageContaining("locked");
        }
    }

    @Test
    void nextPageIsNotAskedForBeforeItIsNeeded() {
        server.then(with(200, page("a", "b", "token-1")), with(200, page("c", "d", null)));
        try (ObjectStore store = store(settings -> settings)) {
            assertThat(store.list("").take(2).map(ObjectInfo::key).collectList().block(LIMIT))
                    .containsExactly(new ObjectKey("a"), new ObjectKey("b"));
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void listingThatDoesNotAdvanceIsAnError() {
        server.otherwise(with(200, page("a", "b", "token-1")));
        try (ObjectStore store = store(settings -> settings)) {
            assertThrows(StoreException.Rejected.class, () -> store.list("").blockLast(LIMIT));
        }
        assertThat(server.requests()).hasSize(2);
    }

    private static String page(String first, String second, @Nullable String next) {
        StringBuilder page = new StringBuilder("<ListBucketResult><EncodingType>url</EncodingType>");
        page.append("<IsTruncated>").append(next != null).append("</IsTruncated>");
        if (next != null) {
            page.append("<NextContinuationToken>").append(next).append("</NextContinuationToken>");
        }
        for (String key : List.of(first, second)) {
            page.append("<Contents><Key>")
                    .append(key)
                    .append("</Key><LastModified>2026-07-01T10:00:00.000Z</LastModified><Size>1</Size></Contents>");
        }
        return page.append("</ListBucketResult>").toString();
    }

    @Test
    void secretsAreNotPrinted() {
        S3Settings settings =
                S3Settings.of("bucket", new S3Settings.StaticKeys("AKID", "s3cr3t-value", Optional.of("t0ken-value")));
        assertThat(settings.toString()).contains("AKID").doesNotContain("s3cr3t-value", "t0ken-value");
    }
}
