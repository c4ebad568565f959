package io.walarchiver.bridge.cluster;

/** A Cluster definition that cannot be understood. The message names the field, and never quotes the document. */
public final class InvalidClusterException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    InvalidClusterException(String message) {
        super(message, null, false, false);
    }
}
