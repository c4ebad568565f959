package io.walarchiver.sidecar.request;

import io.walarchiver.bridge.cluster.ClusterView;

/** Is told of what somebody has to look after. Must not block and must not throw. */
@FunctionalInterface
public interface Incidents {

    /** Nobody is told. */
    Incidents IGNORED = (cluster, reason, message) -> {};

    /**
     * It happened.
     *
     * @param cluster to which Cluster
     * @param reason  one word in camel case, for programs
     * @param message a sentence, for people
     */
    void happened(ClusterView cluster, String reason, String message);
}
