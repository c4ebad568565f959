package io.walarchiver.restore;

import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;

/**
 * Is told what happens to restored files, for logs and metrics. Called from several threads; must be quick and must not
 * throw.
 */
public interface RestoreObserver {

    /** Ignores everything. */
    RestoreObserver NONE = new RestoreObserver() {};

    /** An asked file stands at its destination. */
    default void restored(RestoredFile file) {}

    /**
     * An asked file is proven absent.
     *
     * @param consecutiveMisses how many asked files in a row, this one included, were absent
     */
    default void notFound(WalFileName name, int consecutiveMisses) {}

    /** An asked file was not restored although it may be archived. */
    default void failed(WalFileName name, RestoreException failure) {}

    /** The store failed for an asked file; it is asked again after {@code delay}. */
    default void retrying(WalFileName name, StoreException failure, Duration delay) {}

    /** An asked file arrived damaged; it is fetched once more. */
    default void fetchingAgain(WalFileName name, RestoreException.Corrupt damage) {}

    /** A file not asked for yet is complete and verified in the spool. */
    default void prefetched(WalFileName name, long bytes) {}

    /** A file not asked for yet could not be fetched. It is forgotten; when asked for, it is fetched afresh. */
    default void prefetchFailed(WalFileName name, RestoreException failure) {}

    /** The spool cannot be used; everything is fetched when asked for. */
    default void spoolUnusable(RestoreException failure) {}

    /**
     * Prefetched files were deleted unused.
     *
     * @param files how many
     */
    default void spoolDropped(int files, DropReason reason) {}

    /** Why prefetched files were deleted unused. */
    enum DropReason {
        /** Replay moved to another timeline. */
        TIMELINE_CHANGED,
        /** Replay asked for an earlier segment. */
        JUMPED_BACK,
        /** Replay passed them or jumped beyond them. */
        PASSED,
        /** Nobody asked for anything for a while. */
        IDLE
    }
}
