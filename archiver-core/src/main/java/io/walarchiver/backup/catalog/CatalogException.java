package io.walarchiver.backup.catalog;

/**
 * The catalog cannot do what was asked. The subtypes tell what the caller can do about it; the message tells a person what
 * was attempted, on which backup, and what to do. Failures of the store are {@link io.walarchiver.store.StoreException}s.
 */
public abstract sealed class CatalogException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private CatalogException(String message) {
        super(message);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** There is no backup of that id. */
    public static final class NoSuchBackup extends CatalogException {
        private static final long serialVersionUID = 1L;

        public NoSuchBackup(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "no_such_backup";
        }
    }

    /** Several backups have the name. */
    public static final class AmbiguousName extends CatalogException {
        private static final long serialVersionUID = 1L;

        public AmbiguousName(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "ambiguous_name";
        }
    }

    /** The backup is not done, so there is nothing worth keeping. */
    public static final class NotPinnable extends CatalogException {
        private static final long serialVersionUID = 1L;

        public NotPinnable(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "not_pinnable";
        }
    }

    /** The id belongs to another backup, or no free id could be found. */
    public static final class IdTaken extends CatalogException {
        private static final long serialVersionUID = 1L;

        public IdTaken(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "id_taken";
        }
    }

    /** A volume of a backup is of a type this release does not know; without it the backup would be restored in part. */
    public static final class UnknownVolume extends CatalogException {
        private static final long serialVersionUID = 1L;

        public UnknownVolume(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "unknown_volume";
        }
    }
}
