package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.catalog.Samples;
import io.walarchiver.backup.recovery.RecoveryException.NoSuitableBackup;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.testing.Property;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackupChoiceTest {

    private static final Instant NOON = Instant.parse("2031-04-05T12:00:00Z");

    /** Backup {@code n} ends {@code n} minutes past noon in segment {@code n} of its timeline, at offset 0x138. */
    private static FakeBackup backup(int n, int timeline) {
        return FakeBackup.done(
                "20310405T12" + String.format(Locale.ROOT, "%02d", n) + "00",
                String.format(Locale.ROOT, "%08X00000000%08X", timeline, n),
                NOON.plusSeconds(60L * n));
    }

    private static Instant minute(int n) {
        return NOON.plusSeconds(60L * n);
    }

    private static TimelineHistories histories(String... filesByTimeline) {
        Map<Timeline, TimelineHistory> sound = new HashMap<>();
        for (int i = 0; i < filesByTimeline.length; i += 2) {
            Timeline timeline = new Timeline(Integer.parseInt(filesByTimeline[i]));
            sound.put(
                    timeline, TimelineHistory.parse(timeline, filesByTimeline[i + 1].getBytes(StandardCharsets.UTF_8)));
        }
        return new TimelineHistories(sound, Map.of());
    }

    private static String chosen(List<CatalogEntry> catalog, TimelineHistories histories, RecoveryTarget target) {
        return BackupChoice.of(catalog, histories, target).backup().id().value();
    }

    private static String chosen(RecoveryTarget target, FakeBackup... backups) {
        return chosen(entries(backups), TimelineHistories.NONE, target);
    }

    private static List<CatalogEntry> entries(FakeBackup... backups) {
        List<CatalogEntry> entries = new ArrayList<>();
        for (FakeBackup backup : backups) {
            entries.add(backup.entry());
        }
        return entries;
    }

    private static NoSuitableBackup none(
            List<CatalogEntry> catalog, TimelineHistories histories, RecoveryTarget target) {
        try {
            throw new AssertionError("chose " + chosen(catalog, histories, target));
        } catch (NoSuitableBackup expected) {
            return expected;
        }
    }

    @Test
    void theNewestLeadsToTheEnd() {
        FakeBackup[] all = {backup(3, 1), backup(1, 1), backup(2, 1)};
        for (RecoveryTarget target : List.of(
                RecoveryTarget.latest(), RecoveryTarget.immediate(), RecoveryTarget.name("n"), RecoveryTarget.xid(5))) {
            assertThat(chosen(target, all)).isEqualTo(backup(3, 1).id());
        }
    }

    @Test
    void newestIsByTheEndNotByTheName() {
        FakeBackup longRunning = FakeBackup.done("20310405T110000", "000000010000000000000009", minute(30));
        assertThat(chosen(RecoveryTarget.latest(), longRunning, backup(5, 1))).isEqualTo("20310405T110000");
    }

    @Test
    void aTargetTimeIsNotBeforeTheEnd() {
        FakeBackup[] all = {backup(1, 1), backup(2, 1), backup(3, 1)};
        assertThat(chosen(RecoveryTarget.time(minute(2)), all))
                .isEqualTo(backup(2, 1).id());
        assertThat(chosen(RecoveryTarget.time(minute(3).minusNanos(1000)), all))
                .isEqualTo(backup(2, 1).id());
        assertThat(none(
                        entries(all),
                        TimelineHistories.NONE,
                        RecoveryTarget.time(minute(1).minusNanos(1000))))
                .hasMessageContaining("2031-04-05 12:00:59.999999+00")
                .hasMessageContaining(backup(1, 1).id() + ": it ends at 2031-04-05 12:01:00+00, after the target");
    }

    @Test
    void aTargetPositionIsNotBeforeTheEnd() {
        FakeBackup[] all = {backup(1, 1), backup(2, 1), backup(3, 1)};
        // Where a backup ends the server is consistent, so the end itself can be reached.
        assertThat(chosen(RecoveryTarget.lsn(Lsn.parse("0/2000138")), all))
                .isEqualTo(backup(2, 1).id());
        assertThat(chosen(RecoveryTarget.lsn(Lsn.parse("0/2000137")), all))
                .isEqualTo(backup(1, 1).id());
        assertThat(none(entries(all), TimelineHistories.NONE, RecoveryTarget.lsn(Lsn.parse("0/1000137"))))
                .hasMessageContaining("position 0/1000137")
                .hasMessageContaining("it ends at position 0/1000138, behind the target");
    }

    @Test
    void backupsThatFailedAreNeverChosen() {
        FakeBackup failed = backup(3, 1).set("status", "FAILED").set("error", "failure uploading data (x)");
        FakeBackup started = backup(4, 1).set("status", "STARTED");
        FakeBackup waiting = backup(5, 1).set("status", "WAITING_FOR_WALS");
        FakeBackup doneWithError = backup(6, 1).set("error", "something");
        FakeBackup snapshot = backup(7, 1).set("snapshots_info", "{'provider': 'aws'}");
        FakeBackup incremental = backup(8, 1).set("parent_backup_id", "20310405T120100");
        FakeBackup encrypted = backup(9, 1).set("encryption", "gpg");
        FakeBackup noEnd = backup(10, 1).set("end_time", "None");
        FakeBackup[] bad = {failed, started, waiting, doneWithError, snapshot, incremental, encrypted, noEnd};
        List<CatalogEntry> catalog = entries(bad);
        catalog.addAll(entries(backup(2, 1)));

        assertThat(chosen(catalog, TimelineHistories.NONE, RecoveryTarget.latest()))
                .isEqualTo(backup(2, 1).id());
        NoSuitableBackup nothing = none(entries(bad), TimelineHistories.NONE, RecoveryTarget.latest());
        for (FakeBackup each : bad) {
            assertThat(nothing).hasMessageContaining(each.id());
            assertThatThrownBy(() -> chosen(RecoveryTarget.latest().with(new BackupId(each.id())), bad))
                    .isInstanceOf(NoSuitableBackup.class)
                    .hasMessageContaining(each.id());
        }
    }

    @Test
    void barmansFailedBackupsAreNeverChosen() {
        for (String record : List.of("3.17-failed-during-upload", "3.17-failed-at-start")) {
            CatalogEntry entry =
                    new CatalogEntry.Readable(new BackupId("20261122T092318"), Samples.info(record), Optional.empty());
            assertThat(none(List.of(entry), TimelineHistories.NONE, RecoveryTarget.latest()))
                    .hasMessageContaining("it failed: failure uploading data");
        }
        for (String record : List.of("3.4-plain", "3.4-gzip-timeline2", "3.17-volumes")) {
            CatalogEntry entry =
                    new CatalogEntry.Readable(new BackupId("20261122T092318"), Samples.info(record), Optional.empty());
            assertThat(chosen(List.of(entry), TimelineHistories.NONE, RecoveryTarget.latest()))
                    .isEqualTo("20261122T092318");
        }
    }

    @Test
    void aBackupWithoutItsArchivesIsPassedOver() {
        CatalogEntry.Readable whole = backup(1, 1).entry();
        CatalogEntry.Readable torn = new CatalogEntry.Readable(
                new BackupId(backup(2, 1).id()),
                backup(2, 1).info(),
                Optional.empty(),
                List.of(new Archive.Tablespace(16_384)));

        assertThat(chosen(List.of(whole, torn), TimelineHistories.NONE, RecoveryTarget.latest()))
                .isEqualTo(whole.id().value());
        assertThat(none(List.of(torn), TimelineHistories.NONE, RecoveryTarget.latest()))
                .hasMessageContaining("archives are missing: [16384]");
    }

    @Test
    void damagedRecordsAreMentioned() {
        CatalogEntry damaged =
                new CatalogEntry.Damaged(new BackupId("20310405T130000"), "line 3 has no =", Optional.empty());
        List<CatalogEntry> catalog = List.of(damaged, backup(1, 1).entry());

        BackupChoice choice = BackupChoice.of(catalog, TimelineHistories.NONE, RecoveryTarget.latest());

        assertThat(choice.backup().id()).hasToString(backup(1, 1).id());
        assertThat(choice.remarks()).singleElement().asString().contains("20310405T130000", "line 3 has no =");
        assertThat(none(List.of(damaged), TimelineHistories.NONE, RecoveryTarget.latest()))
                .hasMessageContaining("line 3 has no =");
        assertThat(none(catalog, TimelineHistories.NONE, RecoveryTarget.latest().with(new BackupId("20310405T130000"))))
                .hasMessageContaining("line 3 has no =");
    }

    @Test
    void aNamedBackupIsTakenWhateverElseIsAskedFor() {
        FakeBackup[] all = {backup(1, 1), backup(2, 1)};
        BackupChoice choice = BackupChoice.of(
                entries(all),
                TimelineHistories.NONE,
                RecoveryTarget.time(minute(1)).with(new BackupId(backup(2, 1).id())));

        assertThat(choice.backup().id()).hasToString(backup(2, 1).id());
        assertThat(choice.remarks()).singleElement().asString().contains("after the target");
        assertThat(none(
                        entries(all),
                        TimelineHistories.NONE,
                        RecoveryTarget.latest().with(new BackupId("20310405T235959"))))
                .hasMessageContaining("there is no usable backup 20310405T235959")
                .hasMessageContaining(backup(1, 1).id());
    }

    @Test
    void anEmptyCatalogIsToldAsSuch() {
        assertThat(none(List.of(), TimelineHistories.NONE, RecoveryTarget.latest()))
                .hasMessageContaining("the catalog is empty");
    }

    @Test
    void theListOfReasonsIsBounded() {
        FakeBackup[] many = IntStream.rangeClosed(1, 50)
                .mapToObj(n -> backup(n, 1).set("status", "FAILED"))
                .toArray(FakeBackup[]::new);
        assertThat(none(entries(many), TimelineHistories.NONE, RecoveryTarget.latest())
                        .getMessage())
                .endsWith("and 40 more")
                .hasSizeLessThan(2000);
    }

    // Timeline 1 was left at 0/4000000 for 2, that at 0/6000000 for 3.
    private static final TimelineHistories TWO_PROMOTIONS =
            histories("2", "1\t0/4000000\tfirst\n", "3", "1\t0/4000000\tfirst\n2\t0/6000000\tsecond\n");

    @Test
    void aBackupOfAnAncestorLeadsToATimelineWhenItEndedBeforeItWasLeft() {
        List<CatalogEntry> ancestors = entries(backup(1, 1), backup(3, 1));
        for (String timeline : List.of("latest", "2", "3", "0x3")) {
            assertThat(chosen(ancestors, TWO_PROMOTIONS, RecoveryTarget.latest().with(TargetTimeline.parse(timeline))))
                    .isEqualTo(backup(3, 1).id());
        }
        // Taken on timeline 1 after the other server had left it.
        List<CatalogEntry> astray = entries(backup(1, 1), backup(5, 1));
        assertThat(chosen(astray, TWO_PROMOTIONS, RecoveryTarget.latest()))
                .isEqualTo(backup(1, 1).id());
        assertThat(chosen(astray, TWO_PROMOTIONS, RecoveryTarget.latest().with(TargetTimeline.parse("1"))))
                .isEqualTo(backup(5, 1).id());
        assertThat(chosen(astray, TWO_PROMOTIONS, RecoveryTarget.latest().with(TargetTimeline.CURRENT)))
                .isEqualTo(backup(5, 1).id());
        assertThat(none(entries(backup(5, 1)), TWO_PROMOTIONS, RecoveryTarget.latest()))
                .hasMessageContaining("leaves timeline 1 at 0/4000000, before the end of the backup at 0/5000138");
    }

    @Test
    void aBackupThatEndsWhereItsTimelineWasLeftIsOnTheWay() {
        FakeBackup exactly = backup(3, 1).set("end_xlog", "0/4000000");
        FakeBackup beyond = backup(3, 1).set("end_xlog", "0/4000001");
        assertThat(chosen(entries(exactly), TWO_PROMOTIONS, RecoveryTarget.latest()))
                .isEqualTo(exactly.id());
        assertThat(none(entries(beyond), TWO_PROMOTIONS, RecoveryTarget.latest()))
                .isNotNull();
    }

    @Test
    void backupsOfTheTargetTimelineItself() {
        List<CatalogEntry> all = entries(backup(1, 1), backup(5, 2), backup(7, 3), backup(9, 2));
        assertThat(chosen(all, TWO_PROMOTIONS, RecoveryTarget.latest()))
                .isEqualTo(backup(7, 3).id());
        assertThat(chosen(all, TWO_PROMOTIONS, RecoveryTarget.latest().with(TargetTimeline.parse("2"))))
                .isEqualTo(backup(9, 2).id());
        assertThat(chosen(all, TWO_PROMOTIONS, RecoveryTarget.latest().with(TargetTimeline.parse("1"))))
                .isEqualTo(backup(1, 1).id());
        assertThat(none(all, TWO_PROMOTIONS, RecoveryTarget.latest().with(TargetTimeline.parse("9"))))
                .hasMessageContaining("is not on the way to timeline 9");
    }

    /** As PostgreSQL looks for the latest: from the backup's timeline on, one by one, until one is missing. */
    @Test
    void theLatestTimelineIsTheLastOfAnUnbrokenRow() {
        TimelineHistories gap = histories("3", "1\t0/4000000\tx\n");
        assertThat(chosen(entries(backup(5, 1)), gap, RecoveryTarget.latest()))
                .isEqualTo(backup(5, 1).id());
        TimelineHistories aside = histories("2", "1\t0/4000000\tx\n", "3", "1\t0/2000000\ty\n");
        assertThat(none(entries(backup(3, 1)), aside, RecoveryTarget.latest())).isNotNull();
        assertThat(none(entries(backup(5, 2)), aside, RecoveryTarget.latest()))
                .hasMessageContaining("its timeline 2 is not on the way to timeline 3");
    }

    @Test
    void aHistoryThatCannotBeReadLeadsNowhere() {
        TimelineHistories damaged = new TimelineHistories(Map.of(), Map.of(new Timeline(2), "it is empty"));
        assertThat(none(entries(backup(1, 1)), damaged, RecoveryTarget.latest()))
                .hasMessageContaining("the history of timeline 2 is of no use: it is empty");
        assertThat(chosen(
                        entries(backup(1, 1)), damaged, RecoveryTarget.latest().with(TargetTimeline.CURRENT)))
                .isEqualTo(backup(1, 1).id());
    }

    @Test
    void aStandbyMayChangeItsTimelineDuringABackup() {
        FakeBackup across = backup(3, 1).end("000000020000000000000005");
        assertThat(chosen(entries(across), TWO_PROMOTIONS, RecoveryTarget.latest()))
                .isEqualTo(across.id());
        assertThat(none(entries(across), TWO_PROMOTIONS, RecoveryTarget.latest().with(TargetTimeline.parse("1"))))
                .isNotNull();
    }

    /** A catalog, histories and a target, with the obvious way to look for the answer. */
    private record Case(List<FakeBackup> backups, int[] parents, int[] switches, RecoveryTarget target) {

        /** The way from the first timeline to {@code timeline}: for each position, which timeline it is on. */
        private int timelineAt(int timeline, long position) {
            // Timeline t begins where its parent was left; everything before belongs to the parent's way.
            return timeline == 1 || position >= switches[timeline] ? timeline : timelineAt(parents[timeline], position);
        }

        private TimelineHistories histories() {
            Map<Timeline, TimelineHistory> sound = new HashMap<>();
            for (int t = 2; t < parents.length; t++) {
                StringBuilder file = new StringBuilder();
                List<String> lines = new ArrayList<>();
                for (int each = t; each > 1; each = parents[each]) {
                    lines.add(0, parents[each] + "\t0/" + Integer.toHexString(switches[each]) + "\tx\n");
                }
                lines.forEach(file::append);
                Timeline timeline = new Timeline(t);
                sound.put(
                        timeline,
                        TimelineHistory.parse(timeline, file.toString().getBytes(StandardCharsets.UTF_8)));
            }
            return new TimelineHistories(sound, Map.of());
        }

        private Optional<String> expected() {
            FakeBackup best = null;
            for (FakeBackup backup : backups) {
                if (leads(backup) && (best == null || end(backup).isAfter(end(best)))) {
                    best = backup;
                }
            }
            return Optional.ofNullable(best).map(FakeBackup::id);
        }

        private static Instant end(FakeBackup backup) {
            return backup.info().end().time().orElseThrow();
        }

        private boolean leads(FakeBackup backup) {
            if (!backup.info().isUsable()) {
                return false;
            }
            long last = backup.info().end().lsn().orElseThrow().value();
            long first = backup.info().begin().lsn().orElseThrow().value();
            int own = backup.info().timeline().orElseThrow().id();
            int wanted = target.timeline() instanceof TargetTimeline.Numbered n
                    ? n.timeline().id()
                    : target.timeline() instanceof TargetTimeline.Current ? own : parents.length - 1;
            boolean early = target instanceof RecoveryTarget.Time t
                            && end(backup).isAfter(t.time())
                    || target instanceof RecoveryTarget.Lsn l && last > l.lsn().value();
            return !early && timelineAt(wanted, first) == own && timelineAt(wanted, last - 1) == own;
        }
    }

    private static Case randomCase(SplittableRandom random) {
        int timelines = random.nextInt(1, 5);
        int[] parents = new int[timelines + 1];
        int[] switches = new int[timelines + 1];
        for (int t = 2; t <= timelines; t++) {
            parents[t] = random.nextInt(1, t);
            // After the beginning of the parent, as a server can only leave what it is on.
            switches[t] = switches[parents[t]] + random.nextInt(1, 4) * 0x1000000;
        }
        List<FakeBackup> backups = new ArrayList<>();
        int count = random.nextInt(0, 8);
        for (int n = 1; n <= count; n++) {
            int timeline = random.nextInt(1, timelines + 1);
            FakeBackup backup = backup(n, timeline);
            switch (random.nextInt(8)) {
                case 0 -> backup.set("status", "FAILED");
                case 1 -> backup.set("end_xlog", "0/" + Integer.toHexString(n * 0x1000000 + 0x1000000));
                default -> {}
            }
            backups.add(backup);
        }
        RecoveryTarget target =
                switch (random.nextInt(4)) {
                    case 0 -> RecoveryTarget.latest();
                    case 1 -> RecoveryTarget.time(minute(random.nextInt(10)));
                    case 2 -> RecoveryTarget.lsn(new Lsn(random.nextInt(10) * 0x1000000L + 0x138 - random.nextInt(2)));
                    default -> RecoveryTarget.xid(3);
                };
        TargetTimeline along =
                switch (random.nextInt(3)) {
                    case 0 -> TargetTimeline.LATEST;
                    case 1 -> TargetTimeline.CURRENT;
                    default -> new TargetTimeline.Numbered(new Timeline(random.nextInt(1, timelines + 1)));
                };
        return new Case(backups, parents, switches, target.with(along));
    }

    @Test
    void theChoiceIsTheObviousOne() {
        Property.forAll(List.of(), BackupChoiceTest::randomCase, each -> {
            List<CatalogEntry> catalog = entries(each.backups().toArray(FakeBackup[]::new));
            Optional<String> expected = each.expected();
            if (expected.isPresent()) {
                assertThat(chosen(catalog, each.histories(), each.target())).isEqualTo(expected.get());
            } else {
                assertThat(none(catalog, each.histories(), each.target())).isNotNull();
            }
        });
    }
}
