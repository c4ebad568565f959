package io.walarchiver.testing;

import java.net.URI;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.MinIOContainer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** MinIO in a container, for what the embedded server cannot show. */
public final class MinioS3 implements S3Server {

    private static final String IMAGE = "minio/minio:RELEASE.2025-09-07T16-13-09Z";
    private static final String BUCKET = "wal-archive";
    private static final String REGION = "us-east-1";

    private final MinIOContainer container;

    private MinioS3(MinIOContainer container) {
        this.container = container;
    }

    /** Starts a server, or aborts the calling test with a message when this machine has no container engine. */
    public static MinioS3 startOrAbort() {
        Assumptions.assumeTrue(
                DockerClientFactory.instance().isDockerAvailable(),
                "not run: MinIO needs a container engine and none answers here; the embedded server runs the same suite");
        MinIOContainer container = new MinIOContainer(IMAGE);
        try {
            container.start();
            MinioS3 server = new MinioS3(container);
            try (S3Client client = server.client()) {
                client.createBucket(request -> request.bucket(BUCKET));
            }
            return server;
        } catch (RuntimeException e) {
            container.close();
            throw e;
        }
    }

    private S3Client client() {
        return S3Client.builder()
                .endpointOverride(endpoint())
                .forcePathStyle(true)
                .region(Region.of(REGION))
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKeyId(), secretAccessKey())))
                .build();
    }

    @Override
    public URI endpoint() {
        return URI.create(container.getS3URL());
    }

    @Override
    public String bucket() {
        return BUCKET;
    }

    @Override
    public String region() {
        return REGION;
    }

    @Override
    public String accessKeyId() {
        return container.getUserName();
    }

    @Override
    public String secretAccessKey() {
        return container.getPassword();
    }

    /** False: MinIO encrypts only when it is connected to a key service. */
    @Override
    public boolean acceptsEncryption() {
        return false;
    }

    @Override
    public boolean keepsTags() {
        return true;
    }

    @Override
    public boolean nestsKeys() {
        return true;
    }

    /** False: MinIO documents such keys as conflicting; both can be read, and a listing hides the longer one. */
    @Override
    public boolean listsNestedKeys() {
        return false;
    }

    @Override
    public boolean ordersSupplementaryCharactersByBytes() {
        return true;
    }

    @Override
    public void close() {
        container.close();
    }
}
