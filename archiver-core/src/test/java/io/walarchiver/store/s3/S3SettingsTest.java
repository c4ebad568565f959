package io.walarchiver.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.store.s3.S3Settings.Addressing;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.s3.S3AsyncClient;

final class S3SettingsTest {

    private static final S3Settings SETTINGS =
            S3Settings.of("bucket", new S3Settings.StaticKeys("AKID", "secret", Optional.empty()));

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a/b", "-a", "with space", "a?b"})
    void nonsenseBucketIsRefused(String bucket) {
        assertThatThrownBy(() -> S3Settings.of(bucket, SETTINGS.credentials()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(bucket);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://host", "host", "https://", "https://host?x=1", "https://host#x", "https:///path"})
    void nonsenseEndpointIsRefused(String endpoint) {
        assertThatThrownBy(() -> SETTINGS.withEndpoint(URI.create(endpoint.equals("https://") ? "https:/" : endpoint)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void credentialsInTheEndpointAreRefusedAndNotRepeated() {
        assertThatThrownBy(() -> SETTINGS.withEndpoint(URI.create("https://user:pa55word@host")))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("pa55word");
    }

    @Test
    void patienceMustBePositive() {
        assertThatThrownBy(() -> SETTINGS.withPatience(Duration.ZERO, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SETTINGS.withPatience(Duration.ofSeconds(1), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void emptyKeysAreRefused() {
        assertThatThrownBy(() -> new S3Settings.StaticKeys("", "secret", Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new S3Settings.StaticKeys("id", " ", Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "https://minio.example:9000, AUTO, https://minio.example:9000/bucket/a/b",
        "https://minio.example:9000, VIRTUAL, https://bucket.minio.example:9000/a/b",
        "https://s3.eu-west-1.amazonaws.com, AUTO, https://bucket.s3.eu-west-1.amazonaws.com/a/b",
        "https://s3.eu-west-1.amazonaws.com, PATH, https://s3.eu-west-1.amazonaws.com/bucket/a/b",
    })
    void bucketGoesWhereTheAddressingSays(URI endpoint, Addressing addressing, String url) {
        S3Settings settings = SETTINGS.withEndpoint(endpoint).withAddressing(addressing);
        ExecutorService callbacks = Executors.newSingleThreadExecutor();
        try (S3AsyncClient client = S3Clients.build(settings, callbacks)) {
            assertThat(client.utilities()
                            .getUrl(request -> request.bucket("bucket").key("a/b")))
                    .hasToString(url);
        } finally {
            callbacks.shutdown();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "https://s3.eu-west-1.amazonaws.com, eu-west-1",
        "https://s3-us-west-2.amazonaws.com, us-west-2",
        "https://s3.dualstack.ap-south-1.amazonaws.com, ap-south-1",
        "https://s3.cn-north-1.amazonaws.com.cn, cn-north-1",
        "https://s3.amazonaws.com, us-east-1",
        "https://minio.example:9000, us-east-1"
    })
    void regionComesFromTheEndpointOrTheDefault(URI endpoint, String region) {
        assertThat(S3Clients.region(SETTINGS.withEndpoint(endpoint))).isEqualTo(region);
    }
}
