package io.walarchiver.archive;

import io.walarchiver.store.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * A WAL file was not archived. The subtypes tell whose fault it is; the message tells a person what was attempted, on
 * which file, and what to do.
 */
public abstract sealed class ArchiveException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private ArchiveException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** The file to archive is not what its name says: missing, unreadable, of wrong length, with a foreign header. */
    public static final class SourceUnusable extends ArchiveException {
        private static final long serialVersionUID = 1L;

        public SourceUnusable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "source_unusable";
        }
    }

    /** The archive holds something else under this name. Nothing was overwritten. */
    public static final class Conflict extends ArchiveException {
        private static final long serialVersionUID = 1L;

        public Conflict(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "conflict";
        }
    }

    /** The archive belongs to another cluster. */
    public static final class ForeignArchive extends ArchiveException {
        private static final long serialVersionUID = 1L;

        public ForeignArchive(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "foreign_archive";
        }
    }

    /** The store failed; {@link #getCause()} says how. */
    public static final class StoreFailed extends ArchiveException {
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
