package io.walarchiver.backup.catalog;

import java.util.List;
import java.util.Optional;

/** One directory below {@code base/} that has a record. */
public sealed interface CatalogEntry {

    /** The name of the directory. */
    BackupId id();

    /** Whether, and how, it is pinned. */
    Optional<KeepTarget> keep();

    /**
     * A backup whose record could be read.
     *
     * @param info            what the record says
     * @param missingArchives what the record promises and the store does not have: a backup that is being deleted, or
     *                        damaged. Only main archives are looked for, as nothing tells how many volumes there were
     */
    record Readable(BackupId id, BackupInfo info, Optional<KeepTarget> keep, List<Archive> missingArchives)
            implements CatalogEntry {

        public Readable {
            missingArchives = List.copyOf(missingArchives);
        }

        /** A backup of which nothing is missing. */
        public Readable(BackupId id, BackupInfo info, Optional<KeepTarget> keep) {
            this(id, info, keep, List.of());
        }

        /** True when it can be restored by itself, from archives that are there. */
        public boolean isRestorable() {
            return info.isUsable()
                    && info.parentBackupId().isEmpty()
                    && !info.isSnapshot()
                    && missingArchives.isEmpty();
        }
    }

    /**
     * A backup whose record could not be read. It is listed, never chosen, and nothing it may need is deleted.
     *
     * @param reason what is wrong with the record, for people
     */
    record Damaged(BackupId id, String reason, Optional<KeepTarget> keep) implements CatalogEntry {}
}
