package io.walarchiver.bridge.operator;

/** A hook cannot do its work. The operator shows the message on the Cluster, so it says what to do and quotes nothing. */
public abstract sealed class HookException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private HookException(String message) {
        super(message, null, false, false);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** The object to change is not what the operator makes. */
    public static final class InvalidObject extends HookException {
        private static final long serialVersionUID = 1L;

        InvalidObject(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "invalid_object";
        }
    }

    /** A store that the Cluster names is not there. To answer "no change" would take the sidecar out of running Pods. */
    public static final class StoreMissing extends HookException {
        private static final long serialVersionUID = 1L;

        StoreMissing(String message) {
            super(message);
        }

        @Override
        public String kind() {
            return "store_missing";
        }
    }
}
