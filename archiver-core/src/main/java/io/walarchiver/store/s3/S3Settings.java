package io.walarchiver.store.s3;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Everything needed to reach one bucket. Secrets do not appear in {@link #toString()}.
 *
 * @param bucket         the bucket, which must exist
 * @param endpoint       scheme and host of an S3-compatible service; empty selects Amazon's endpoint of the region
 * @param region         the region that requests are signed for; see {@link #of} for the default
 * @param addressing     whether the bucket goes into the path or the host name
 * @param credentials    who we are
 * @param caBundle       certificates in PEM form, trusted besides those of the system
 * @param checksums      whether uploads carry a CRC32C header
 * @param requestTimeout deadline of one attempt with an empty body; bodies get a second more for each MiB
 * @param attempts       how often a request is tried in all when failures are transient
 * @param maxConcurrency how many requests may be on the wire at once
 */
public record S3Settings(
        String bucket,
        Optional<URI> endpoint,
        Optional<String> region,
        Addressing addressing,
        Credentials credentials,
        Optional<String> caBundle,
        ChecksumMode checksums,
        Duration requestTimeout,
        int attempts,
        int maxConcurrency) {

    /** Default deadline of one attempt: one minute. */
    public static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(60);

    /** Default number of attempts: five. */
    public static final int DEFAULT_ATTEMPTS = 5;

    /** Default number of requests on the wire: eight. */
    public static final int DEFAULT_MAX_CONCURRENCY = 8;

    public S3Settings {
        // Laxer than Amazon's rules: other services allow capitals and underscores.
        if (!bucket.matches("[A-Za-z0-9][A-Za-z0-9._-]{1,254}")) {
            throw new IllegalArgumentException("not the name of a bucket: \"" + bucket + "\"");
        }
        endpoint.ifPresent(S3Settings::checkEndpoint);
        if (region.isPresent() && !region.get().matches("[A-Za-z0-9_-]+")) {
            throw new IllegalArgumentException("not the name of a region: \"" + region.get() + "\"");
        }
        if (requestTimeout.isNegative() || requestTimeout.isZero()) {
            throw new IllegalArgumentException("the request timeout must be positive, not " + requestTimeout);
        }
        if (attempts < 1) {
            throw new IllegalArgumentException("at least one attempt is needed, not " + attempts);
        }
        if (maxConcurrency < 1) {
            throw new IllegalArgumentException("at least one request at once is needed, not " + maxConcurrency);
        }
    }

    private static void checkEndpoint(URI endpoint) {
        String scheme = Objects.requireNonNullElse(endpoint.getScheme(), "").toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("the endpoint must start with http:// or https://: " + endpoint);
        }
        if (endpoint.getUserInfo() != null) {
            throw new IllegalArgumentException("the endpoint must not hold credentials");
        }
        if (endpoint.getHost() == null || endpoint.getQuery() != null || endpoint.getFragment() != null) {
            throw new IllegalArgumentException("the endpoint must be a scheme and a host: " + endpoint);
        }
    }

    /**
     * Amazon S3 with the defaults. Without a region, requests are signed for the region in the name of an Amazon
     * endpoint, else for the one that the environment of {@link DefaultChain} names, else for {@code us-east-1}, which
     * is what most compatible services expect.
     */
    public static S3Settings of(String bucket, Credentials credentials) {
        return new S3Settings(
                bucket,
                Optional.empty(),
                Optional.empty(),
                Addressing.AUTO,
                credentials,
                Optional.empty(),
                ChecksumMode.AUTO,
                DEFAULT_REQUEST_TIMEOUT,
                DEFAULT_ATTEMPTS,
                DEFAULT_MAX_CONCURRENCY);
    }

    /** The same settings for another service. */
    public S3Settings withEndpoint(URI other) {
        return new S3Settings(
                bucket,
                Optional.of(other),
                region,
                addressing,
                credentials,
                caBundle,
                checksums,
                requestTimeout,
                attempts,
                maxConcurrency);
    }

    /** The same settings with another way of naming the bucket. */
    public S3Settings withAddressing(Addressing other) {
        return new S3Settings(
                bucket,
                endpoint,
                region,
                other,
                credentials,
                caBundle,
                checksums,
                requestTimeout,
                attempts,
                maxConcurrency);
    }

    /** The same settings with more certificates to trust. */
    public S3Settings withCaBundle(String pem) {
        return new S3Settings(
                bucket,
                endpoint,
                region,
                addressing,
                credentials,
                Optional.of(pem),
                checksums,
                requestTimeout,
                attempts,
                maxConcurrency);
    }

    /** The same settings with another checksum mode. */
    public S3Settings withChecksums(ChecksumMode other) {
        return new S3Settings(
                bucket,
                endpoint,
                region,
                addressing,
                credentials,
                caBundle,
                other,
                requestTimeout,
                attempts,
                maxConcurrency);
    }

    /** The same settings with another deadline and number of attempts. */
    public S3Settings withPatience(Duration timeoutOfOneAttempt, int numberOfAttempts) {
        return new S3Settings(
                bucket,
                endpoint,
                region,
                addressing,
                credentials,
                caBundle,
                checksums,
                timeoutOfOneAttempt,
                numberOfAttempts,
                maxConcurrency);
    }

    /** Where objects go, for messages. */
    String location() {
        return "s3://" + bucket + " at "
                + endpoint.map(URI::toString)
                        .or(() -> region.map(name -> "region " + name))
                        .orElse("Amazon S3");
    }

    boolean usesTls() {
        return endpoint.isEmpty() || !"http".equalsIgnoreCase(endpoint.get().getScheme());
    }

    /** Whether the bucket goes into the path. */
    boolean pathStyle() {
        return switch (addressing) {
            case PATH -> true;
            case VIRTUAL -> false;
            case AUTO -> endpoint.isPresent() && !isAmazon(endpoint.get());
        };
    }

    static boolean isAmazon(URI endpoint) {
        String host = Objects.requireNonNullElse(endpoint.getHost(), "").toLowerCase(Locale.ROOT);
        return host.endsWith(".amazonaws.com") || host.endsWith(".amazonaws.com.cn");
    }

    /** Where the name of the bucket goes. */
    public enum Addressing {
        /** Into the path, except at Amazon, where it goes into the host name. */
        AUTO,
        /** {@code https://host/bucket/key}. */
        PATH,
        /** {@code https://bucket.host/key}. */
        VIRTUAL
    }

    /** Whether uploads carry {@code x-amz-checksum-crc32c}, which the store compares with what arrived. */
    public enum ChecksumMode {
        /** Yes, until the store refuses the header. */
        AUTO,
        /** Yes; a store that refuses the header cannot be used. */
        REQUIRED,
        /** No. */
        OFF
    }

    /** Who we are. */
    public sealed interface Credentials {}

    /**
     * An access key.
     *
     * @param sessionToken for temporary keys
     */
    public record StaticKeys(String accessKeyId, String secretAccessKey, Optional<String> sessionToken)
            implements Credentials {

        public StaticKeys {
            if (accessKeyId.isBlank() || secretAccessKey.isBlank()) {
                throw new IllegalArgumentException("the access key id and the secret access key cannot be empty");
            }
        }

        @Override
        public String toString() {
            return "StaticKeys[" + accessKeyId + "]";
        }
    }

    /**
     * Whatever the surroundings provide: environment variables, a web identity token (IRSA), the shared configuration
     * files, container credentials (EKS Pod Identity, ECS), the instance's role. Renewed by the SDK.
     *
     * @param profile a profile of the shared configuration files, which is then the only thing that is asked, as with
     *                the {@code --aws-profile} of barman-cloud: the variables of the environment do not override it
     */
    public record DefaultChain(Optional<String> profile) implements Credentials {

        public DefaultChain {
            if (profile.isPresent() && profile.get().isBlank()) {
                throw new IllegalArgumentException("the name of the profile cannot be empty");
            }
        }
    }
}
