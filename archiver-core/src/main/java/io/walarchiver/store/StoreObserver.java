package io.walarchiver.store;

import java.time.Duration;

/**
 * Is told what a store does, for metrics. Called on the threads of the store; must be quick and must not throw.
 */
public interface StoreObserver {

    /** Ignores everything. */
    StoreObserver NONE = new StoreObserver() {};

    /**
     * One request was answered or given up.
     *
     * @param operation the S3 name in snake case, for example {@code put_object}
     * @param outcome   {@code ok} or the {@link StoreException#kind()} of the failure
     * @param duration  from sending to the answer, one attempt only
     */
    default void requestCompleted(String operation, String outcome, Duration duration) {}

    /** A failed attempt is about to be repeated. */
    default void retrying(String operation, String kind) {}
}
