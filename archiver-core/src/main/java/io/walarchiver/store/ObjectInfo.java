package io.walarchiver.store;

import java.time.Instant;
import java.util.Map;

/**
 * What the store tells about an object.
 *
 * @param key          the full key
 * @param size         length of the stored bytes
 * @param lastModified when the store accepted it, by the store's clock
 * @param metadata     user metadata, names in lower case without the {@code x-amz-meta-} prefix; empty in a listing,
 *                     which does not carry it
 */
public record ObjectInfo(ObjectKey key, long size, Instant lastModified, Map<String, String> metadata) {

    public ObjectInfo {
        if (size < 0) {
            throw new IllegalArgumentException("the size of " + key + " cannot be negative: " + size);
        }
        metadata = Map.copyOf(metadata);
    }
}
