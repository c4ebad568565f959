package io.walarchiver.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The full key of an object in its bucket (Amazon S3 User Guide, "Naming Amazon S3 objects").
 *
 * <p>Keys are compared byte by byte; nothing is decoded or normalised.
 *
 * @param value at most 1024 bytes of UTF-8; not empty, no leading slash, no {@code .} or {@code ..} between slashes,
 *              no control characters
 */
public record ObjectKey(String value) implements Comparable<ObjectKey> {

    private static final int MAX_BYTES = 1024;

    public ObjectKey {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("an object key cannot be empty");
        }
        if (value.startsWith("/")) {
            throw new IllegalArgumentException("an object key cannot start with a slash: " + value);
        }
        if (value.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new IllegalArgumentException("an object key has at most " + MAX_BYTES + " bytes: " + value);
        }
        if (value.chars().anyMatch(c -> c < 0x20 || c == 0x7F)) {
            throw new IllegalArgumentException("an object key cannot hold control characters: " + value);
        }
        for (String part : value.split("/", -1)) {
            if (part.equals(".") || part.equals("..")) {
                throw new IllegalArgumentException("an object key cannot hold a \"" + part + "\" part: " + value);
            }
        }
    }

    /** The part behind the last slash. */
    public String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    @Override
    public int compareTo(ObjectKey other) {
        // Not String's order: that of UTF-16 puts characters beyond U+FFFF before some that have fewer bytes.
        return Arrays.compareUnsigned(
                value.getBytes(StandardCharsets.UTF_8), other.value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return value;
    }
}
