package io.walarchiver.backup.catalog;

/** The state of a backup as its record tells it; the words are barman's. */
public enum BackupStatus {
    /** The record says nothing about it. */
    EMPTY,
    /** Being taken, or its process died. */
    STARTED,
    /** Not usable; {@code error} tells why. */
    FAILED,
    /** Being copied to a barman server. */
    SYNCING,
    /** Whole, but WAL it needs was not archived yet. */
    WAITING_FOR_WALS,
    /** Usable. */
    DONE,
    /** A word this release does not know. */
    UNKNOWN;

    /** The state a record's word means. */
    public static BackupStatus of(String word) {
        for (BackupStatus status : values()) {
            if (status != UNKNOWN && status.name().equals(word)) {
                return status;
            }
        }
        return UNKNOWN;
    }
}
