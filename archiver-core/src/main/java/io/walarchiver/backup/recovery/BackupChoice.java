package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalSegmentName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The backup a recovery starts from: the newest one that leads to the target.
 *
 * <p>A backup leads to a target when
 *
 * <ul>
 *   <li>it is usable: {@code DONE}, without error, all positions known, and made of tar archives that stand alone;
 *   <li>its beginning and its end lie on the way to the target timeline. The timeline of the backup may be an ancestor of
 *       the target's, if the backup ended before the server left it: PostgreSQL asks the same of the timeline history;
 *   <li>a target time is not before its end by the server's clock;
 *   <li>a target position is not before its end. A backup that ends exactly there will do: PostgreSQL is consistent once it
 *       has replayed up to the end of the backup, and the first record it can stop at starts there or later, whether the
 *       target is inclusive or not.
 * </ul>
 *
 * <p>Names, transactions and {@code immediate} do not tell where they are, so the newest backup on the way is taken. A
 * backup named by a person is taken whatever else was asked for, if it is usable.
 *
 * @param backup  the backup
 * @param remarks what a person should know about the choice; may be empty
 */
public record BackupChoice(CatalogEntry.Readable backup, List<String> remarks) {

    private static final int MENTIONED = 10;

    /** How a record says that there is none. */
    private static final String NONE = "None";

    private static final Comparator<CatalogEntry.Readable> BY_END = Comparator.comparing(
                    (CatalogEntry.Readable entry) -> entry.info().end().time().orElse(Instant.MIN))
            .thenComparing(CatalogEntry::id);

    public BackupChoice {
        remarks = List.copyOf(remarks);
    }

    /**
     * Chooses.
     *
     * @throws RecoveryException.NoSuitableBackup when there is none; the message says why each was passed over
     */
    public static BackupChoice of(
            Collection<? extends CatalogEntry> catalog, TimelineHistories histories, RecoveryTarget target) {
        List<String> remarks = new ArrayList<>();
        List<CatalogEntry.Readable> readable = new ArrayList<>();
        List<String> passedOver = new ArrayList<>();
        for (CatalogEntry entry : catalog) {
            if (entry instanceof CatalogEntry.Readable r) {
                readable.add(r);
            } else if (entry instanceof CatalogEntry.Damaged damaged) {
                passedOver.add(damaged.id() + ": its record cannot be read (" + damaged.reason() + ")");
            }
        }
        if (!passedOver.isEmpty()) {
            remarks.add("not considered: " + list(passedOver));
        }
        if (target.backup().isPresent()) {
            return named(readable, target, target.backup().get(), passedOver, remarks);
        }
        readable.sort(BY_END.reversed());
        List<String> reasons = new ArrayList<>();
        for (CatalogEntry.Readable entry : readable) {
            Optional<String> obstacle = unusable(entry).or(() -> obstacle(entry.info(), histories, target));
            if (obstacle.isEmpty()) {
                return new BackupChoice(entry, remarks);
            }
            reasons.add(entry.id() + ": " + obstacle.get());
        }
        reasons.addAll(passedOver);
        throw new RecoveryException.NoSuitableBackup("no base backup leads to " + target + "; "
                + (reasons.isEmpty() ? "the catalog is empty" : "passed over, newest first: " + list(reasons)));
    }

    private static BackupChoice named(
            List<CatalogEntry.Readable> readable,
            RecoveryTarget target,
            BackupId id,
            List<String> passedOver,
            List<String> remarks) {
        for (CatalogEntry.Readable entry : readable) {
            if (entry.id().equals(id)) {
                unusable(entry).ifPresent(reason -> {
                    throw new RecoveryException.NoSuitableBackup(
                            "backup " + id + " cannot be used for recovery: " + reason);
                });
                tooEarly(entry.info(), target)
                        .ifPresent(reason -> remarks.add("backup " + id + " was asked for, but " + reason));
                return new BackupChoice(entry, remarks);
            }
        }
        String known = passedOver.stream()
                .filter(damaged -> damaged.startsWith(id + ":"))
                .findFirst()
                .orElseGet(() -> readable.isEmpty()
                        ? "the catalog is empty"
                        : "there are "
                                + list(readable.stream()
                                        .map(e -> e.id().value())
                                        .toList()));
        throw new RecoveryException.NoSuitableBackup("there is no usable backup " + id + "; " + known);
    }

