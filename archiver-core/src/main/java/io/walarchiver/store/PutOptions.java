package io.walarchiver.store;

import java.util.Map;
import java.util.Optional;

/**
 * What goes with an object besides its bytes.
 *
 * @param metadata   user metadata: lower-case ASCII names without the {@code x-amz-meta-} prefix, printable ASCII values
 * @param tags       object tags, at most ten (Amazon S3 User Guide, "Categorizing your storage using tags")
 * @param encryption server-side encryption to ask for; empty leaves it to the bucket's default
 */
public record PutOptions(
        Map<String, String> metadata, Map<String, String> tags, Optional<ServerSideEncryption> encryption) {

    /** No metadata, no tags, the bucket's own encryption. */
    public static final PutOptions NONE = new PutOptions(Map.of(), Map.of(), Optional.empty());

    private static final int MAX_TAGS = 10;

    public PutOptions {
        metadata = Map.copyOf(metadata);
        tags = Map.copyOf(tags);
        if (tags.size() > MAX_TAGS) {
            throw new IllegalArgumentException(
                    "an object can have at most " + MAX_TAGS + " tags, " + tags.size() + " are configured");
        }
    }

    /** The same options with other metadata. */
    public PutOptions withMetadata(Map<String, String> replacement) {
        return new PutOptions(replacement, tags, encryption);
    }
}
