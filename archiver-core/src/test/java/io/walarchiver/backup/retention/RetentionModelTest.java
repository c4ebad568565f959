package io.walarchiver.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.catalog.CatalogEntry.Readable;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.testing.Property;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The plan against a model that is slow and says what is wanted in the plainest words. */
class RetentionModelTest {

    @Test
    void theSameBackupsGoAsInTheModel() {
        Property.forAll(
                List.of(),
                RandomArchive::random,
                archive -> assertThat(ids(archive.plan())).isEqualTo(new Model(archive).deleted()));
    }

    @Test
    void theSameWalGoesAsInTheModel() {
        Property.forAll(List.of(), RandomArchive::random, archive -> {
            RetentionPlan plan = archive.plan();
            Model model = new Model(archive);
            Set<String> expected = new TreeSet<>();
            Set<String> goes = new TreeSet<>();
            for (int timeline = 1; timeline <= 6; timeline++) {
                for (int segment = 0; segment < RandomArchive.SEGMENTS; segment++) {
                    String name = RetentionFixture.segment(timeline, 0, segment);
                    if (model.walGoes(timeline, segment)) {
                        expected.add(name);
                    }
                    if (plan.judge(WalFileName.parse(name)).isDeletion()) {
                        goes.add(name);
                        assertThat(plan.wal().keepsAllOf(new Timeline(timeline), 0))
                                .isFalse();
                    }
                }
            }
            assertThat(goes).isEqualTo(expected);
        });
    }

    /** Said once more, by the way PostgreSQL goes through the log. */
    @Test
    void everyBackupThatStaysReachesEveryPointItReachedBefore() {
        int[] walGone = {0};
        Property.forAll(List.of(), RandomArchive::random, archive -> {
            RetentionPlan plan = archive.plan();
            Set<String> gone = ids(plan);
            for (RandomArchive.Backup backup : archive.backups()) {
                boolean onlyItself = backup.keep().equals("standalone")
                        && plan.decisions().stream()
                                .anyMatch(decision -> decision.id()
                                                .value()
                                                .equals(backup.fake().id())
                                        && decision.reason() == BackupDecision.Reason.PINNED);
                if (gone.contains(backup.fake().id()) || backup.isFailed()) {
                    continue;
                }
                for (int target : archive.timelines()) {
                    TimelineHistory way = archive.trueHistory(target);
                    Lsn begin = RandomArchive.position(backup.begin());
                    if (!way.timelineContaining(begin).equals(new Timeline(backup.timeline()))) {
                        continue;
                    }
                    int last = onlyItself ? backup.end() : RandomArchive.SEGMENTS - 1;
                    for (int segment = backup.begin(); segment <= last; segment++) {
                        // The way begins in the segment of the start, not before the start.
                        Lsn first = segment == backup.begin() ? begin : new Lsn((long) segment << 24);
                        requireKept(plan, way, first, onlyItself ? backup.timeline() : 0);
                    }
                }
            }
            walGone[0] += plan.wal().keepsAll() ? 0 : 1;
        });
        // The statement would be empty if nothing ever went.
        assertThat(walGone[0]).isGreaterThan(300);
    }

    private static void requireKept(RetentionPlan plan, TimelineHistory way, Lsn first, int onlyTimeline) {
        int segment = (int) (first.value() >> 24);
        for (Lsn position : List.of(first, new Lsn(((long) segment + 1 << 24) - 1))) {
            Timeline timeline = way.timelineContaining(position);
            if (onlyTimeline != 0 && timeline.id() != onlyTimeline) {
                continue;
            }
            String name = RetentionFixture.segment(timeline.id(), 0, segment);
            assertThat(plan.judge(WalFileName.parse(name)).isDeletion())
                    .as(name)
                    .isFalse();
        }
    }

    private static Set<String> ids(RetentionPlan plan) {
        Set<String> ids = new TreeSet<>();
        plan.deletions().forEach(decision -> ids.add(decision.id().value()));
        return ids;
    }

    /** What is wanted. */
    private static final class Model {

        private final RandomArchive archive;
        private final List<RandomArchive.Backup> backups;
        private final Set<String> deleted;

        Model(RandomArchive archive) {
            this.archive = archive;
            this.backups = archive.backups();
            this.deleted = findDeleted();
        }