    /** Why a backup can never be restored. */
    static Optional<String> unusable(BackupInfo info) {
        if (info.error().isPresent()) {
            return Optional.of("it failed: " + info.error().get());
        }
        if (!info.isUsable()) {
            return Optional.of("its status is " + info.status() + ", or its record lacks times or positions");
        }
        if (info.isSnapshot()) {
            return Optional.of("it consists of volume snapshots, not of archives");
        }
        if (info.parentBackupId().isPresent()) {
            return Optional.of("it holds only the changes since backup "
                    + info.parentBackupId().get());
        }
        if (!info.raw().getOrDefault("encryption", NONE).equals(NONE)) {
            return Optional.of("it is encrypted");
        }
        return Optional.empty();
    }

    private static Optional<String> unusable(CatalogEntry.Readable backup) {
        return unusable(backup.info())
                .or(() -> backup.missingArchives().isEmpty()
                        ? Optional.empty()
                        : Optional.of("archives are missing: " + backup.missingArchives()));
    }

    private static Optional<String> obstacle(BackupInfo info, TimelineHistories histories, RecoveryTarget target) {
        return tooEarly(info, target).or(() -> aside(info, histories, target.timeline()));
    }

    private static Optional<String> tooEarly(BackupInfo info, RecoveryTarget target) {
        if (target instanceof RecoveryTarget.Time t) {
            return info.end()
                    .time()
                    .filter(end -> end.isAfter(t.time()))
                    .map(end -> "it ends at " + TargetTime.print(end) + ", after the target");
        }
        if (target instanceof RecoveryTarget.Lsn p) {
            return info.end()
                    .lsn()
                    .filter(end -> end.compareTo(p.lsn()) > 0)
                    .map(end -> "it ends at position " + end + ", behind the target");
        }
        return Optional.empty();
    }

    /** Why the backup does not lie on the way to the target timeline. */
    private static Optional<String> aside(BackupInfo info, TimelineHistories histories, TargetTimeline target) {
        Optional<Timeline> timeline = beginning(info);
        if (timeline.isEmpty()) {
            return Optional.of("its record does not tell its timeline");
        }
        Timeline own = timeline.get();
        Timeline destination = TargetHistories.destination(histories, own, target);
        String damage = histories.damaged().get(destination);
        if (damage != null) {
            return Optional.of("the history of timeline " + number(destination) + " is of no use: " + damage);
        }
        TimelineHistory way = histories.of(destination);
        if (!way.contains(own)) {
            return Optional.of(
                    "its timeline " + number(own) + " is not on the way to timeline " + number(way.timeline()));
        }
        // On a standby the timeline can change while the backup is taken.
        Timeline ending = info.end().segment().map(WalSegmentName::timeline).orElse(own);
        boolean begins = isOn(way, own, info.begin().lsn());
        boolean ends = isOn(way, ending, info.end().lsn().map(BackupChoice::lastByteBefore));
        if (begins && ends) {
            return Optional.empty();
        }
        return Optional.of("the way to timeline " + number(way.timeline()) + " leaves timeline " + number(own)
                + way.switchPointOf(own).map(point -> " at " + point).orElse("") + ", before the end of the backup at "
                + info.end().lsn().map(Lsn::toString).orElse("?"));
    }

    private static Optional<Timeline> beginning(BackupInfo info) {
        LogPosition begin = info.begin();
        return info.timeline().or(() -> begin.segment().map(WalSegmentName::timeline));
    }

    private static boolean isOn(TimelineHistory way, Timeline timeline, Optional<Lsn> position) {
        return position.isEmpty() || way.timelineContaining(position.get()).equals(timeline);
    }

    private static Lsn lastByteBefore(Lsn end) {
        return end.value() == 0 ? end : new Lsn(end.value() - 1);
    }

    private static String number(Timeline timeline) {
        return Integer.toUnsignedString(timeline.id());
    }

    private static String list(List<String> items) {
        String text = items.stream().limit(MENTIONED).collect(Collectors.joining("; "));
        return items.size() <= MENTIONED ? text : text + "; and " + (items.size() - MENTIONED) + " more";
    }
}
