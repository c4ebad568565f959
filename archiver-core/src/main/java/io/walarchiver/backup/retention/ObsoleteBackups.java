package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry.Readable;
import io.walarchiver.backup.retention.BackupDecision.Reason;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges backups by a policy, from the newest id to the oldest, as barman does. It differs from barman only to keep more:
 *
 * <ul>
 *   <li>What cannot be restored by itself (archives are gone, it holds only the changes since another one, it is a volume
 *       snapshot, its record lacks what recovery needs) does not count for the policy.
 *   <li>A backup that ended inside the window stays even when ids are not in the order of time, as after a change from
 *       local time to UTC.
 *   <li>Snapshots stay, and so does what a backup that stays is based on.
 * </ul>
 */
final class ObsoleteBackups {

    private final RetentionPolicy policy;
    private final int minimumRedundancy;
    private final Instant now;

    ObsoleteBackups(RetentionPolicy policy, int minimumRedundancy, Instant now) {
        this.policy = policy;
        this.minimumRedundancy = minimumRedundancy;
        this.now = now;
    }

    /** The decisions for the given backups, oldest first, in the same order. */
    List<BackupDecision> judge(List<Readable> oldestFirst) {
        Deque<BackupDecision> decisions = new ArrayDeque<>();
        Walk walk = new Walk();
        for (int i = oldestFirst.size() - 1; i >= 0; i--) {
            decisions.addFirst(walk.judge(oldestFirst.get(i)));
        }
        return withParents(new ArrayList<>(decisions));
    }

    /** The way from the newest backup to the oldest. */
    private final class Walk {

        private int valid;
        private boolean windowIsCovered;

        BackupDecision judge(Readable entry) {
            BackupInfo info = entry.info();
            if (info.status() != BackupStatus.DONE) {
                return new BackupDecision(entry, Reason.NOT_DONE, "its status is " + info.status());
            }
            if (info.isSnapshot()) {
                return new BackupDecision(
                        entry, Reason.SNAPSHOT, "its data is in volume snapshots, which are not deleted here");
            }
            boolean counts = entry.isRestorable();
            BackupDecision decision = policy instanceof RetentionPolicy.Redundancy redundancy
                    ? byRedundancy(entry, redundancy, counts)
                    : byWindow(entry, (RetentionPolicy.RecoveryWindow) policy, counts);
            if (counts && !decision.isDeletion()) {
                valid++;
            }
            if (decision.isDeletion()) {
                return entry.keep()
                        .map(target -> new BackupDecision(
                                entry, Reason.PINNED, decision.explanation() + ", but pinned (" + target.word() + ")"))
                        .orElse(decision);
            }
            return !entry.missingArchives().isEmpty()
                    ? new BackupDecision(
                            entry,
                            Reason.INCOMPLETE,
                            "archives are missing: " + entry.missingArchives() + "; it cannot be restored")
                    : decision;
        }

        private BackupDecision byRedundancy(Readable entry, RetentionPolicy.Redundancy redundancy, boolean counts) {
            int wanted = Math.max(redundancy.backups(), minimumRedundancy);
            if (valid >= wanted) {
                return new BackupDecision(entry, Reason.OBSOLETE, "there are " + wanted + " newer ones");
            }
            return valid >= redundancy.backups()
                    ? minimum(entry)
                    : new BackupDecision(
                            entry,
                            Reason.VALID,
                            counts ? "number " + (valid + 1) + " of " + wanted : "newer than one that is needed");
        }

        private BackupDecision byWindow(Readable entry, RetentionPolicy.RecoveryWindow window, boolean counts) {
            Instant start = now.minus(window.length());
            Instant end = entry.info().end().time().orElseThrow();
            if (!end.isBefore(start)) {
                return new BackupDecision(entry, Reason.VALID, "it ended " + end + ", inside the window");
            }
            if (!windowIsCovered) {
                windowIsCovered = counts;
                return counts
                        ? new BackupDecision(
                                entry,
                                Reason.COVERS_WINDOW_START,
                                "recovery to the start of the window, " + start + ", begins with it")
                        : new BackupDecision(
                                entry,
                                Reason.VALID,
                                "newer than the one with which recovery to the start of the window begins");
            }
            return valid < minimumRedundancy
                    ? minimum(entry)
                    : new BackupDecision(
                            entry,
                            Reason.OBSOLETE,
                            "it ended " + end + ", before the window began (" + start
                                    + "), and a newer one covers that");
        }

        private BackupDecision minimum(Readable entry) {
            return new BackupDecision(
                    entry, Reason.MINIMUM_REDUNDANCY, "at least " + minimumRedundancy + " backups must stay");
        }
    }

    /** What an incremental backup that stays is based on, stays, and so on up to the full one. */
    private static List<BackupDecision> withParents(List<BackupDecision> decisions) {
        Map<String, Readable> byId = new HashMap<>();
        decisions.forEach(decision -> byId.put(decision.id().value(), decision.entry()));
        Map<BackupId, BackupId> neededBy = new HashMap<>();
        for (BackupDecision decision : decisions) {
            Readable child = decision.entry();
            Set<BackupId> seen = new HashSet<>();
            while (!decision.isDeletion() && child != null && seen.add(child.id())) {
                Readable parent = child.info().parentBackupId().map(byId::get).orElse(null);
                if (parent != null) {
                    neededBy.putIfAbsent(parent.id(), child.id());
                }
                child = parent;
            }
        }
        return decisions.stream()
                .map(decision -> decision.isDeletion() && neededBy.containsKey(decision.id())
                        ? new BackupDecision(
                                decision.entry(),
                                Reason.NEEDED_BY_INCREMENTAL,
                                "backup " + neededBy.get(decision.id()) + " holds only the changes since it")
                        : decision)
                .toList();
    }
}
