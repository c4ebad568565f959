package io.walarchiver.bridge.objectstore;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How WAL files are stored and given back.
 *
 * @param compression      the algorithm of new objects
 * @param compressionLevel within the range of the algorithm; empty for the program's default
 * @param digest           the fingerprint noted with each object
 * @param encryption       asked of the store with each upload
 * @param maxParallel      how many files travel at once, at least 1
 * @param servePartial     whether a partial segment may be delivered when the whole one is absent
 */
public record WalSettings(
        CompressionAlgorithm compression,
        OptionalInt compressionLevel,
        DigestChoice digest,
        Optional<Encryption> encryption,
        int maxParallel,
        boolean servePartial) {

    /**
     * What an absent {@code maxParallel} means. The plugin this replaces takes one at a time, because each costs it a
     * process; here the memory budget is the limit, and files that wait for it cost nothing.
     */
    public static final int DEFAULT_MAX_PARALLEL = 4;

    /** Checks the range of the numbers. */
    public WalSettings {
        if (maxParallel < 1) {
            throw new IllegalArgumentException("maxParallel must be at least 1, not " + maxParallel);
        }
    }
}
