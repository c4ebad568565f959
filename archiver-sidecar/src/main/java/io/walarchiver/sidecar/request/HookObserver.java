package io.walarchiver.sidecar.request;

import java.time.Duration;

/** Told of every question of the operator. Called on the thread that answers, so it must not wait. */
@FunctionalInterface
public interface HookObserver {

    /**
     * A question was answered.
     *
     * @param hook     which: {@code pod_create}, {@code pre_cluster}
     * @param outcome  {@code ok}, {@code cancelled}, or the {@link Failure.Verdict} in lower case
     * @param duration from the question to its answer
     */
    void answered(String hook, String outcome, Duration duration);
}