        Set<String> deleted() {
            return deleted;
        }

        private Set<String> findDeleted() {
            Set<String> deleted = new TreeSet<>();
            for (RandomArchive.Backup backup : backups) {
                if (isObsolete(backup) && backup.keep().isEmpty()) {
                    deleted.add(backup.fake().id());
                }
            }
            boolean changed = true;
            while (changed) {
                changed = false;
                for (RandomArchive.Backup backup : backups) {
                    if (!deleted.contains(backup.fake().id())) {
                        changed |= backup.entry()
                                .info()
                                .parentBackupId()
                                .filter(deleted::remove)
                                .isPresent();
                    }
                }
            }
            return deleted;
        }

        private boolean isObsolete(RandomArchive.Backup backup) {
            Readable entry = backup.entry();
            if (!RandomArchive.isDone(entry) || entry.info().isSnapshot()) {
                return false;
            }
            List<RandomArchive.Backup> newer = backups.stream()
                    .filter(other -> other.entry().id().compareTo(entry.id()) > 0)
                    .filter(other -> other.entry().isRestorable())
                    .toList();
            RetentionPolicy policy = RetentionPolicy.parse(archive.policy());
            if (policy instanceof RetentionPolicy.Redundancy redundancy) {
                return newer.size() >= Math.max(redundancy.backups(), archive.minimumRedundancy());
            }
            Instant start = RandomArchive.NOW.minus(((RetentionPolicy.RecoveryWindow) policy).length());
            return endsBefore(backup, start)
                    && newer.stream().anyMatch(other -> endsBefore(other, start))
                    && newer.stream().filter(other -> !isObsolete(other)).count() >= archive.minimumRedundancy();
        }

        private static boolean endsBefore(RandomArchive.Backup backup, Instant time) {
            return backup.entry().info().end().time().orElseThrow().isBefore(time);
        }

        boolean walGoes(int timeline, int segment) {
            if (deleted.isEmpty()) {
                return false;
            }
            String oldestDeleted = new TreeSet<>(deleted).first();
            Set<String> staying = new HashSet<>();
            for (RandomArchive.Backup backup : backups) {
                String id = backup.fake().id();
                if (!deleted.contains(id)) {
                    staying.add(id);
                    if (backup.isUsable() && id.compareTo(oldestDeleted) < 0 && !needsOnlyItself(backup)) {
                        return false;
                    }
                }
            }
            RandomArchive.Backup newest = newestUsable();
            int newestTimeline = 0;
            for (RandomArchive.Backup backup : backups) {
                if (backup == newest || staying.contains(backup.fake().id()) && !backup.isFailed()) {
                    newestTimeline = Math.max(newestTimeline, backup.timeline());
                    if (needs(backup, timeline, segment, backup != newest && needsOnlyItself(backup))) {
                        return false;
                    }
                }
            }
            return timeline <= newestTimeline;
        }

        private RandomArchive.Backup newestUsable() {
            RandomArchive.Backup newest = backups.get(0);
            for (RandomArchive.Backup backup : backups) {
                newest = backup.isUsable() ? backup : newest;
            }
            return newest;
        }

        private boolean needsOnlyItself(RandomArchive.Backup backup) {
            return backup.entry()
                            .keep()
                            .filter(target -> target == KeepTarget.STANDALONE)
                            .isPresent()
                    && isObsolete(backup);
        }

        private boolean needs(RandomArchive.Backup backup, int timeline, int segment, boolean onlyItself) {
            if (segment < backup.begin()) {
                return false;
            }
            if (timeline == backup.timeline()) {
                return !onlyItself || segment <= backup.end();
            }
            return !onlyItself && mayDescend(timeline, backup);
        }

        private boolean mayDescend(int timeline, RandomArchive.Backup backup) {
            if (timeline < backup.timeline()) {
                return false;
            }
            if (archive.parentOf(timeline) == 0 || archive.unknown().contains(timeline)) {
                return true;
            }
            for (int child = timeline; archive.parentOf(child) != 0; child = archive.parentOf(child)) {
                if (archive.parentOf(child) == backup.timeline()) {
                    return archive.switchOf(child) >= backup.begin();
                }
            }
            return false;
        }
    }
}
