package io.walarchiver.backup.retention;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupRemains;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.CatalogEntry.Readable;
import io.walarchiver.backup.catalog.CatalogException;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.retention.BackupDecision.Reason;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is to be deleted and what stays, with the reasons. Made of values alone; carrying it out is {@link RetentionRun}'s
 * part. Safe for many threads.
 *
 * <p>Of WAL the plan holds a rule, not names: {@link #judge} answers for any file, so an archive may have millions.
 *
 * <p>A backup that is there is never worth less after a plan was carried out: all WAL stays that it may need to reach any
 * later point, on its own timeline and on those that descend from it. The exception is a backup that the policy would
 * delete and a {@code standalone} mark keeps: only the WAL up to its own end stays for it. WAL goes only when a backup
 * goes, and only when no usable backup is older than that: before the oldest backup there may be WAL that serves something
 * this catalog does not know, such as volume snapshots.
 */
public final class RetentionPlan {

    private final List<BackupDecision> decisions;
    private final List<String> notes;
    private final Map<Timeline, TimelineHistory> histories;
    private final boolean byPolicy;
    private final WalRule wal;

    private RetentionPlan(
            List<BackupDecision> decisions,
            List<String> notes,
            Map<Timeline, TimelineHistory> histories,
            boolean byPolicy) {
        this.decisions = List.copyOf(decisions);
        this.notes = List.copyOf(notes);
        this.histories = Map.copyOf(histories);
        this.byPolicy = byPolicy;
        this.wal = walRule(
                decisions.stream().map(BackupDecision::entry).toList(),
                deletions().stream().map(BackupDecision::id).collect(Collectors.toSet()));
    }

    /**
     * The plan of a policy.
     *
     * @param minimumRedundancy how many backups must stay whatever the policy says; barman's default is 0
     * @param catalog           all entries
     * @param remains           archives without a record; they stay, and are reported
     * @param histories         of the timelines in the archive, as far as they can be read. A missing one makes more WAL stay
     * @param now               the window ends here
     * @throws RetentionException.CatalogDamaged when a record cannot be read, or does not tell what the policy needs
     */
    public static RetentionPlan ofPolicy(
            RetentionPolicy policy,
            int minimumRedundancy,
            List<CatalogEntry> catalog,
            List<BackupRemains> remains,
            Map<Timeline, TimelineHistory> histories,
            Instant now) {
        if (minimumRedundancy < 0) {
            throw new IllegalArgumentException("the minimum redundancy cannot be negative: " + minimumRedundancy);
        }
        List<Readable> entries = readable(catalog);
        if (policy instanceof RetentionPolicy.RecoveryWindow) {
            requireEndTimes(entries);
        }
        List<BackupDecision> decisions = new ObsoleteBackups(policy, minimumRedundancy, now).judge(entries);
        return new RetentionPlan(decisions, PlanNotes.of(policy, decisions, remains, now), histories, true);
    }

    /**
     * The plan to delete one backup, whatever its status.
     *
     * @param minimumRedundancy refused when no more than so many backups that can be restored would be left with it
     * @throws RetentionException.CatalogDamaged when a record cannot be read
     * @throws RetentionException.Refused        when it must stay: pinned, of volume snapshots, needed by another one, or one
     *                                           of the last
     * @throws CatalogException.NoSuchBackup     when there is none of that id
     */
    public static RetentionPlan ofBackup(
            BackupId id, int minimumRedundancy, List<CatalogEntry> catalog, Map<Timeline, TimelineHistory> histories) {
        List<Readable> entries = readable(catalog);
        Readable asked = entries.stream()
                .filter(entry -> entry.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new CatalogException.NoSuchBackup("there is no backup " + id));
        Deletability.require(asked, entries, minimumRedundancy);
        List<BackupDecision> decisions = entries.stream()
                .map(entry -> entry.equals(asked)
                        ? new BackupDecision(entry, Reason.ASKED_FOR, "asked for")
                        : new BackupDecision(entry, Reason.NOT_ASKED_FOR, "not asked for"))
                .toList();
        return new RetentionPlan(decisions, List.of(), histories, false);
    }

    /** All entries, oldest first, unless one is damaged. */
    static List<Readable> readable(List<CatalogEntry> catalog) {
        List<String> damages = new ArrayList<>();
        List<Readable> entries = new ArrayList<>();
        for (CatalogEntry entry : catalog) {
            if (entry instanceof CatalogEntry.Damaged damaged) {
                damages.add(damaged.reason());
            } else {
                entries.add((Readable) entry);
            }
        }
        refuse(damages);
        entries.sort(Comparator.comparing(Readable::id));
        return entries;
    }

    private static void requireEndTimes(List<Readable> entries) {
        refuse(entries.stream()
                .filter(entry -> entry.info().status() == BackupStatus.DONE)
                .filter(entry -> entry.info().end().time().isEmpty())
                .map(entry -> "backup " + entry.id() + " is DONE, but its record has no end_time")
                .toList());
    }

    private static void refuse(List<String> damages) {
        if (!damages.isEmpty()) {
            throw new RetentionException.CatalogDamaged(
                    "nothing is deleted while a record is damaged, as nobody can say what its backup needs: "
                            + String.join("; ", damages)
                            + ". Repair the record, or remove everything below its directory if the backup is of no use");
        }
    }

    /** What becomes of each backup, oldest first. */
    public List<BackupDecision> decisions() {
        return decisions;
    }

    /** The backups that go, oldest first. */
    public List<BackupDecision> deletions() {
        return decisions.stream().filter(BackupDecision::isDeletion).toList();
    }

    /** What people should know besides: leftovers, and what looks like a mistake. */
    public List<String> notes() {
        return notes;
    }

    /** True when backups can be restored now and none could be afterwards. */
    public boolean deletesEveryBackup() {
        return PlanNotes.deletesEveryBackup(decisions);
    }

    /** What becomes of a WAL file. Whatever is below {@code wals/} and has no name of a WAL file stays, too. */
    public WalVerdict judge(WalFileName file) {
        return wal.judge(file);
    }

    WalRule wal() {
        return wal;
    }

    /**
     * The rule for WAL when of the given entries some are gone. At the time of planning all that are to go; later perhaps
     * fewer, and perhaps there are entries the plan has not seen.
     */
    WalRule walRule(List<Readable> catalog, Set<BackupId> gone) {
        List<Readable> entries =
                catalog.stream().sorted(Comparator.comparing(Readable::id)).toList();
        List<Readable> going =
                entries.stream().filter(entry -> gone.contains(entry.id())).toList();
        if (going.isEmpty()) {
            return new WalRule.KeepAll("no backup goes, and without one no WAL goes");
        }
        List<Readable> usable = entries.stream().filter(RetentionPlan::isUsable).toList();
        for (Readable entry : usable) {
            if (entry.id().compareTo(going.get(0).id()) < 0 && !isKeptForItself(entry)) {
                return new WalRule.KeepAll("backup " + entry.id() + " stays and is older than what goes");
            }
        }
        List<WalNeed> needs = new ArrayList<>();
        for (Readable entry : entries) {
            boolean stays = !gone.contains(entry.id()) && entry.info().status() != BackupStatus.FAILED;
            // WAL since the last backup there was stays in any case: nobody can tell what else it serves.
            boolean last = !usable.isEmpty() && entry.equals(usable.get(usable.size() - 1));
            if (!stays && !last) {
                continue;
            }
            var need = isKeptForItself(entry) && !last
                    ? WalNeed.ownOnly(entry.id(), entry.info())
                    : WalNeed.allFrom(entry.id(), entry.info());
            if (need.isEmpty() && (isUsable(entry) || last)) {
                return new WalRule.KeepAll("the record of backup " + entry.id() + " does not tell where it begins");
            }
            need.ifPresent(needs::add);
        }
        if (needs.isEmpty()) {
            return new WalRule.KeepAll("no backup tells from where on WAL is needed");
        }
        WalRule needed = new WalNeeds(needs, histories);
        return byPolicy ? needed : new WalRule.Both(needed, beforeNext(entries, going.get(0)));
    }

    /** A backup that stays for its mark alone, which asks for no more than its own WAL. */
    private boolean isKeptForItself(Readable entry) {
        return entry.keep().filter(target -> target == KeepTarget.STANDALONE).isPresent()
                && decisions.stream()
                        .anyMatch(decision -> decision.id().equals(entry.id()) && decision.reason() == Reason.PINNED);
    }

    private static WalRule beforeNext(List<Readable> entries, Readable asked) {
        Readable next = entries.stream()
                .filter(RetentionPlan::isUsable)
                .filter(entry -> entry.id().compareTo(asked.id()) > 0)
                .findFirst()
                .orElse(asked);
        return next.info()
                .begin()
                .segment()
                .<WalRule>map(begin -> new BeforeBackup(
                        begin,
                        entries.stream()
                                .flatMap(entry -> entry.info().timeline().stream())
                                .filter(timeline -> !timeline.equals(begin.timeline()))
                                .collect(Collectors.toSet())))
                .orElseGet(() ->
                        new WalRule.KeepAll("the record of backup " + next.id() + " does not tell where it begins"));
    }

    /** In barman's sense: such a backup limits the WAL that goes with another one. */
    private static boolean isUsable(Readable entry) {
        return entry.info().status() == BackupStatus.DONE || entry.info().status() == BackupStatus.WAITING_FOR_WALS;
    }
}
