package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.CatalogEntry.Readable;
import io.walarchiver.backup.retention.BackupDecision.Reason;
import java.util.List;

/** Whether somebody may delete a certain backup. */
final class Deletability {

    private Deletability() {}

    static void require(Readable asked, List<Readable> entries, int minimumRedundancy) {
        if (asked.keep().isPresent()) {
            throw refused(
                    asked, Reason.PINNED, "it is pinned (" + asked.keep().get().word() + "); release it first");
        }
        if (asked.info().isSnapshot()) {
            throw refused(
                    asked,
                    Reason.SNAPSHOT,
                    "its data is in volume snapshots, which this program cannot delete; use the tool that made them");
        }
        List<String> children = entries.stream()
                .filter(entry -> entry.info()
                        .parentBackupId()
                        .filter(asked.id().value()::equals)
                        .isPresent())
                .map(entry -> entry.id().value())
                .toList();
        if (!children.isEmpty()) {
            throw refused(
                    asked,
                    Reason.NEEDED_BY_INCREMENTAL,
                    "other backups hold only the changes since it; delete these first: " + String.join(", ", children));
        }
        long restorable = entries.stream().filter(Readable::isRestorable).count();
        // A failed backup is none, so deleting it makes them no fewer.
        if (asked.isRestorable() && restorable <= minimumRedundancy) {
            throw refused(
                    asked,
                    Reason.MINIMUM_REDUNDANCY,
                    "at least " + minimumRedundancy + " backups must stay, and there are " + restorable);
        }
    }

    private static RetentionException refused(Readable asked, Reason reason, String why) {
        return new RetentionException.Refused("backup " + asked.id() + " is not deleted: " + why, reason);
    }
}
