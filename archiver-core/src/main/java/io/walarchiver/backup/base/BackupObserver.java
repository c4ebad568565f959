package io.walarchiver.backup.base;

import java.time.Duration;

/**
 * Is told what a backup does, for logs, metrics and people. Called from several threads; must be quick and must not throw.
 */
public interface BackupObserver {

    /** Ignores everything. */
    BackupObserver NONE = new BackupObserver() {};

    /** A new phase begins. */
    default void phaseBegan(BackupProgress progress) {}

    /** Another piece was stored. */
    default void progressed(BackupProgress progress) {}

    /**
     * A page does not have the checksum it carries. Called for each of them; the first few are logged
     * already.
     */
    default void pageIsDamaged(DamagedPage page) {}

    /**
     * Nothing can be done but wait for WAL to be archived; called every minute, after it was logged.
     *
     * @param what   what is waited for, for people
     * @param waited since when
     */
    default void waitingForWal(String what, Duration waited) {}

    /** The backup is whole, and so is its record; what is missing is a comfort only. */
    default void completedWithout(String what, Throwable failure) {}

    /** The backup is done and visible. */
    default void completed(CompletedBackup backup) {}

    /**
     * The backup was given up, and cleaned up after.
     *
     * @param progress how far it was
     * @param failure  why; a cancellation is a {@link java.util.concurrent.CancellationException}
     */
    default void failed(BackupProgress progress, Throwable failure) {}
}
