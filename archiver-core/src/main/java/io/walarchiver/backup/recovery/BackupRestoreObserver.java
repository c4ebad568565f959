package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.time.Duration;

/** Is told what a restore does, for logs, metrics and terminals. Must be quick, safe for many threads, and not throw. */
public interface BackupRestoreObserver {

    /** Ignores everything. */
    BackupRestoreObserver NONE = new BackupRestoreObserver() {};

    /**
     * All checks have passed and the long part begins.
     *
     * @param resumed whether an earlier run is continued
     */
    default void started(BackupId backup, boolean resumed, RestoreProgress progress) {}

    /** Some more was downloaded. Called for each range, from whatever thread received it. */
    default void progressed(RestoreProgress progress) {}

    /** An object was extracted to its end. */
    default void extracted(BackupFile file) {}

    /** A range will be tried again. */
    default void retrying(ObjectKey object, StoreException failure, Duration delay) {}

    /** Something a person should know that does not stop the restore. */
    default void warning(String text) {}
}
