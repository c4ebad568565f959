package io.walarchiver.bridge.objectstore;

import io.walarchiver.bridge.objectstore.ObjectStoreSpec.Configuration;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.S3Credentials;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How the fields of a spec have to fit together. Looks at no Secret. */
final class StoreRules {

    static final String CONFIGURATION = "spec.configuration";

    private static final Pattern RETENTION_POLICY = Pattern.compile("[1-9][0-9]{0,5}[dwm]");
    private static final int MAX_TAGS = 10;
    private static final int MAX_TAG_KEY_LENGTH = 128;
    private static final int MAX_TAG_VALUE_LENGTH = 256;

    private final Problems problems;

    StoreRules(Problems problems) {
        this.problems = problems;
    }

    void check(ObjectStoreSpec spec, Optional<Destination> destination) {
        Configuration configuration = spec.configuration();
        destination.ifPresent(known -> checkProvider(configuration, known));
        configuration.s3Credentials().ifPresent(this::checkS3Credentials);
        boolean kms = Stream.of(
                        configuration.wal().encryption(), configuration.data().encryption())
                .anyMatch(encryption -> encryption.equals(Optional.of("aws:kms")));
        if (configuration.s3().kmsKeyId().isPresent() && !kms) {
            problems.add(CONFIGURATION + ".s3.kmsKeyId", "a key needs encryption: aws:kms under wal or data");
        }
        checkTags(configuration.tags(), CONFIGURATION + ".tags");
        checkTags(configuration.historyTags(), CONFIGURATION + ".historyTags");
        spec.retentionPolicy()
                .filter(policy -> !RETENTION_POLICY.matcher(policy).matches())
                .ifPresent(policy -> problems.add(
                        "spec.retentionPolicy",
                        "\"" + policy + "\" is not a number of days, weeks or months, as in 30d, 4w or 3m"));
    }

    private void checkProvider(Configuration configuration, Destination destination) {
        List<String> blocks = new ArrayList<>();
        configuration.s3Credentials().ifPresent(block -> blocks.add("s3Credentials"));
        configuration.azureCredentials().ifPresent(block -> blocks.add("azureCredentials"));
        configuration.googleCredentials().ifPresent(block -> blocks.add("googleCredentials"));
        if (blocks.size() > 1) {
            problems.add(CONFIGURATION, "only one provider is possible, but it has " + String.join(" and ", blocks));
            return;
        }
        if (configuration.azureCredentials().isPresent()
                || configuration.googleCredentials().isPresent()) {
            problems.add(
                    CONFIGURATION + "." + blocks.get(0),
                    (configuration.azureCredentials().isPresent() ? "Azure Blob Storage" : "Google Cloud Storage")
                            + " is not supported: use an S3-compatible store or a directory (file:///directory)");
            return;
        }
        if (destination instanceof Destination.Unsupported unsupported) {
            problems.add(
                    CONFIGURATION + ".destinationPath",
                    "the scheme \"" + unsupported.scheme()
                            + "\" is not supported: expected s3://bucket/prefix or file:///directory");
        } else if (destination instanceof Destination.Bucket && blocks.isEmpty()) {
            problems.add(
                    CONFIGURATION + ".s3Credentials",
                    "is required for an s3:// destination: name the Secrets with the keys, or set inheritFromIAMRole: true");
        } else if (destination instanceof Destination.Directory && !blocks.isEmpty()) {
            problems.add(
                    CONFIGURATION + ".s3Credentials",
                    "does not go with a file:// destination: a directory needs no credentials");
        }
    }

    private void checkS3Credentials(S3Credentials credentials) {
        String path = CONFIGURATION + ".s3Credentials";
        boolean id = credentials.accessKeyId().isPresent();
        boolean secret = credentials.secretAccessKey().isPresent();
        if (credentials.inheritFromIAMRole()) {
            // The plugin this replaces passes over the keys in silence, so that such stores exist and work.
            if (id || secret) {
                problems.warn(path, "has keys and inheritFromIAMRole: the keys are ignored, take one of the two out");
            }
            if (credentials.sessionToken().isPresent()) {
                problems.warn(path + ".sessionToken", "is ignored with inheritFromIAMRole");
            }
        } else if (!id && !secret) {
            problems.add(path, "has neither accessKeyId and secretAccessKey nor inheritFromIAMRole: true");
        } else if (!id) {
            problems.add(path + ".accessKeyId", "is required beside secretAccessKey");
        } else if (!secret) {
            problems.add(path + ".secretAccessKey", "is required beside accessKeyId");
        }
    }

    private void checkTags(Map<String, String> tags, String path) {
        if (tags.size() > MAX_TAGS) {
            problems.add(path, "S3 allows at most " + MAX_TAGS + " tags on an object, these are " + tags.size());
        }
        tags.forEach((key, value) -> {
            if (key.isEmpty() || key.length() > MAX_TAG_KEY_LENGTH || value.length() > MAX_TAG_VALUE_LENGTH) {
                problems.add(
                        path + "." + key,
                        "S3 allows 1 to " + MAX_TAG_KEY_LENGTH + " characters in the name of a tag and up to "
                                + MAX_TAG_VALUE_LENGTH + " in its value");
            }
        });
    }
}
