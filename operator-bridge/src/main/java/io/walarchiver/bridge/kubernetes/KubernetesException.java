package io.walarchiver.bridge.kubernetes;

import org.jspecify.annotations.Nullable;

/**
 * The Kubernetes API did not do what it was asked. The subtypes tell what the caller may conclude; the message tells what
 * was attempted, on which object, and what the API said. Never holds the content of an object.
 */
public abstract sealed class KubernetesException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private KubernetesException(String message, @Nullable Throwable cause) {
        super(message, cause, false, false);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();

    /** The API said that there is no such object, or no such kind of object. An answer, not an incident. */
    public static final class NotFound extends KubernetesException {
        private static final long serialVersionUID = 1L;

        NotFound(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "not_found";
        }
    }

    /** The service account may not do this, or the API does not know it. Passes when its Role is there. */
    public static final class Forbidden extends KubernetesException {
        private static final long serialVersionUID = 1L;

        Forbidden(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "forbidden";
        }
    }

    /** The object has changed since it was read, or exists already. */
    public static final class Conflict extends KubernetesException {
        private static final long serialVersionUID = 1L;

        Conflict(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "conflict";
        }
    }

    /** The version asked for is too old for the API to continue from: everything has to be read again. */
    public static final class Gone extends KubernetesException {
        private static final long serialVersionUID = 1L;

        Gone(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "gone";
        }
    }

    /** The API refuses the request as such; sent again it would be refused again. */
    public static final class Rejected extends KubernetesException {
        private static final long serialVersionUID = 1L;

        Rejected(String message) {
            super(message, null);
        }

        @Override
        public String kind() {
            return "rejected";
        }
    }

    /** No usable answer: no connection, too slow, overloaded, or not understood. Says nothing about the object. */
    public static final class Unavailable extends KubernetesException {
        private static final long serialVersionUID = 1L;

        Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }

        @Override
        public String kind() {
            return "unavailable";
        }
    }
}
