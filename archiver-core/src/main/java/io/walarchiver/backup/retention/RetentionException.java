package io.walarchiver.backup.retention;

/**
 * Nothing is deleted. The subtypes tell why; the message tells a person what was attempted, on which backup, and what to
 * do. Failures of the store are {@link io.walarchiver.store.StoreException}s.
 */
public abstract sealed class RetentionException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private RetentionException(String message) {
        super(message);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** A record cannot be understood, so nobody can say what its backup needs. */
    public static final class CatalogDamaged extends RetentionException {
        private static final long serialVersionUID = 1L;

        public CatalogDamaged(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "catalog_damaged";
        }
    }

    /** The backup somebody asked to delete must stay. */
    public static final class Refused extends RetentionException {
        private static final long serialVersionUID = 1L;

        private final BackupDecision.Reason reason;

        public Refused(String message, BackupDecision.Reason reason) {
            super(message);
            this.reason = reason;
        }

        /** Why it must stay. */
        public BackupDecision.Reason reason() {
            return reason;
        }

        @Override
        public String kind() {
            return "refused";
        }
    }
}
