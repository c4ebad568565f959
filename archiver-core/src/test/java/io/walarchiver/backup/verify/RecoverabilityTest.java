package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.backup.verify.Gap.Effect;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.testing.Property;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.TimelineHistory;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RecoverabilityTest {

    private static final ArchiveLayout LAYOUT = new ArchiveLayout("", "orders-db");
    private static final SegmentSize SIZE = SegmentSize.DEFAULT;
    private static final Instant STORED = Instant.parse("2031-04-05T06:07:08Z");
    private static final Instant ENDED = Instant.parse("2031-04-04T00:00:00Z");

    private final InMemoryObjectStore store = new InMemoryObjectStore(Clock.fixed(STORED, ZoneOffset.UTC));
    private final List<CatalogEntry> catalog = new ArrayList<>();

    /** Archives segments {@code first} to {@code last} of a timeline, without those given as missing. */
    private void segments(int timeline, long first, long last, long... missing) {
        Set<Long> left = new HashSet<>();
        for (long number : missing) {
            left.add(number);
        }
        for (long number = first; number <= last; number++) {
            if (!left.contains(number)) {
                place(name(timeline, number).toString());
            }
        }
    }

    private static WalSegmentName name(int timeline, long number) {
        return SegmentRange.name(new Timeline(timeline), number, SIZE);
    }

    private void place(String name) {
        store.place(LAYOUT.walKey(WalFileName.parse(name), Compression.NONE), new byte[1], Map.of());
    }

    private void history(int timeline, String... lines) {
        store.place(
                LAYOUT.walKey(new WalFileName.TimelineHistoryFile(new Timeline(timeline)), Compression.NONE),
                String.join("\n", lines).getBytes(StandardCharsets.UTF_8),
                Map.of());
    }

    private void backup(String id, int timeline, String begin, String end) {
        catalog.add(entry(id, timeline, Lsn.parse(begin), Lsn.parse(end), Optional.empty(), SIZE));
    }

    private static CatalogEntry entry(
            String id, int timeline, Lsn begin, Lsn end, Optional<KeepTarget> keep, SegmentSize size) {
        Timeline on = new Timeline(timeline);
        BackupInfo info = new BackupInfo(
                BackupStatus.DONE,
                Optional.empty(),
                Optional.empty(),
                position(on, begin, size),
                position(on, end, size),
                Optional.of(on),
                OptionalInt.of(170004),
                Optional.of("7300000000000000001"),
                size.bytes(),
                Optional.of("/pgdata"),
                List.of(),
                Map.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                new TreeMap<>());
        return new CatalogEntry.Readable(new BackupId(id), info, keep);
    }

    private static LogPosition position(Timeline timeline, Lsn lsn, SegmentSize size) {
        return new LogPosition(
                Optional.of(ENDED),
                Optional.of(lsn),
                Optional.of(WalSegmentName.containing(timeline, lsn, size)),
                OptionalLong.of(lsn.value() & (size.bytes() - 1)));
    }

    private Recoverability assess() {
        WalInventory inventory =
                Objects.requireNonNull(WalInventory.read(store, LAYOUT, SIZE).block(Duration.ofSeconds(30)));
        TimelineHistories histories = Objects.requireNonNull(
                TimelineHistories.read(store, LAYOUT, inventory).block(Duration.ofSeconds(30)));
        return Recoverability.of(inventory, histories, catalog);
    }

    private static List<String> gaps(Recoverability found) {
        return found.gaps().stream()
                .map(gap -> gap.missing().first() + "+" + gap.missing().count() + " " + gap.effect())
                .toList();
    }

    private static List<String> ranges(Recoverability found) {
        return found.ranges().stream()
                .map(range -> range.backup() + " on " + range.timeline() + ": " + range.from() + " to " + range.to()
                        + range.gap()
                                .map(gap -> ", then " + gap.first() + "+" + gap.count())
                                .orElse(""))
                .toList();
    }

    @Test
    void aBackupReachesAsFarAsSegmentsFollowEachOther() {
        segments(1, 2, 9);
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(ranges(found)).containsExactly("20310404T000000 on 00000001: 0/4000138 to 0/A000000");
        assertThat(found.ranges().get(0).fromTime()).contains(ENDED);
        assertThat(found.ranges().get(0).archivedAt()).contains(STORED);
        assertThat(found.gaps()).isEmpty();
        assertThat(found.unrecoverable()).isEmpty();
    }

    @Test
    void aGapBehindTheBackupEndsItsRangeAndOneBeforeAllBackupsDoesNotMatter() {
        segments(1, 1, 20, 3, 8, 9);
        backup("20310404T000000", 1, "0/5000028", "0/6000138");
        backup("20310404T010000", 1, "0/B000028", "0/B000138");

        Recoverability found = assess();

        assertThat(ranges(found))
                .containsExactly(
                        "20310404T000000 on 00000001: 0/6000138 to 0/8000000, then 000000010000000000000008+2",
                        "20310404T010000 on 00000001: 0/B000138 to 0/15000000");
        assertThat(gaps(found))
                .containsExactly("000000010000000000000003+1 HARMLESS", "000000010000000000000008+2 BREAKS_RECOVERY");
        assertThat(found.ranges().get(0).archivedAt()).isEmpty();
        assertThat(found.oldest().orElseThrow().backup()).hasToString("20310404T000000");
        assertThat(found.newest().orElseThrow().backup()).hasToString("20310404T010000");
    }

    @Test
    void aGapAtTheBoundaryOfTwoDirectoriesIsFound() {
        segments(1, 0xFD, 0x102, 0xFF, 0x100);
        backup("20310404T000000", 1, "0/FD000028", "0/FD000138");

        assertThat(gaps(assess())).containsExactly("0000000100000000000000FF+2 BREAKS_RECOVERY");
    }

    @Test
    void aBackupWhoseOwnWalIsMissingIsNotRecoverable() {
        segments(1, 3, 9, 4);
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(found.ranges()).isEmpty();
        assertThat(found.unrecoverable())
                .containsExactly(new UnrecoverableBackup(new BackupId("20310404T000000"), Optional.of(name(1, 4))));
        assertThat(gaps(found)).containsExactly("000000010000000000000004+1 BREAKS_RECOVERY");
    }

    @Test
    void anEndOnABoundaryDoesNotNeedTheSegmentItNames() {
        segments(1, 3, 3);
        backup("20310404T000000", 1, "0/3000028", "0/4000000");

        assertThat(ranges(assess())).containsExactly("20310404T000000 on 00000001: 0/4000000 to 0/4000000");
    }

    @Test
    void aPromotionInTheMiddleOfASegmentIsNoGap() {
        segments(1, 3, 6);
        place("000000010000000000000007.partial");
        segments(2, 7, 9);
        history(2, "1\t0/7654320\tno recovery target specified");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(ranges(found)).containsExactly("20310404T000000 on 00000002: 0/4000138 to 0/A000000");
        assertThat(found.gaps()).isEmpty();
    }

    @Test
    void aPromotionOnABoundaryIsNoGap() {
        segments(1, 3, 6);
        segments(2, 7, 9);
        history(2, "1\t0/7000000\tno recovery target specified");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        assertThat(ranges(assess())).containsExactly("20310404T000000 on 00000002: 0/4000138 to 0/A000000");
    }

    @Test
    void aPromotionWhoseOwnSegmentIsNotThereYetEndsWhereTheOldTimelineWasLeft() {
        segments(1, 3, 6);
        place("000000010000000000000007.partial");
        history(2, "1\t0/7654320\tno recovery target specified");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(ranges(found)).containsExactly("20310404T000000 on 00000002: 0/4000138 to 0/7654320");
        assertThat(found.gaps()).isEmpty();
    }

    @Test
    void aBackupWithinTheSegmentOfThePromotionIsRecoverableFromEitherCopy() {
        segments(1, 3, 3);
        history(2, "1\t0/3654320\tno recovery target specified");
        backup("20310404T000000", 1, "0/3000028", "0/3000138");

        assertThat(ranges(assess())).containsExactly("20310404T000000 on 00000002: 0/3000138 to 0/3654320");

        segments(2, 3, 5);
        assertThat(ranges(assess())).containsExactly("20310404T000000 on 00000002: 0/3000138 to 0/6000000");

        store.remove(LAYOUT.walKey(new WalFileName.Segment(name(1, 3)), Compression.NONE));
        assertThat(ranges(assess())).containsExactly("20310404T000000 on 00000002: 0/3000138 to 0/6000000");
    }

    @Test
    void segmentsMissingBeforeASwitchBreakRecovery() {
        segments(1, 3, 5);
        segments(2, 7, 9);
        history(2, "1\t0/7654320\tno recovery target specified");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(ranges(found))
                .containsExactly(
                        "20310404T000000 on 00000002: 0/4000138 to 0/6000000, then 000000010000000000000006+1");
        assertThat(gaps(found)).containsExactly("000000010000000000000006+1 BREAKS_RECOVERY");
    }

    @Test
    void segmentsMissingBehindASwitchBreakRecovery() {
        segments(1, 3, 7);
        segments(2, 8, 9);
        history(2, "1\t0/7654320\tno recovery target specified");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(ranges(found))
                .containsExactly(
                        "20310404T000000 on 00000002: 0/4000138 to 0/7654320, then 000000020000000000000007+1");
        assertThat(gaps(found)).containsExactly("000000020000000000000007+1 BREAKS_RECOVERY");
    }

    @Test
    void twoPromotionsAreFollowed() {
        segments(1, 3, 6);
        segments(2, 7, 8);
        segments(3, 9, 12);
        history(2, "1\t0/7654320\tno recovery target specified");
        history(3, "1\t0/7654320\tno recovery target specified", "2\t0/9001000\tafter");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");
        backup("20310404T010000", 2, "0/8000028", "0/8000138");

        Recoverability found = assess();

        assertThat(ranges(found))
                .containsExactly(
                        "20310404T000000 on 00000003: 0/4000138 to 0/D000000",
                        "20310404T010000 on 00000003: 0/8000138 to 0/D000000");
        assertThat(found.gaps()).isEmpty();
    }

    @Test
    void twoPromotionsInOneSegmentLeaveNothingOfTheTimelineBetween() {
        segments(1, 3, 6);
        segments(3, 7, 8);
        history(2, "1\t0/7654320\tno recovery target specified");
        history(3, "1\t0/7654320\tno recovery target specified", "2\t0/7700000\tafter");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(ranges(found)).containsExactly("20310404T000000 on 00000003: 0/4000138 to 0/9000000");
        assertThat(found.gaps()).isEmpty();
    }

    @Test
    void aTimelineLeftBeforeTheBackupEndedDoesNotHoldIt() {
        segments(1, 3, 9);
        segments(2, 5, 9);
        history(2, "1\t0/5654320\tbefore the backup ended");
        backup("20310404T000000", 1, "0/4000028", "0/6000138");

        assertThat(ranges(assess())).containsExactly("20310404T000000 on 00000001: 0/6000138 to 0/A000000");
    }

    @Test
    void aGapOfATimelineThatWasLeftOnlyAffectsThatTimeline() {
        segments(1, 3, 20, 15);
        segments(2, 7, 12);
        history(2, "1\t0/7654320\tpoint in time");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        Recoverability found = assess();

        assertThat(gaps(found)).containsExactly("00000001000000000000000F+1 ABANDONED_TIMELINE");
        assertThat(ranges(found)).containsExactly("20310404T000000 on 00000002: 0/4000138 to 0/D000000");
    }

    @Test
    void withoutHistoryFileANewerTimelineIsNotReached() {
        segments(1, 3, 6);
        segments(2, 7, 9);
        backup("20310404T000000", 1, "0/3000028", "0/4000138");
        backup("20310404T010000", 2, "0/8000028", "0/8000138");

        assertThat(ranges(assess()))
                .containsExactly(
                        "20310404T000000 on 00000001: 0/4000138 to 0/7000000",
                        "20310404T010000 on 00000002: 0/8000138 to 0/A000000");
    }

    @Test
    void aDamagedHistoryFileIsToldAndLeavesItsTimelineAlone() {
        segments(1, 3, 6);
        segments(2, 7, 9);
        history(2, "nonsense");
        WalInventory inventory =
                Objects.requireNonNull(WalInventory.read(store, LAYOUT, SIZE).block(Duration.ofSeconds(30)));

        TimelineHistories histories = Objects.requireNonNull(
                TimelineHistories.read(store, LAYOUT, inventory).block(Duration.ofSeconds(30)));

        assertThat(histories.sound()).isEmpty();
        assertThat(histories.damaged()).containsOnlyKeys(new Timeline(2));
        assertThat(histories.damaged().get(new Timeline(2))).contains("wals/00000002.history", "nonsense");
        assertThat(histories.of(new Timeline(2)).ancestry()).isEmpty();
    }

    @Test
    void aStandaloneBackupNeedsItsOwnWalOnly() {
        segments(1, 3, 4);
        segments(1, 20, 25);
        catalog.add(entry(
                "20310404T000000",
                1,
                Lsn.parse("0/3000028"),
                Lsn.parse("0/4000138"),
                Optional.of(KeepTarget.STANDALONE),
                SIZE));
        backup("20310404T010000", 1, "0/12000028", "0/15000138");

        Recoverability found = assess();

        assertThat(ranges(found))
                .containsExactly(
                        "20310404T000000 on 00000001: 0/4000138 to 0/5000000, then 000000010000000000000005+15");
        assertThat(found.unrecoverable()).hasSize(1);
        assertThat(gaps(found))
                .containsExactly("000000010000000000000005+13 HARMLESS", "000000010000000000000012+2 BREAKS_RECOVERY");
    }

    @Test
    void withoutBackupsNobodyKnowsWhatAGapMeans() {
        segments(1, 3, 9, 5);

        assertThat(gaps(assess())).containsExactly("000000010000000000000005+1 UNKNOWN");
    }

    @Test
    void theEndOfAnEndedTimelineIsItsPartialSegment() {
        segments(1, 3, 6);
        place("000000010000000000000007.partial");
        backup("20310404T000000", 1, "0/3000028", "0/4000138");

        assertThat(ranges(assess())).containsExactly("20310404T000000 on 00000001: 0/4000138 to 0/8000000");
    }

    @Test
    void anyArchiveGivesWhatAskingForEachSegmentGives() {
        Property.forAll(List.of(), RecoverabilityTest::randomWorld, RecoverabilityTest::compareWithModel);
    }

    /** Timelines, segments and backups; everything within the first 40 segments of 1 MiB. */
    private record World(
            Set<WalSegmentName> segments, Map<Timeline, TimelineHistory> histories, List<CatalogEntry> catalog) {}

    private static final SegmentSize SMALL = SegmentSize.ofMebibytes(1);
    private static final int LAST = 40;

    private static World randomWorld(SplittableRandom random) {
        int timelines = 1 + random.nextInt(4);
        Map<Timeline, TimelineHistory> histories = new TreeMap<>();
        for (int t = 2; t <= timelines; t++) {
            TimelineHistory parent = Objects.requireNonNullElse(
                    histories.get(new Timeline(1 + random.nextInt(t - 1))),
                    TimelineHistory.withoutParents(new Timeline(1)));
            List<TimelineHistory.Switch> ancestry = new ArrayList<>(parent.ancestry());
            ancestry.add(new TimelineHistory.Switch(parent.timeline(), randomLsn(random), ""));
            if (random.nextInt(10) > 0) {
                histories.put(new Timeline(t), new TimelineHistory(new Timeline(t), ancestry));
            }
        }
        Set<WalSegmentName> segments = new TreeSet<>();
        double presence = random.nextBoolean() ? 0.97 : 0.8;
        for (int t = 1; t <= timelines; t++) {
            int from = random.nextInt(LAST / 2);
            int to = random.nextInt(LAST);
            for (int number = from; number <= to; number++) {
                if (random.nextDouble() < presence) {
                    segments.add(SegmentRange.name(new Timeline(t), number, SMALL));
                }
            }
        }
        List<CatalogEntry> catalog = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            Lsn begin = randomLsn(random);
            Lsn end = begin.plus(1 + random.nextInt(3 << 20));
            catalog.add(entry(
                    "2031040" + i + "T000000",
                    1 + random.nextInt(timelines),
                    begin,
                    end,
                    random.nextInt(4) == 0 ? Optional.of(KeepTarget.STANDALONE) : Optional.empty(),
                    SMALL));
        }
        return new World(segments, histories, catalog);
    }

    private static Lsn randomLsn(SplittableRandom random) {
        long segment = random.nextInt(LAST - 5);
        return new Lsn((segment << 20) + (random.nextInt(4) == 0 ? 0 : random.nextInt(1 << 20)));
    }

    private static void compareWithModel(World world) {
        InMemoryObjectStore store = new InMemoryObjectStore();
        for (WalSegmentName name : world.segments()) {
            store.place(LAYOUT.walKey(new WalFileName.Segment(name), Compression.NONE), new byte[1], Map.of());
        }
        WalInventory inventory =
                Objects.requireNonNull(WalInventory.read(store, LAYOUT, SMALL).block(Duration.ofSeconds(30)));
        Recoverability found =
                Recoverability.of(inventory, new TimelineHistories(world.histories(), Map.of()), world.catalog());

        Map<BackupId, RecoverableRange> ranges = new HashMap<>();
        found.ranges().forEach(range -> ranges.put(range.backup(), range));
        Map<WalSegmentName, Effect> missing = new TreeMap<>();
        for (Gap gap : found.gaps()) {
            for (long n = gap.missing().firstNumber(); n <= gap.missing().lastNumber(); n++) {
                missing.put(SegmentRange.name(gap.missing().timeline(), n, SMALL), gap.effect());
            }
        }
        Set<WalSegmentName> breaking = new TreeSet<>();
        Set<WalSegmentName> concerning = new TreeSet<>();
        for (CatalogEntry entry : world.catalog()) {
            BackupInfo info = ((CatalogEntry.Readable) entry).info();
            @Nullable TimelineHistory newest = null;
            for (int t = 4; t >= 1; t--) {
                TimelineHistory history = Objects.requireNonNullElse(
                        world.histories().get(new Timeline(t)), TimelineHistory.withoutParents(new Timeline(t)));
                if (!isKnown(world, t) || !holds(history, info)) {
                    continue;
                }
                Set<WalSegmentName> needed = needed(history, info, entry.keep().isPresent());
                concerning.addAll(needed);
                if (newest == null) {
                    newest = history;
                    breaking.addAll(needed);
                }
            }
            if (newest == null) {
                assertThat(found.unrecoverable()).contains(new UnrecoverableBackup(entry.id(), Optional.empty()));
                continue;
            }
            TimelineHistory followed = newest;
            Lsn reached = reached(world, followed, info);
            RecoverableRange range = ranges.get(entry.id());
            if (reached.isAtLeast(info.end().lsn().orElseThrow())) {
                assertThat(range).as("%s reaches %s", entry.id(), reached).isNotNull();
                assertThat(Objects.requireNonNull(range).timeline()).isEqualTo(followed.timeline());
                assertThat(range.to()).isEqualTo(reached);
            } else {
                assertThat(range).as("%s reaches only %s", entry.id(), reached).isNull();
                assertThat(found.unrecoverable())
                        .extracting(UnrecoverableBackup::backup)
                        .contains(entry.id());
            }
        }
        for (Map.Entry<WalSegmentName, Effect> gap : missing.entrySet()) {
            assertThat(world.segments()).doesNotContain(gap.getKey());
        }
        for (int t = 1; t <= 4; t++) {
            for (long n = 0; n < LAST + 5; n++) {
                WalSegmentName name = SegmentRange.name(new Timeline(t), n, SMALL);
                if (!world.segments().contains(name) && isFollowed(world, breaking, name)) {
                    assertThat(missing).as("%s is needed", name).containsEntry(name, Effect.BREAKS_RECOVERY);
                }
                Effect effect = missing.get(name);
                if (effect != null && !world.catalog().isEmpty()) {
                    assertThat(effect != Effect.HARMLESS)
                            .as("%s is %s", name, effect)
                            .isEqualTo(concerning.contains(name));
                }
                if (effect == Effect.ABANDONED_TIMELINE) {
                    assertThat(breaking).doesNotContain(name);
                }
            }
        }
    }

    private static boolean isKnown(World world, int timeline) {
        Timeline wanted = new Timeline(timeline);
        return world.histories().containsKey(wanted)
                || world.segments().stream().anyMatch(name -> name.timeline().equals(wanted))
                || world.catalog().stream()
                        .anyMatch(entry -> ((CatalogEntry.Readable) entry)
                                .info()
                                .timeline()
                                .equals(Optional.of(wanted)));
    }

    private static boolean holds(TimelineHistory history, BackupInfo info) {
        Timeline timeline = info.timeline().orElseThrow();
        Lsn last = new Lsn(info.end().lsn().orElseThrow().value() - 1);
        long segment = info.begin().lsn().orElseThrow().value() >> 20;
        // Of the beginning only the segment counts: some byte of it must be on the timeline.
        Stream<Lsn> bytes = Stream.concat(
                Stream.of(SegmentRange.start(segment, SMALL)),
                history.ancestry().stream().map(TimelineHistory.Switch::switchPoint));
        return history.timelineContaining(last).equals(timeline)
                && bytes.filter(lsn -> lsn.value() >> 20 == segment)
                        .anyMatch(lsn -> history.timelineContaining(lsn).equals(timeline));
    }

    /** The name under which recovery to a timeline reads a segment: that of the timeline its last byte is on. */
    private static WalSegmentName nameOn(TimelineHistory history, long number) {
        Lsn last = new Lsn(SegmentRange.end(number, SMALL).value() - 1);
        return SegmentRange.name(history.timelineContaining(last), number, SMALL);
    }

    private static Set<WalSegmentName> needed(TimelineHistory history, BackupInfo info, boolean alone) {
        Set<WalSegmentName> needed = new TreeSet<>();
        long begin = info.begin().lsn().orElseThrow().value() >> 20;
        long last = alone ? (info.end().lsn().orElseThrow().value() - 1) >> 20 : LAST + 5;
        for (long n = begin; n <= last; n++) {
            needed.add(nameOn(history, n));
        }
        return needed;
    }

    private static Lsn reached(World world, TimelineHistory history, BackupInfo info) {
        long number = info.begin().lsn().orElseThrow().value() >> 20;
        while (world.segments().contains(nameOn(history, number))) {
            number++;
        }
        Lsn start = SegmentRange.start(number, SMALL);
        // The parent's copy of the segment counts up to the position where the parent was left.
        Timeline here = nameOn(history, number).timeline();
        for (TimelineHistory.Switch step : history.ancestry()) {
            Lsn left = step.switchPoint();
            boolean beginsHere = left.value() > start.value()
                    && left.value() >> 20 == number
                    && history.timelineContaining(left).equals(here);
            Timeline before = history.timelineContaining(new Lsn(Math.max(0, left.value() - 1)));
            if (beginsHere
                    && !before.equals(here)
                    && world.segments().contains(SegmentRange.name(before, number, SMALL))) {
                return left;
            }
        }
        return start;
    }

    /** A needed segment is missed when something later on the same timeline is there or known to be needed. */
    private static boolean isFollowed(World world, Set<WalSegmentName> breaking, WalSegmentName name) {
        return breaking.contains(name)
                && world.segments().stream()
                        .anyMatch(later -> later.timeline().equals(name.timeline()) && later.compareTo(name) > 0);
    }
}
