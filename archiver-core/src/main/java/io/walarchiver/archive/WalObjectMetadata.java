package io.walarchiver.archive;

import io.walarchiver.codec.ContentDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What we record beside a WAL object: its original length, the digest of its original bytes and the cluster it comes
 * from. Objects written by barman-cloud have none of it.
 *
 * @param length           original length in bytes
 * @param digest           of the original bytes
 * @param systemIdentifier PostgreSQL's system identifier (unsigned); absent when the control file could not be read
 */
public record WalObjectMetadata(long length, ContentDigest digest, OptionalLong systemIdentifier) {

    private static final String LENGTH = "wal-archiver-length";
    private static final String DIGEST = "wal-archiver-digest";
    private static final String SYSTEM_IDENTIFIER = "wal-archiver-system-identifier";

    /** As user metadata of an object. */
    public Map<String, String> toMetadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(LENGTH, Long.toString(length));
        metadata.put(DIGEST, digest.toString());
        systemIdentifier.ifPresent(id -> metadata.put(SYSTEM_IDENTIFIER, Long.toUnsignedString(id)));
        return metadata;
    }

    /**
     * Reads user metadata; empty when the object was not written by us.
     *
     * @throws IllegalArgumentException when it was, and the values make no sense
     */
    public static Optional<WalObjectMetadata> of(Map<String, String> metadata) {
        String length = metadata.get(LENGTH);
        String digest = metadata.get(DIGEST);
        if (length == null || digest == null) {
            return Optional.empty();
        }
        String id = metadata.get(SYSTEM_IDENTIFIER);
        return Optional.of(new WalObjectMetadata(
                Long.parseLong(length),
                ContentDigest.parse(digest),
                id == null ? OptionalLong.empty() : OptionalLong.of(Long.parseUnsignedLong(id))));
    }
}
