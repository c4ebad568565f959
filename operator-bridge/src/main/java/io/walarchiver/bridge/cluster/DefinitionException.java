package io.walarchiver.bridge.cluster;

/**
 * A request cannot be served because of what the documents in it say. Trying again changes nothing until somebody edits
 * them. The message names the field and never quotes the document, which may hold passwords.
 */
public abstract sealed class DefinitionException extends RuntimeException
        permits InvalidClusterException, InvalidBackupException, NoArchiveException {

    private static final long serialVersionUID = 1L;

    DefinitionException(String message) {
        super(message, null, false, false);
    }

    /** The name of the subtype in snake case, for metrics and logs. */
    public abstract String kind();
}
