package io.walarchiver.backup.base;

/** What a backup is doing. The order is that in which it happens. */
public enum BackupPhase {
    /** Connecting to the server and looking at it. */
    CONNECTING("connecting to the server"),
    /** Waiting for the checkpoint the backup begins with. */
    STARTING("waiting for the checkpoint"),
    /** Reading files and storing them. */
    COPYING("uploading data"),
    /** Waiting until the server has archived the WAL the backup needs. */
    STOPPING("stopping backup"),
    /** Storing the last pieces. */
    FINISHING("uploading data"),
    /** On a standby: waiting until the primary has archived the WAL the backup needs. */
    WAITING_FOR_WAL("waiting for WAL"),
    /** Writing the record that makes the backup visible. */
    RECORDING("uploading backup.info"),
    /** Done. */
    COMPLETED("done"),
    /** Given up. */
    FAILED("failed");

    private final String words;

    BackupPhase(String words) {
        this.words = words;
    }

    /** For people, and for the error in the record of a failed backup. */
    public String words() {
        return words;
    }

    /** False when nothing will change any more. */
    public boolean isActive() {
        return this != COMPLETED && this != FAILED;
    }
}
