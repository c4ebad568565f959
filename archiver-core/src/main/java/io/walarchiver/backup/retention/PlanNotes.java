package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.BackupRemains;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry.Readable;
import io.walarchiver.backup.retention.BackupDecision.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a plan tells people besides its decisions. */
final class PlanNotes {

    /** Longer than any backup takes that is still running. */
    private static final Duration OLD = Duration.ofDays(2);

    private PlanNotes() {}

    static List<String> of(
            RetentionPolicy policy, List<BackupDecision> decisions, List<BackupRemains> remains, Instant now) {
        List<String> notes = new ArrayList<>();
        if (deletesEveryBackup(decisions)) {
            notes.add("THIS DELETES EVERY BACKUP: the policy is " + policy
                    + ", and afterwards nothing can be recovered from this archive");
        }
        Instant old = now.minus(OLD);
        for (BackupDecision decision : decisions) {
            Readable entry = decision.entry();
            if (decision.reason() == Reason.NOT_DONE && isOld(entry, old)) {
                notes.add(leftover(entry));
            } else if (decision.reason() == Reason.INCOMPLETE) {
                notes.add("backup " + entry.id() + " cannot be restored, as archives are missing: "
                        + entry.missingArchives() + "; delete it by id unless you can bring them back");
            }
        }
        for (BackupRemains left : remains) {
            if (left.lastModified().isBefore(old)) {
                notes.add("there are " + left.archives() + " archives (" + left.bytes() + " bytes) in " + left.id()
                        + " without a record, the last one stored " + left.lastModified()
                        + ": what a killed backup left; remove them with the tools of the store");
            }
        }
        return notes;
    }

    private static String leftover(Readable entry) {
        return entry.info().status() == BackupStatus.FAILED
                ? "backup " + entry.id() + " failed (" + entry.info().error().orElse("no reason given")
                        + "); policies never delete it, so delete it by id"
                : "backup " + entry.id() + " is " + entry.info().status()
                        + " since long, and WAL stays for it; if its process is gone, delete it by id";
    }

    private static boolean isOld(Readable entry, Instant old) {
        return entry.info()
                .begin()
                .time()
                .or(() -> entry.id().time())
                .filter(start -> !start.isBefore(old))
                .isEmpty();
    }

    static boolean deletesEveryBackup(List<BackupDecision> decisions) {
        return decisions.stream().anyMatch(decision -> decision.entry().isRestorable())
                && decisions.stream()
                        .filter(decision -> decision.entry().isRestorable())
                        .allMatch(BackupDecision::isDeletion);
    }
}
