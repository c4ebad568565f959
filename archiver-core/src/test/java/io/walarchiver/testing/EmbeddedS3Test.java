package io.walarchiver.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What the other tests rely on: the embedded server is strict about who asks and about conditional writes. */
class EmbeddedS3Test {

    @Test
    void conditionalWriteOfTakenKeyIsRefused() {
        try (EmbeddedS3 server = EmbeddedS3.start();
                S3Client client = client(server, server.secretAccessKey())) {
            create(client, server, "first");

            assertThatThrownBy(() -> create(client, server, "second"))
                    .isInstanceOfSatisfying(
                            S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
            assertThat(client.getObjectAsBytes(
                                    request -> request.bucket(server.bucket()).key("key"))
                            .asUtf8String())
                    .isEqualTo("first");
        }
    }

    @Test
    void wrongSecretIsRefused() {
        try (EmbeddedS3 server = EmbeddedS3.start();
                S3Client client = client(server, "not-the-secret")) {
            assertThatThrownBy(() -> create(client, server, "bytes"))
                    .isInstanceOfSatisfying(
                            S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
        }
    }

    @Test
    void objectsCanBeKeptInDirectory(@TempDir Path directory) {
        try (EmbeddedS3 server = EmbeddedS3.startIn(directory);
                S3Client client = client(server, server.secretAccessKey())) {
            create(client, server, "bytes");

            assertThat(directory).isDirectoryRecursivelyContaining("glob:**/key");
        }
    }

    @Test
    void openUploadsAreCounted() {
        try (EmbeddedS3 server = EmbeddedS3.start();
                S3Client client = client(server, server.secretAccessKey())) {
            client.createMultipartUpload(
                    request -> request.bucket(server.bucket()).key("key"));

            assertThat(server.openUploads()).isEqualTo(1);
        }
    }

    @Test
    void anEmptyNameMakesAnotherKey() {
        try (EmbeddedS3 server = EmbeddedS3.start();
                S3Client client = client(server, server.secretAccessKey())) {
            for (String key : List.of("a/b", "a//b", "a//c")) {
                client.putObject(request -> request.bucket(server.bucket()).key(key), RequestBody.fromString(key));
            }
            client.deleteObjects(request -> request.bucket(server.bucket())
                    .delete(keys ->
                            keys.objects(ObjectIdentifier.builder().key("a//c").build())));

            assertThat(client.getObjectAsBytes(
                                    request -> request.bucket(server.bucket()).key("a//b"))
                            .asUtf8String())
                    .isEqualTo("a//b");
            assertThat(client.listObjectsV2(
                                    request -> request.bucket(server.bucket()).prefix("a/"))
                            .contents())
                    .extracting(S3Object::key)
                    .containsExactly("a//b", "a/b");
            assertThat(client.listObjectsV2(request ->
                                    request.bucket(server.bucket()).prefix("a/").delimiter("/"))
                            .commonPrefixes())
                    .extracting(CommonPrefix::prefix)
                    .containsExactly("a//");
        }
    }

    @Test
    void partsCanBeRefused() {
        try (EmbeddedS3 server = EmbeddedS3.start();
                S3Client client = client(server, server.secretAccessKey())) {
            String id = client.createMultipartUpload(
                            request -> request.bucket(server.bucket()).key("key"))
                    .uploadId();
            server.refuseParts(true);
            assertThatThrownBy(() -> client.uploadPart(
                            request -> request.bucket(server.bucket())
                                    .key("key")
                                    .uploadId(id)
                                    .partNumber(1),
                            RequestBody.fromString("part")))
                    .isInstanceOfSatisfying(
                            S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
        }
    }

    private static void create(S3Client client, S3Server server, String text) {
        client.putObject(
                request -> request.bucket(server.bucket()).key("key").ifNoneMatch("*"), RequestBody.fromString(text));
    }

    private static S3Client client(S3Server server, String secret) {
        return S3Client.builder()
                .endpointOverride(server.endpoint())
                .forcePathStyle(true)
                .region(Region.of(server.region()))
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(server.accessKeyId(), secret)))
                .build();
    }
}
