package io.walarchiver.bridge.objectstore;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How base backups are stored.
 *
 * @param compression                one of none, bzip2, gzip, lz4 and snappy
 * @param compressionLevel           within the range of the algorithm; empty for the program's default
 * @param encryption                 asked of the store with each upload
 * @param jobs                       parallel uploads of parts, at least 1
 * @param immediateCheckpoint        whether the backup starts with a fast checkpoint
 * @param minPartSizeBytes           smallest part of an upload
 * @param maxArchiveSizeBytes        size at which a tar file is closed and the next one opened
 * @param maxBandwidthBytesPerSecond limit of the upload
 */
public record DataSettings(
        CompressionAlgorithm compression,
        OptionalInt compressionLevel,
        Optional<Encryption> encryption,
        int jobs,
        boolean immediateCheckpoint,
        OptionalLong minPartSizeBytes,
        OptionalLong maxArchiveSizeBytes,
        OptionalLong maxBandwidthBytesPerSecond) {

    /** Checks the range of the numbers. */
    public DataSettings {
        if (jobs < 1) {
            throw new IllegalArgumentException("jobs must be at least 1, not " + jobs);
        }
    }
}
