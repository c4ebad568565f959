package io.walarchiver.backup.base;

import io.walarchiver.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A base backup was not taken. The subtypes tell whose fault it is; the message tells a person what was attempted, on
 * what, and what to do. Backups taken before are untouched.
 */
public abstract sealed class BackupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** The server did not let us in: not running, starting, wrong socket, no such role, authentication. */
    public static final class CannotConnect extends BackupException {
        private static final long serialVersionUID = 1L;

        public CannotConnect(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "cannot_connect";
        }
    }

    /** The role may not do what a backup needs; the message has the statements that allow it. */
    public static final class MissingRights extends BackupException {
        private static final long serialVersionUID = 1L;

        public MissingRights(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "missing_rights";
        }
    }

    /** The server is older or newer than what this program knows. */
    public static final class VersionUnsupported extends BackupException {
        private static final long serialVersionUID = 1L;

        public VersionUnsupported(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "version_unsupported";
        }
    }

    /** The server does not run on the data directory that is to be copied. */
    public static final class WrongDataDirectory extends BackupException {
        private static final long serialVersionUID = 1L;

        public WrongDataDirectory(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "wrong_data_directory";
        }
    }

    /** The standby became a primary while it was copied, which makes the copy useless. */
    public static final class StandbyPromoted extends BackupException {
        private static final long serialVersionUID = 1L;

        public StandbyPromoted(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "standby_promoted";
        }
    }

    /** The server refused a statement for another reason, or its settings do not allow a backup. */
    public static final class ServerRefused extends BackupException {
        private static final long serialVersionUID = 1L;

        public ServerRefused(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "server_refused";
        }
    }

    /** The session ended before the backup did: the server was stopped, or somebody ended it. */
    public static final class SessionLost extends BackupException {
        private static final long serialVersionUID = 1L;

        public SessionLost(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "session_lost";
        }
    }

    /** A file of the server cannot be read. */
    public static final class SourceUnusable extends BackupException {
        private static final long serialVersionUID = 1L;

        public SourceUnusable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "source_unusable";
        }
    }

    /** Pages with wrong checksums were found, and the policy says that such a copy is none. */
    public static final class DamagedPages extends BackupException {
        private static final long serialVersionUID = 1L;

        public DamagedPages(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "damaged_pages";
        }
    }

    /** The WAL the backup needs did not reach the archive in time. */
    public static final class WalNotArchived extends BackupException {
        private static final long serialVersionUID = 1L;

        public WalNotArchived(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "wal_not_archived";
        }
    }

    /** Another backup is being taken. */
    public static final class AlreadyRunning extends BackupException {
        private static final long serialVersionUID = 1L;

        public AlreadyRunning(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "already_running";
        }
    }

    /** The record could not be written, because another backup has the same id. */
    public static final class IdTaken extends BackupException {
        private static final long serialVersionUID = 1L;

        public IdTaken(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "id_taken";
        }
    }

    /** The store failed; {@link #getCause()} says how. */
    public static final class StoreFailed extends BackupException {
        private static final long serialVersionUID = 1L;

        private final StoreException failure;

        public StoreFailed(String message, StoreException failure) {
            super(message, failure);
            this.failure = failure;
        }

        /** The failure of the store. */
        public StoreException failure() {
            return failure;
        }

        @Override
        public String kind() {
            return failure.kind();
        }
    }
}
