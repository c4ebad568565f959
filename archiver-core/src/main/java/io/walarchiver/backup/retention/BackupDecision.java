package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;

/**
 * What becomes of one backup, and why.
 *
 * @param entry       the backup as it was when this was decided
 * @param reason      for programs
 * @param explanation for people; ends without a full stop
 */
public record BackupDecision(CatalogEntry.Readable entry, Reason reason, String explanation) {

    /** Why a backup stays or goes. */
    public enum Reason {
        /** It is within the policy: inside the window, or among the newest. */
        VALID,
        /** Older than the window, but recovery to the start of the window begins with it. */
        COVERS_WINDOW_START,
        /** It would go, but the minimum number of backups would no longer be there. */
        MINIMUM_REDUNDANCY,
        /** It would go, but is pinned. */
        PINNED,
        /** Only finished backups are judged. */
        NOT_DONE,
        /** Its data is in volume snapshots, which cannot be deleted here. */
        SNAPSHOT,
        /** It would go, but a backup that stays holds only the changes since it. */
        NEEDED_BY_INCREMENTAL,
        /** Its archives are not all there, and nothing says that it was being deleted. */
        INCOMPLETE,
        /** It was not asked for. */
        NOT_ASKED_FOR,
        /** The policy does not need it. Goes. */
        OBSOLETE,
        /** Somebody asked for it. Goes. */
        ASKED_FOR
    }

    /** Its id. */
    public BackupId id() {
        return entry.id();
    }

    /** True when it is to be deleted. */
    public boolean isDeletion() {
        return reason == Reason.OBSOLETE || reason == Reason.ASKED_FOR;
    }
}
