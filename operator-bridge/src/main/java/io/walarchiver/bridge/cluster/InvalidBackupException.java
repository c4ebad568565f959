package io.walarchiver.bridge.cluster;

/** A Backup definition that cannot be understood, or that does not belong to the Cluster it came with. */
public final class InvalidBackupException extends DefinitionException {

    private static final long serialVersionUID = 1L;

    InvalidBackupException(String message) {
        super(message);
    }

    @Override
    public String kind() {
        return "invalid_backup";
    }
}
