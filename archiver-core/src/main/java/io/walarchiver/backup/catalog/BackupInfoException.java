package io.walarchiver.backup.catalog;

/**
 * A record, {@code backup.info}, cannot be understood. The message says which line or key is wrong and how; whoever read
 * the record puts its key in front. Nothing may be concluded from such a record, least of all that something is not needed.
 */
public final class BackupInfoException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BackupInfoException(String message) {
        super(message);
    }
}
