package io.walarchiver.archive;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;

/**
 * A WAL file that is durable in the archive, and what it took.
 *
 * @param name          the file
 * @param key           its object
 * @param outcome       how it came to be durable
 * @param asked         true when PostgreSQL asked for it, false for look-ahead
 * @param originalBytes length of the file
 * @param storedBytes   length of the object
 * @param stages        how long each stage took
 */
public record ArchivedFile(
        WalFileName name,
        ObjectKey key,
        Outcome outcome,
        boolean asked,
        long originalBytes,
        long storedBytes,
        Stages stages) {

    /** How a file came to be durable. */
    public enum Outcome {
        /** Uploaded now. */
        STORED,
        /** The archive already held the same content. */
        ALREADY_STORED
    }

    /**
     * Durations of one file.
     *
     * @param read     reading and checking the file, digest included
     * @param compress compressing it
     * @param put      from handing it to the store to the store's answer, retries included
     * @param total    from leaving the queue to durable, waiting for memory and threads included
     */
    public record Stages(Duration read, Duration compress, Duration put, Duration total) {}
}
