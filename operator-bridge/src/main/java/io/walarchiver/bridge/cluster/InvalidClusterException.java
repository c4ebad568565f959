package io.walarchiver.bridge.cluster;

/** A Cluster definition that cannot be understood. */
public final class InvalidClusterException extends DefinitionException {

    private static final long serialVersionUID = 1L;

    InvalidClusterException(String message) {
        super(message);
    }

    @Override
    public String kind() {
        return "invalid_cluster";
    }
}
