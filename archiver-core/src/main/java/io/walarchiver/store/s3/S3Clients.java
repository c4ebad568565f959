package io.walarchiver.store.s3;

import io.walarchiver.store.s3.S3Settings.DefaultChain;
import io.walarchiver.store.s3.S3Settings.StaticKeys;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** Builds SDK clients from settings. */
final class S3Clients {

    /**
     * A download is requested in ranges of this size, and each range arrives as one array on the Java heap. A typical
     * compressed segment fits into one request; larger ranges would not fit into the heap of a small process.
     */
    static final long DOWNLOAD_PART_BYTES = 8 << 20;

    /** How much of one download may be on its way or waiting for its reader. */
    private static final long DOWNLOAD_WINDOW_BYTES = DOWNLOAD_PART_BYTES;

    /**
     * How many downloads may be open at once: an asked file and two ahead of it. Each can hold two ranges on the heap,
     * one with its reader and one that has arrived.
     */
    static final int OPEN_DOWNLOADS = 3;

    /** Largest object of a single PUT at Amazon: below it, an upload is never split behind our back. */
    private static final long NEVER_SPLIT_BELOW_BYTES = 5L << 30;

    /** The smallest limit that the CRT accepts. What bounds memory is the number of requests at once. */
    private static final long NATIVE_MEMORY_BYTES = 1L << 30;

    /** The smallest number of retries that the CRT honours; it takes zero for its default of three. */
    private static final int FEWEST_RETRIES = 1;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Pattern AMAZON_REGION =
            Pattern.compile("s3[.-](?:fips\\.|dualstack\\.)*([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?$");

    private S3Clients() {}

    static S3AsyncClient build(S3Settings settings, Executor callbacks) {
        NativeThreads.use();
        var builder = S3AsyncClient.crtBuilder()
                .region(Region.of(region(settings)))
                .credentialsProvider(credentials(settings))
                .forcePathStyle(settings.pathStyle())
                .crossRegionAccessEnabled(false)
                // The default would send aws-chunked bodies with a trailer, which several compatible stores refuse.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .minimumPartSizeInBytes(DOWNLOAD_PART_BYTES)
                .initialReadBufferSizeInBytes(DOWNLOAD_WINDOW_BYTES)
                .thresholdInBytes(NEVER_SPLIT_BELOW_BYTES)
                .maxNativeMemoryLimitInBytes(NATIVE_MEMORY_BYTES)
                .maxConcurrency(settings.maxConcurrency())
                .retryConfiguration(retries -> retries.numRetries(FEWEST_RETRIES))
                .httpConfiguration(http -> http.connectionTimeout(CONNECT_TIMEOUT))
                .futureCompletionExecutor(callbacks);
        settings.endpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    static String region(S3Settings settings) {
        if (settings.region().isPresent()) {
            return settings.region().get();
        }
        Optional<String> named = settings.endpoint().flatMap(S3Clients::regionInName);
        if (named.isPresent()) {
            return named.get();
        }
        if (settings.credentials() instanceof DefaultChain chain) {
            try {
                return surroundings(chain, settings.endpoint().isPresent())
                        .getRegion()
                        .id();
            } catch (SdkClientException e) {
                // They name none; at Amazon, the answer of the default region tells the right one.
                return Region.US_EAST_1.id();
            }
        }
        return Region.US_EAST_1.id();
    }

    /** Another service than Amazon's does not lie in the region of the instance, so that one is not asked. */
    private static AwsRegionProvider surroundings(DefaultChain chain, boolean otherService) {
        String profile = chain.profile().orElse(null);
        return otherService
                ? new AwsRegionProviderChain(
                        new SystemSettingsRegionProvider(), new AwsProfileRegionProvider(null, profile))
                : DefaultAwsRegionProviderChain.builder().profileName(profile).build();
    }

    private static Optional<String> regionInName(URI endpoint) {
        Matcher host = AMAZON_REGION.matcher(
                Objects.requireNonNullElse(endpoint.getHost(), "").toLowerCase(Locale.ROOT));
        return host.find() ? Optional.of(host.group(1)) : Optional.empty();
    }

    private static AwsCredentialsProvider credentials(S3Settings settings) {
        if (settings.credentials() instanceof DefaultChain chain) {
            return chain.profile().isPresent()
                    ? AwsCredentialsProviderChain.of(
                            ProfileCredentialsProvider.create(chain.profile().get()))
                    : DefaultCredentialsProvider.builder().build();
        }
        StaticKeys keys = (StaticKeys) settings.credentials();
        AwsCredentials credentials = keys.sessionToken().isPresent()
                ? AwsSessionCredentials.create(
                        keys.accessKeyId(),
                        keys.secretAccessKey(),
                        keys.sessionToken().get())
                : AwsBasicCredentials.create(keys.accessKeyId(), keys.secretAccessKey());
        return StaticCredentialsProvider.create(credentials);
    }
}
