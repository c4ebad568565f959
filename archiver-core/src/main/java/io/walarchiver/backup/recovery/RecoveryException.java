package io.walarchiver.backup.recovery;

import io.walarchiver.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A base backup was not brought back. The subtypes tell what a caller may do about it; the message tells a person what was
 * attempted, on what, and what to do.
 *
 * <p>Whatever happens, nothing that was at the destination before is lost. What was restored so far stays, recognisable as
 * unfinished, so that the same restore can go on from there.
 */
public abstract sealed class RecoveryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private RecoveryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** No backup of the catalog leads to the target. The message says why each was passed over. */
    public static final class NoSuitableBackup extends RecoveryException {
        private static final long serialVersionUID = 1L;

        public NoSuitableBackup(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "no_suitable_backup";
        }
    }

    /** Objects of the backup are missing, or there are more than one for the same thing. Nothing was extracted. */
    public static final class BackupIncomplete extends RecoveryException {
        private static final long serialVersionUID = 1L;

        public BackupIncomplete(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "backup_incomplete";
        }
    }

    /** An object is damaged, cut off, changed while it was read, or not what its record says. */
    public static final class CorruptArchive extends RecoveryException {
        private static final long serialVersionUID = 1L;

        public CorruptArchive(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "corrupt_archive";
        }
    }

    /** The destination holds files that this restore did not put there. They were not touched. */
    public static final class DestinationNotEmpty extends RecoveryException {
        private static final long serialVersionUID = 1L;

        public DestinationNotEmpty(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "destination_not_empty";
        }
    }

    /** The destination cannot be written: disk full, no permission, another restore at work. */
    public static final class DestinationUnusable extends RecoveryException {
        private static final long serialVersionUID = 1L;

        public DestinationUnusable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "destination_unusable";
        }
    }

    /** The backup is of another PostgreSQL: another major version than wanted, or another cluster than recorded. */
    public static final class WrongServer extends RecoveryException {
        private static final long serialVersionUID = 1L;

        public WrongServer(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "wrong_server";
        }
    }

    /** The log that recovery begins with is not in the archive, or unusable; the backup alone would not start. */
    public static final class FirstWalMissing extends RecoveryException {
        private static final long serialVersionUID = 1L;

        public FirstWalMissing(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "first_wal_missing";
        }
    }

    /** The store failed, and kept failing for as long as the settings allow. Says nothing about the backup. */
    public static final class StoreFailed extends RecoveryException {
        private static final long serialVersionUID = 1L;

        private final transient StoreException failure;

        public StoreFailed(String message, StoreException failure) {
            super(message, failure);
            this.failure = failure;
        }

        /** The last failure of the store. */
        public StoreException failure() {
            return failure;
        }

        @Override
        public String kind() {
            return "store_failed";
        }
    }
}
