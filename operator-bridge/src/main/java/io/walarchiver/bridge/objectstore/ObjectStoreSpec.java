package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * {@code spec} of an ObjectStore, field by field as it is written. Fields of ours, unknown to the original resource, are
 * marked; all of them are optional, so that every existing manifest stays valid.
 *
 * @param configuration    the archive
 * @param retentionPolicy  recovery window such as {@code 30d}, {@code 4w} or {@code 3m}
 * @param instanceSidecar  {@code instanceSidecarConfiguration}: settings of the injected container
 */
public record ObjectStoreSpec(
        Configuration configuration, Optional<String> retentionPolicy, Optional<InstanceSidecar> instanceSidecar) {

    /**
     * {@code spec.configuration}.
     *
     * @param destinationPath root of the archive: {@code s3://bucket/prefix} or {@code file:///dir}
     * @param endpointURL     an S3-compatible service instead of Amazon's
     * @param endpointCA      certificates to trust at the endpoint
     * @param s3Credentials   selects S3
     * @param azureCredentials valid in a manifest, not supported
     * @param googleCredentials valid in a manifest, not supported
     * @param wal             settings of WAL files
     * @param data            settings of base backups
     * @param tags            object tags
     * @param historyTags     object tags of timeline history files
     * @param s3              ours: how to talk to the store
     */
    public record Configuration(
            String destinationPath,
            Optional<String> endpointURL,
            Optional<SecretKey> endpointCA,
            Optional<S3Credentials> s3Credentials,
            Optional<AzureCredentials> azureCredentials,
            Optional<GoogleCredentials> googleCredentials,
            Wal wal,
            Data data,
            Map<String, String> tags,
            Map<String, String> historyTags,
            S3Options s3) {

        /** Copies the collections. */
        public Configuration {
            tags = Map.copyOf(tags);
            historyTags = Map.copyOf(historyTags);
        }
    }

    /** One entry of a Secret in the namespace of the ObjectStore. */
    public record SecretKey(String name, String key) {}

    /**
     * {@code s3Credentials}.
     *
     * @param region             a Secret too; honoured with an inherited role as well
     * @param inheritFromIAMRole use what the surroundings of the process offer instead of keys
     */
    public record S3Credentials(
            Optional<SecretKey> accessKeyId,
            Optional<SecretKey> secretAccessKey,
            Optional<SecretKey> region,
            Optional<SecretKey> sessionToken,
            boolean inheritFromIAMRole) {}

    /** {@code azureCredentials}. */
    public record AzureCredentials(
            Optional<SecretKey> connectionString,
            Optional<SecretKey> storageAccount,
            Optional<SecretKey> storageKey,
            Optional<SecretKey> storageSasToken,
            boolean inheritFromAzureAD,
            boolean useDefaultAzureCredentials) {}

    /** {@code googleCredentials}. */
    public record GoogleCredentials(Optional<SecretKey> applicationCredentials, boolean gkeEnvironment) {}

    /**
     * {@code wal}.
     *
     * @param encryption       {@code AES256} or {@code aws:kms}
     * @param maxParallel      absent means {@link WalSettings#DEFAULT_MAX_PARALLEL}
     * @param compressionLevel ours: level of the algorithm, in barman's range for it
     * @param digest           ours: fingerprint noted with each object, {@code crc64nvme} (default) or {@code sha256}
     */
    public record Wal(
            CompressionAlgorithm compression,
            Optional<String> encryption,
            OptionalInt maxParallel,
            List<String> archiveAdditionalCommandArgs,
            List<String> restoreAdditionalCommandArgs,
            OptionalInt compressionLevel,
            Optional<DigestChoice> digest) {

        /** Copies the collections. */
        public Wal {
            archiveAdditionalCommandArgs = List.copyOf(archiveAdditionalCommandArgs);
            restoreAdditionalCommandArgs = List.copyOf(restoreAdditionalCommandArgs);
        }
    }

    /**
     * {@code data}.
     *
     * @param encryption          {@code AES256} or {@code aws:kms}
     * @param jobs                absent means 2
     * @param immediateCheckpoint whether the backup starts with a fast checkpoint
     */
    public record Data(
            CompressionAlgorithm compression,
            Optional<String> encryption,
            OptionalInt jobs,
            boolean immediateCheckpoint,
            List<String> additionalCommandArgs,
            List<String> restoreAdditionalCommandArgs) {

        /** Copies the collections. */
        public Data {
            additionalCommandArgs = List.copyOf(additionalCommandArgs);
            restoreAdditionalCommandArgs = List.copyOf(restoreAdditionalCommandArgs);
        }
    }

    /**
     * {@code s3}, an object of ours: settings that belong to the store and hold for every request to it.
     *
     * @param addressingStyle       {@code auto} (default), {@code path} or {@code virtual}
     * @param checksumMode          {@code auto} (default), {@code required} or {@code off}
     * @param requestTimeoutSeconds how long one request may take
     * @param kmsKeyId              the key for {@code encryption: aws:kms}
     */
    public record S3Options(
            Optional<AddressingStyle> addressingStyle,
            Optional<ChecksumMode> checksumMode,
            OptionalInt requestTimeoutSeconds,
            Optional<String> kmsKeyId) {}

    /**
     * {@code instanceSidecarConfiguration}.
     *
     * @param env       an array of core/v1 EnvVar, as written; its schema is Kubernetes' own and is not checked here
     * @param resources a core/v1 ResourceRequirements, as written and equally unchecked
     * @param retentionPolicyIntervalSeconds pause between two maintenance cycles; absent means 1800
     * @param additionalContainerArgs appended to the arguments of the container; none sets the log level
     * @param logLevel  one of error, warning, info, debug and trace
     */
    public record InstanceSidecar(
            Optional<JsonNode> env,
            Optional<JsonNode> resources,
            OptionalInt retentionPolicyIntervalSeconds,
            List<String> additionalContainerArgs,
            Optional<String> logLevel) {

        /** Copies the collections. */
        public InstanceSidecar {
            additionalContainerArgs = List.copyOf(additionalContainerArgs);
        }

        /** Without the environment: people put passwords there. */
        @Override
        public String toString() {
            return "InstanceSidecar[env=(hidden), resources=" + resources + ", retentionPolicyIntervalSeconds="
                    + retentionPolicyIntervalSeconds + ", additionalContainerArgs=" + additionalContainerArgs
                    + ", logLevel=" + logLevel + "]";
        }
    }
}
