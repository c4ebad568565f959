package io.walarchiver.restore;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;
import java.util.Optional;

/**
 * A WAL file that stands complete and verified at its destination, and what it took.
 *
 * @param name          the file that was asked for
 * @param source        where its bytes came from
 * @param key           its object; that of a partial segment when the complete one is not archived
 * @param originalBytes length of the file
 * @param storedBytes   length of the object
 * @param stages        how long each stage took
 */
public record RestoredFile(
        WalFileName name, Source source, Optional<ObjectKey> key, long originalBytes, long storedBytes, Stages stages) {

    /** Where the bytes came from. */
    public enum Source {
        /** From the spool: fetched and verified before it was asked for, or while it was. */
        PREFETCHED,
        /** From the store, because it was asked for. */
        FETCHED
    }

    /**
     * Durations of one file.
     *
     * @param get        from asking the store to the last byte; for a prefetched file, what it took back then
     * @param decompress decompression and verification; for a prefetched file, what it took back then
     * @param deliver    writing and renaming; for a prefetched file the rename
     * @param total      from the question to the answer, waiting and retries included
     */
    public record Stages(Duration get, Duration decompress, Duration deliver, Duration total) {}

    RestoredFile withTotal(Duration total) {
        return new RestoredFile(
                name,
                source,
                key,
                originalBytes,
                storedBytes,
                new Stages(stages.get(), stages.decompress(), stages.deliver(), total));
    }

    RestoredFile asPrefetched(Duration deliver) {
        return new RestoredFile(
                name,
                Source.PREFETCHED,
                key,
                originalBytes,
                storedBytes,
                new Stages(stages.get(), stages.decompress(), deliver, stages.total()));
    }
}
