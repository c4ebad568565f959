package io.walarchiver.bridge.kubernetes;

/** Nothing says how to reach a cluster, or what says it makes no sense. The message tells which file, and what to do. */
public final class ClusterAccessException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ClusterAccessException(String message) {
        super(message, null, false, false);
    }
}
