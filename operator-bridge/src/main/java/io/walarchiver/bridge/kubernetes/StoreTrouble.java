package io.walarchiver.bridge.kubernetes;

import io.walarchiver.bridge.objectstore.InvalidStoreException;
import java.util.Objects;

/**
 * Why a store cannot be used as it is described now, or why it is not known whether it can.
 *
 * @param reason  for conditions, events and metrics
 * @param message what is wrong and what to do; never holds the value of a Secret
 */
public record StoreTrouble(Reason reason, String message) {

    /** The kinds of trouble. */
    public enum Reason {
        /** There is no such ObjectStore. */
        STORE_MISSING("StoreMissing"),
        /** A Secret that the ObjectStore names is not there. */
        SECRET_MISSING("SecretMissing"),
        /** The ObjectStore breaks a rule, or a Secret lacks what it is named for. */
        INVALID_STORE("InvalidStore"),
        /** The service account may not read the ObjectStore or a Secret it names. */
        ACCESS_DENIED("AccessDenied"),
        /** The Kubernetes API gives no answer. */
        API_UNAVAILABLE("KubernetesUnavailable");

        private final String word;

        Reason(String word) {
            this.word = word;
        }

        /** As in the {@code reason} of a condition or event. */
        public String word() {
            return word;
        }
    }

    static StoreTrouble of(KubernetesException error) {
        if (error instanceof KubernetesException.NotFound) {
            return new StoreTrouble(
                    Reason.STORE_MISSING,
                    error.getMessage() + ": install the CustomResourceDefinition " + ResourceKind.OBJECT_STORES);
        }
        if (error instanceof KubernetesException.Forbidden) {
            return new StoreTrouble(
                    Reason.ACCESS_DENIED,
                    error.getMessage() + ": the Role that the plugin makes for the Cluster has to name it; look whether"
                            + " the plugin runs and is up to date");
        }
        return new StoreTrouble(Reason.API_UNAVAILABLE, message(error));
    }

    static StoreTrouble of(Reason reason, InvalidStoreException error) {
        return new StoreTrouble(reason, message(error));
    }

    private static String message(RuntimeException error) {
        return Objects.requireNonNullElse(error.getMessage(), "");
    }
}
