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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
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

/** Compares what is computed with ranges with what comes out when each segment is looked at alone. */
@Timeout(120)
class RecoverabilityModelTest {

    private static final ArchiveLayout LAYOUT = new ArchiveLayout("", "orders-db");
    private static final Instant ENDED = Instant.parse("2031-04-04T00:00:00Z");

    /** A usable backup as a catalog would list it. */
    static CatalogEntry entry(
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

    @Test
    void anyArchiveGivesWhatAskingForEachSegmentGives() {
        Property.forAll(List.of(), RecoverabilityModelTest::randomWorld, RecoverabilityModelTest::compareWithModel);
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
