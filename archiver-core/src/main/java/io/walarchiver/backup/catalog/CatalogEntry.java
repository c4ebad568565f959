package io.walarchiver.backup.catalog;

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
     * @param info what the record says
     */
    record Readable(BackupId id, BackupInfo info, Optional<KeepTarget> keep) implements CatalogEntry {}

    /**
     * A backup whose record could not be read. It is listed, never chosen, and nothing it may need is deleted.
     *
     * @param reason what is wrong with the record, for people
     */
    record Damaged(BackupId id, String reason, Optional<KeepTarget> keep) implements CatalogEntry {}
}
