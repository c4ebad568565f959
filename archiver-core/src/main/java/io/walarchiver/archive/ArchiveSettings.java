package io.walarchiver.archive;

import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.PutOptions;
import java.nio.file.Path;

/**
 * What an archive pipeline needs to be told.
 *
 * @param layout         where things are kept
 * @param digest         how original bytes are fingerprinted
 * @param segmentOptions tags and encryption of segments, partial segments and backup history files
 * @param historyOptions tags and encryption of timeline history files
 * @param parallelism    how many files look-ahead has in work at once, waiting for memory included; at least 1
 * @param stateDirectory a directory of our own for the journal and for short-lived files; created when missing
 */
public record ArchiveSettings(
        ArchiveLayout layout,
        DigestAlgorithm digest,
        PutOptions segmentOptions,
        PutOptions historyOptions,
        int parallelism,
        Path stateDirectory) {

    public ArchiveSettings {
        if (parallelism < 1) {
            throw new IllegalArgumentException("at least one file must be in work at a time, not " + parallelism);
        }
    }
}
