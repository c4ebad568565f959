package io.walarchiver.sidecar.maintenance;

/** Is told what maintenance does. Called from the threads of the steps; must not block and must not throw. */
public interface MaintenanceObserver {

    /** Retention has run. */
    default void retained(RetentionSummary summary) {}

    /** A part of the archive was read back. */
    default void verified(VerifySummary summary) {}

    /**
     * A step did not succeed.
     *
     * @param step in snake case: {@code retention}, {@code catalog}
     */
    default void failed(String step, Throwable failure) {}
}
