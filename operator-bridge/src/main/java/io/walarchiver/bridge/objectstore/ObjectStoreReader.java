package io.walarchiver.bridge.objectstore;

import io.walarchiver.bridge.objectstore.ObjectStoreSpec.AzureCredentials;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.Configuration;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.Data;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.GoogleCredentials;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.InstanceSidecar;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.S3Credentials;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.S3Options;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.SecretKey;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.Wal;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** From the tree of a manifest to its spec: types and words. How the fields fit together is {@link StoreRules}' affair. */
final class ObjectStoreReader {

    private static final Map<String, CompressionAlgorithm> WAL_COMPRESSION = Arrays.stream(
                    CompressionAlgorithm.values())
            .collect(Collectors.toUnmodifiableMap(CompressionAlgorithm::configurationName, Function.identity()));
    private static final Map<String, CompressionAlgorithm> DATA_COMPRESSION = WAL_COMPRESSION.entrySet().stream()
            .filter(entry ->
                    entry.getValue() != CompressionAlgorithm.ZSTD && entry.getValue() != CompressionAlgorithm.XZ)
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    private static final Map<String, String> ENCRYPTION = Map.of("", "", "AES256", "AES256", "aws:kms", "aws:kms");
    private static final Map<String, String> LOG_LEVEL =
            Map.of("error", "error", "warning", "warning", "info", "info", "debug", "debug", "trace", "trace");

    private final Problems problems;
    private final boolean unknownFieldsAreProblems;

    ObjectStoreReader(Problems problems, boolean unknownFieldsAreProblems) {
        this.problems = problems;
        this.unknownFieldsAreProblems = unknownFieldsAreProblems;
    }

    /** The spec of a whole ObjectStore document. */
    ObjectStoreSpec spec(FieldReader document) {
        if (document.field("spec").isEmpty()) {
            problems.add("spec", "is required");
        }
        FieldReader spec = document.objectOrEmpty("spec");
        if (document.field("spec").isPresent() && spec.field("configuration").isEmpty()) {
            problems.add("spec.configuration", "is required");
        }
        ObjectStoreSpec result = new ObjectStoreSpec(
                configuration(
                        spec.objectOrEmpty("configuration"),
                        spec.field("configuration").isPresent()),
                spec.text("retentionPolicy").filter(text -> !text.isEmpty()),
                spec.object("instanceSidecarConfiguration").map(this::instanceSidecar));
        finish(spec);
        return result;
    }

    private Configuration configuration(FieldReader fields, boolean present) {
        if (fields.field("serverName").isPresent()) {
            problems.add(
                    fields.pathOf("serverName"),
                    "is not allowed here: set it where the store is used (parameter serverName of the plugin, or --server)");
        }
        Configuration result = new Configuration(
                present ? fields.requiredText("destinationPath") : "",
                fields.text("endpointURL").filter(text -> !text.isEmpty()),
                secretKey(fields, "endpointCA"),
                fields.object("s3Credentials").map(this::s3Credentials),
                fields.object("azureCredentials").map(this::azureCredentials),
                fields.object("googleCredentials").map(this::googleCredentials),
                wal(fields.objectOrEmpty("wal")),
                data(fields.objectOrEmpty("data")),
                fields.textMap("tags"),
                fields.textMap("historyTags"),
                s3Options(fields.objectOrEmpty("s3")));
        finish(fields);
        return result;
    }

    private S3Credentials s3Credentials(FieldReader fields) {
        S3Credentials result = new S3Credentials(
                secretKey(fields, "accessKeyId"),
                secretKey(fields, "secretAccessKey"),
                secretKey(fields, "region"),
                secretKey(fields, "sessionToken"),
                fields.flag("inheritFromIAMRole"));
        finish(fields);
        return result;
    }

    private AzureCredentials azureCredentials(FieldReader fields) {
        AzureCredentials result = new AzureCredentials(
                secretKey(fields, "connectionString"),
                secretKey(fields, "storageAccount"),
                secretKey(fields, "storageKey"),
                secretKey(fields, "storageSasToken"),
                fields.flag("inheritFromAzureAD"),
                fields.flag("useDefaultAzureCredentials"));
        finish(fields);
        return result;
    }

    private GoogleCredentials googleCredentials(FieldReader fields) {
        GoogleCredentials result =
                new GoogleCredentials(secretKey(fields, "applicationCredentials"), fields.flag("gkeEnvironment"));
        finish(fields);
        return result;
    }

    private Wal wal(FieldReader fields) {
        Wal result = new Wal(
                fields.choice("compression", WAL_COMPRESSION).orElse(CompressionAlgorithm.NONE),
                encryption(fields),
                fields.integer("maxParallel", 1),
                fields.textList("archiveAdditionalCommandArgs"),
                fields.textList("restoreAdditionalCommandArgs"),
                fields.integer("compressionLevel", Integer.MIN_VALUE),
                fields.choice("digest", words(DigestChoice.values())));
        finish(fields);
        return result;
    }

    private Data data(FieldReader fields) {
        Data result = new Data(
                fields.choice("compression", DATA_COMPRESSION).orElse(CompressionAlgorithm.NONE),
                encryption(fields),
                fields.integer("jobs", 1),
                fields.flag("immediateCheckpoint"),
                fields.textList("additionalCommandArgs"),
                fields.textList("restoreAdditionalCommandArgs"));
        finish(fields);
        return result;
    }

    private S3Options s3Options(FieldReader fields) {
        S3Options result = new S3Options(
                fields.choice("addressingStyle", words(AddressingStyle.values())),
                fields.choice("checksumMode", words(ChecksumMode.values())),
                fields.integer("requestTimeoutSeconds", 1),
                fields.text("kmsKeyId").filter(text -> !text.isEmpty()));
        finish(fields);
        return result;
    }

    private InstanceSidecar instanceSidecar(FieldReader fields) {
        Optional<FieldReader> resources = fields.object("resources");
        InstanceSidecar result = new InstanceSidecar(
                fields.array("env"),
                resources.isPresent() ? fields.field("resources") : Optional.empty(),
                fields.integer("retentionPolicyIntervalSeconds", Integer.MIN_VALUE),
                fields.textList("additionalContainerArgs"),
                fields.choice("logLevel", LOG_LEVEL));
        for (int i = 0; i < result.additionalContainerArgs().size(); i++) {
            if (result.additionalContainerArgs().get(i).startsWith("--log-level")) {
                problems.add(
                        fields.pathOf("additionalContainerArgs") + "[" + i + "]",
                        "--log-level is not allowed here: set logLevel beside it");
            }
        }
        finish(fields);
        return result;
    }

    private Optional<SecretKey> secretKey(FieldReader fields, String name) {
        return fields.object(name).map(reference -> {
            SecretKey key = new SecretKey(reference.requiredText("name"), reference.requiredText("key"));
            finish(reference);
            return key;
        });
    }

    private static Optional<String> encryption(FieldReader fields) {
        return fields.choice("encryption", ENCRYPTION).filter(text -> !text.isEmpty());
    }

    private void finish(FieldReader fields) {
        if (unknownFieldsAreProblems) {
            fields.rejectUnknownFields();
        }
    }

    private static <E extends Enum<E>> Map<String, E> words(E[] constants) {
        return Arrays.stream(constants)
                .collect(Collectors.toUnmodifiableMap(
                        constant -> constant.name().toLowerCase(Locale.ROOT), Function.identity()));
    }
}
