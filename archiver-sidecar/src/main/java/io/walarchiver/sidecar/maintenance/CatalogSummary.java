package io.walarchiver.sidecar.maintenance;

import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.catalog.RecoveryWindow;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A catalog in short; what memory holds of it between two looks.
 *
 * @param at         when it was looked at
 * @param window     what can be recovered
 * @param newest     the newest backups, newest first, at most {@value #SHOWN}
 * @param restorable how many can be restored
 * @param failed     how many failed
 * @param unfinished how many are neither
 * @param unreadable how many have a record nobody can read
 */
public record CatalogSummary(
        Instant at,
        RecoveryWindow window,
        List<Backup> newest,
        int restorable,
        int failed,
        int unfinished,
        int unreadable) {

    private static final int SHOWN = 50;

    public CatalogSummary {
        newest = List.copyOf(newest);
    }

    /**
     * One backup.
     *
     * @param id       its id
     * @param name     what people call it
     * @param status   the word of its record, or {@code UNREADABLE}
     * @param begin    when it began
     * @param end      when it ended
     * @param beginWal the first WAL file it needs
     * @param keep     how it is pinned
     * @param problem  why it cannot be restored, when it cannot
     */
    public record Backup(
            String id,
            Optional<String> name,
            String status,
            Optional<Instant> begin,
            Optional<Instant> end,
            Optional<String> beginWal,
            Optional<String> keep,
            Optional<String> problem) {}

    /** In short. */
    public static CatalogSummary of(List<CatalogEntry> entries, Instant now) {
        int restorable = 0;
        int failed = 0;
        int unreadable = 0;
        for (CatalogEntry entry : entries) {
            if (!(entry instanceof CatalogEntry.Readable readable)) {
                unreadable++;
            } else if (readable.isRestorable()) {
                restorable++;
            } else if (readable.info().status() == BackupStatus.FAILED) {
                failed++;
            }
        }
        List<CatalogEntry> byAge = new ArrayList<>(entries);
        byAge.sort(Comparator.comparing(CatalogEntry::id).reversed());
        return new CatalogSummary(
                now,
                RecoveryWindow.of(entries),
                byAge.stream().limit(SHOWN).map(CatalogSummary::backup).toList(),
                restorable,
                failed,
                entries.size() - restorable - failed - unreadable,
                unreadable);
    }

    private static Backup backup(CatalogEntry entry) {
        Optional<String> keep = entry.keep().map(KeepTarget::word);
        if (entry instanceof CatalogEntry.Readable readable) {
            BackupInfo info = readable.info();
            return new Backup(
                    entry.id().value(),
                    info.name(),
                    info.status().name(),
                    info.begin().time(),
                    info.end().time(),
                    info.begin().segment().map(Object::toString),
                    keep,
                    problem(readable));
        }
        return new Backup(
                entry.id().value(),
                Optional.empty(),
                "UNREADABLE",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                keep,
                Optional.of(((CatalogEntry.Damaged) entry).reason()));
    }

    private static Optional<String> problem(CatalogEntry.Readable entry) {
        if (!entry.missingArchives().isEmpty()) {
            return Optional.of("missing archives: " + entry.missingArchives());
        }
        return entry.info().error();
    }
}
