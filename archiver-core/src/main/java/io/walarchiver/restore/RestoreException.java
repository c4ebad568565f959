package io.walarchiver.restore;

import io.walarchiver.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A WAL file was not restored, and the destination is untouched. The subtypes tell what the caller may conclude; the
 * message tells a person what was attempted, on which object or file, and what to do.
 *
 * <p>Only {@link NotArchived} may be reported to PostgreSQL as "not in the archive": it takes that for the end of the
 * log (PostgreSQL manual, "Recovering Using a Continuous Archive Backup").
 */
public abstract sealed class RestoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private RestoreException(String message, @Nullable Throwable cause, boolean stackTrace) {
        super(message, cause, true, stackTrace);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** The store answered that it holds the file under no spelling of its key. An answer, not an incident. */
    public static final class NotArchived extends RestoreException {
        private static final long serialVersionUID = 1L;

        public NotArchived(String message) {
            super(message, null, false);
        }

        @Override
        public String kind() {
            return "not_archived";
        }
    }

    /** The object is there and is not what its name says: damaged, of wrong length, of another cluster. */
    public static final class Corrupt extends RestoreException {
        private static final long serialVersionUID = 1L;

        private final String problem;
        private final String remedy;

        /** When there is nothing to advise. */
        public Corrupt(String problem, @Nullable Throwable cause) {
            super(problem, cause, true);
            this.problem = problem;
            this.remedy = "";
        }

        /** What is wrong with which object, and what to do about it; the message is both. */
        public Corrupt(String problem, String remedy, @Nullable Throwable cause) {
            super(problem + "; " + remedy, cause, true);
            this.problem = problem;
            this.remedy = remedy;
        }

        /** What is wrong, with the object's key. */
        public String problem() {
            return problem;
        }

        /** What a person can do; may be empty. */
        public String remedy() {
            return remedy;
        }

        @Override
        public String kind() {
            return "corrupt";
        }
    }

    /** The file cannot be written where it was asked for: disk full, directory missing, not writable. */
    public static final class DestinationUnusable extends RestoreException {
        private static final long serialVersionUID = 1L;

        public DestinationUnusable(String message, @Nullable Throwable cause) {
            super(message, cause, true);
        }

        @Override
        public String kind() {
            return "destination_unusable";
        }
    }

    /** The store failed, and kept failing for as long as the settings allow. Says nothing about the file. */
    public static final class StoreFailed extends RestoreException {
        private static final long serialVersionUID = 1L;

        private final StoreException failure;

        public StoreFailed(String message, StoreException failure) {
            super(message, failure, true);
            this.failure = failure;
        }

        /** The last failure of the store. */
        public StoreException failure() {
            return failure;
        }

        @Override
        public String kind() {
            return failure.kind();
        }
    }
}
