package io.walarchiver.store;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A failed store operation. The subtypes tell what a caller can do about it; the message tells a person what was
 * attempted, on which object and where, and what the store answered. No message holds a credential.
 */
public abstract sealed class StoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Detail detail;

    private StoreException(String message, Detail detail, @Nullable Throwable cause, boolean stackTrace) {
        super(detail.appendTo(message), cause, true, stackTrace);
        this.detail = detail;
    }

    /** What the store itself said about the failure. */
    public Detail detail() {
        return detail;
    }

    /** The name of the subtype in snake case, for metrics and logs: for example {@code not_found}. */
    public abstract String kind();

    /**
     * The store's own words.
     *
     * @param code      the store's error code, for example {@code SlowDown}
     * @param status    the HTTP status, 0 when there was no answer
     * @param requestId the store's id of the request, to be quoted to its operator
     */
    public record Detail(Optional<String> code, int status, Optional<String> requestId) {

        /** No answer from the store, or a store that does not speak HTTP. */
        public static final Detail NONE = new Detail(Optional.empty(), 0, Optional.empty());

        private String appendTo(String message) {
            StringBuilder text = new StringBuilder(message);
            String separator = " (";
            if (code.isPresent()) {
                text.append(separator).append(code.get());
                separator = ", ";
            }
            if (status != 0) {
                text.append(separator).append("HTTP ").append(status);
                separator = ", ";
            }
            if (requestId.isPresent()) {
                text.append(separator).append("request ").append(requestId.get());
                separator = ", ";
            }
            return separator.equals(" (") ? message : text.append(')').toString();
        }
    }

    /** The store answered that there is no such object. */
    public static final class NotFound extends StoreException {
        private static final long serialVersionUID = 1L;

        public NotFound(String message, Detail detail) {
            // An answer, not an incident: standbys ask for absent segments all the time.
            super(message, detail, null, false);
        }

        @Override
        public String kind() {
            return "not_found";
        }
    }

    /** A conditional write met an existing object. */
    public static final class AlreadyExists extends StoreException {
        private static final long serialVersionUID = 1L;

        public AlreadyExists(String message, Detail detail) {
            super(message, detail, null, false);
        }

        @Override
        public String kind() {
            return "already_exists";
        }
    }

    /** The write may have taken effect; only looking at the object can tell. */
    public static final class Ambiguous extends StoreException {
        private static final long serialVersionUID = 1L;

        public Ambiguous(String message, Detail detail, @Nullable Throwable cause) {
            super(message, detail, cause, true);
        }

        @Override
        public String kind() {
            return "ambiguous";
        }
    }

    /** The store could not be reached, was overloaded or did not answer in time. Trying again later may help. */
    public static final class Unavailable extends StoreException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, Detail detail, @Nullable Throwable cause) {
            super(message, detail, cause, true);
        }

        @Override
        public String kind() {
            return "unavailable";
        }
    }

    /** The store refused who we are: wrong, expired or insufficient credentials. A person must act. */
    public static final class AccessDenied extends StoreException {
        private static final long serialVersionUID = 1L;

        public AccessDenied(String message, Detail detail, @Nullable Throwable cause) {
            super(message, detail, cause, true);
        }

        @Override
        public String kind() {
            return "access_denied";
        }
    }

    /** The store refused the request itself: no such bucket, unsupported feature, bad digest. Repeating is useless. */
    public static final class Rejected extends StoreException {
        private static final long serialVersionUID = 1L;

        public Rejected(String message, Detail detail, @Nullable Throwable cause) {
            super(message, detail, cause, true);
        }

        @Override
        public String kind() {
            return "rejected";
        }
    }
}
