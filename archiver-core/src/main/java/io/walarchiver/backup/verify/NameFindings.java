package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.verify.Finding.Kind;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the names of an archive alone tell to be wrong. Pure. */
final class NameFindings {

    private final WalInventory inventory;
    private final TimelineHistories histories;
    private final Recoverability recoverability;
    private final List<CatalogEntry> catalog;
    private final String walPrefix;
    private final List<Finding> findings = new ArrayList<>();

    NameFindings(
            WalInventory inventory,
            TimelineHistories histories,
            Recoverability recoverability,
            List<CatalogEntry> catalog,
            String walPrefix) {
        this.inventory = inventory;
        this.histories = histories;
        this.recoverability = recoverability;
        this.catalog = catalog;
        this.walPrefix = walPrefix;
    }

    List<Finding> all() {
        if (inventory.likelySegmentSize().isPresent() || inventory.impossible().count() > 0) {
            segmentSize();
        } else {
            unrecoverable();
            gaps();
        }
        histories();
        oddities();
        return List.copyOf(findings);
    }

    private void segmentSize() {
        findings.add(Finding.error(
                Kind.WRONG_SEGMENT_SIZE,
                walPrefix,
                "the names below " + walPrefix + " are not those of segments of " + inventory.segmentSize()
                        + (inventory.impossible().count() > 0
                                ? ": " + inventory.impossible() + " cannot exist then"
                                : ": every directory ends early")
                        + inventory
                                .likelySegmentSize()
                                .map(size -> "; they fit " + size)
                                .orElse(""),
                "give the segment size of the cluster (show wal_segment_size), or a server name of its own to each of two"
                        + " clusters that archive here"));
    }

    private void unrecoverable() {
        for (UnrecoverableBackup backup : recoverability.unrecoverable()) {
            Optional<WalSegmentName> missing = backup.missing();
            findings.add(
                    missing.isPresent()
                            ? Finding.error(
                                    Kind.MISSING_WAL,
                                    backup.backup().value(),
                                    "backup " + backup.backup() + " cannot become consistent: " + missing.get()
                                            + " is not in the archive",
                                    "archive the segment if a server still has it; the backup is of no use without it")
                            : Finding.error(
                                    Kind.BAD_HISTORY,
                                    backup.backup().value(),
                                    "backup " + backup.backup() + " was taken on a timeline that, by its history file,"
                                            + " began only later",
                                    "find out whether two clusters archive to " + walPrefix));
        }
    }

    private void gaps() {
        for (Gap gap : recoverability.gaps()) {
            String problem = gap.missing() + (gap.missing().count() == 1 ? " is" : " are") + " not in the archive: ";
            String remedy = "archive the segments if a server still has them; otherwise take a new base backup";
            String subject = gap.missing().first().toString();
            findings.add(
                    switch (gap.effect()) {
                        case BREAKS_RECOVERY ->
                            Finding.error(
                                    Kind.GAP,
                                    subject,
                                    problem + "no earlier backup can be recovered beyond "
                                            + gap.missing().start(),
                                    remedy);
                        case ABANDONED_TIMELINE ->
                            Finding.warning(
                                    Kind.GAP,
                                    subject,
                                    problem + "recovery to timeline "
                                            + gap.missing().timeline() + " ends at "
                                            + gap.missing().start() + ", but a newer timeline has left it before",
                                    remedy);
                        case UNKNOWN ->
                            Finding.warning(
                                    Kind.GAP,
                                    subject,
                                    problem + "there is no usable backup that could need it",
                                    remedy);
                        case HARMLESS ->
                            Finding.notice(Kind.GAP, subject, problem + "no backup needs it", "nothing has to be done");
                    });
        }
    }

    private void histories() {
        for (TimelineInventory timeline : inventory.timelines()) {
            String damage = histories.damaged().get(timeline.timeline());
            boolean missing = timeline.timeline().id() != 1 && !timeline.historyFile() && timeline.segments() > 0;
            if (damage == null && !missing) {
                continue;
            }
            String file = timeline.timeline() + WalFileName.HISTORY;
            String problem = (damage == null ? "the history file " + file + " is not in the archive" : damage)
                    + ": no backup of an earlier timeline can be recovered to timeline " + timeline.timeline();
            String remedy = "archive " + file + " again from pg_wal of a server that has followed the timeline";
            findings.add(
                    isNeeded(timeline.timeline())
                            ? Finding.error(Kind.BAD_HISTORY, file, problem, remedy)
                            : Finding.warning(Kind.BAD_HISTORY, file, problem, remedy));
        }
    }

    /** True when some usable backup is on an older timeline, and no later timeline can be reached instead. */
    private boolean isNeeded(Timeline timeline) {
        return histories.sound().keySet().stream().noneMatch(known -> known.compareTo(timeline) > 0)
                && catalog.stream()
                        .anyMatch(entry -> entry instanceof CatalogEntry.Readable readable
                                && readable.info().isUsable()
                                && readable.info()
                                        .timeline()
                                        .filter(on -> on.compareTo(timeline) < 0)
                                        .isPresent());
    }

    private void oddities() {
        if (inventory.partialsBesideComplete().count() > 0) {
            findings.add(Finding.warning(
                    Kind.DUPLICATE,
                    inventory.partialsBesideComplete().keys().get(0),
                    "segments are there complete and partial: " + inventory.partialsBesideComplete()
                            + "; some releases of barman-cloud restore the partial one",
                    "delete the partial ones"));
        }
        if (inventory.duplicates().count() > 0) {
            findings.add(Finding.warning(
                    Kind.DUPLICATE,
                    inventory.duplicates().keys().get(0),
                    "WAL files are there in more than one compression: " + inventory.duplicates(),
                    "delete all but one of each; which one is restored depends on the tool"));
        }
        if (inventory.foreign().count() > 0) {
            findings.add(Finding.notice(
                    Kind.FOREIGN_OBJECT,
                    inventory.foreign().keys().get(0),
                    "objects below " + walPrefix + " are no WAL files: " + inventory.foreign(),
                    "nothing finds them; barman-cloud deletes those in directories of segments with the segments"));
        }
        for (CatalogEntry entry : catalog) {
            if (entry instanceof CatalogEntry.Damaged damaged) {
                findings.add(
                        Finding.error(
                                Kind.BAD_RECORD,
                                damaged.id().value(),
                                damaged.reason(),
                                "no tool can restore or delete the backup; restore the record from a copy, or remove the backup"));
            }
        }
    }
}
