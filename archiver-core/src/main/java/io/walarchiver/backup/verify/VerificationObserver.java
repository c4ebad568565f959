package io.walarchiver.backup.verify;

import io.walarchiver.store.ObjectKey;

/**
 * Is told how a verification goes on, for logs, metrics and progress. Called from several threads; must be quick and must
 * not throw.
 */
public interface VerificationObserver {

    /** Ignores everything. */
    VerificationObserver NONE = new VerificationObserver() {};

    /**
     * Names have been compared; reading begins.
     *
     * @param inventory the WAL there is
     * @param backups   how many backups there are
     */
    default void begun(WalInventory inventory, int backups) {}

    /**
     * An object was read to its end and is what it should be.
     *
     * @param storedBytes  its length in the store
     * @param contentBytes the length of what it holds
     */
    default void sound(ObjectKey key, long storedBytes, long contentBytes) {}

    /** Something is wrong. */
    default void found(Finding finding) {}

    /** An object could not be read, which says nothing about it. */
    default void unchecked(ObjectKey key, String reason) {}

    /** The verification is over. */
    default void finished(VerificationReport report) {}
}
