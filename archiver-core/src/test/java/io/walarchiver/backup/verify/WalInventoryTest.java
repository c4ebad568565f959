package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.Property;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class WalInventoryTest {

    private static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders-db");

    private final InMemoryObjectStore store = new InMemoryObjectStore();

    private void place(String name) {
        place(name, Compression.NONE);
    }

    private void place(String name, Compression compression) {
        store.place(LAYOUT.walKey(WalFileName.parse(name), compression), new byte[10], Map.of());
    }

    private void placeAt(String restOfKey) {
        store.place(new ObjectKey(LAYOUT.walPrefix() + restOfKey), new byte[7], Map.of());
    }

    private WalInventory read(SegmentSize size) {
        return read(store, size);
    }

    private static WalInventory read(ObjectStore store, SegmentSize size) {
        return Objects.requireNonNull(WalInventory.read(store, LAYOUT, size).block(Duration.ofSeconds(60)));
    }

    private static List<String> ranges(WalInventory inventory) {
        return inventory.timelines().stream()
                .flatMap(timeline -> timeline.ranges().stream())
                .map(range -> range.first() + "-" + range.last())
                .toList();
    }

    private static List<String> gaps(WalInventory inventory) {
        return inventory.timelines().stream()
                .flatMap(timeline -> timeline.gaps().stream())
                .map(range -> range.first() + "-" + range.last())
                .toList();
    }

    @Test
    void anEmptyArchiveHasNothing() {
        WalInventory inventory = read(SegmentSize.DEFAULT);

        assertThat(inventory.timelines()).isEmpty();
        assertThat(inventory.newest()).isEmpty();
        assertThat(inventory.objects()).isZero();
    }

    @Test
    void consecutiveSegmentsAreOneRangeAcrossTheBoundaryOfTwoDirectories() {
        for (String name : List.of(
                "0000000100000000000000FE",
                "0000000100000000000000FF",
                "000000010000000100000000",
                "000000010000000100000001")) {
            place(name, Compression.ZSTD);
        }

        WalInventory inventory = read(SegmentSize.DEFAULT);

        assertThat(ranges(inventory)).containsExactly("0000000100000000000000FE-000000010000000100000001");
        assertThat(inventory.newest().orElseThrow().name().toString()).isEqualTo("000000010000000100000001");
        assertThat(inventory.likelySegmentSize()).isEmpty();
    }

    @Test
    void aMissingLastOrFirstSegmentOfADirectoryIsAGap() {
        for (String name : List.of(
                "0000000100000000000000FE",
                "000000010000000100000000",
                "0000000100000001000000FF",
                "000000010000000200000001")) {
            place(name);
        }

        assertThat(gaps(read(SegmentSize.DEFAULT)))
                .containsExactly(
                        "0000000100000000000000FF-0000000100000000000000FF",
                        "000000010000000100000001-0000000100000001000000FE",
                        "000000010000000200000000-000000010000000200000000");
    }

    @Test
    void segmentsOfOneMebibyteFillADirectoryWith4096() {
        IntStream.range(0, 4096).forEach(i -> place(String.format(Locale.ROOT, "0000000100000007%08X", i)));
        place("000000010000000800000000");

        WalInventory inventory = read(SegmentSize.ofMebibytes(1));

        assertThat(ranges(inventory)).containsExactly("000000010000000700000000-000000010000000800000000");
        assertThat(inventory.timelines().get(0).segments()).isEqualTo(4097);
    }

    @Test
    void segmentsOfOneGibibyteFillADirectoryWithFour() {
        for (int log = 0; log < 3; log++) {
            for (int i = 0; i < 4; i++) {
                place(String.format(Locale.ROOT, "00000001%08X%08X", log, i));
            }
        }

        WalInventory inventory = read(SegmentSize.ofMebibytes(1024));

        assertThat(ranges(inventory)).containsExactly("000000010000000000000000-000000010000000200000003");
    }

    @Test
    void theLastSegmentThereIsEndsARange() {
        place("00000001FFFFFFFF000000FE");
        place("00000001FFFFFFFF000000FF");

        SegmentRange range =
                read(SegmentSize.DEFAULT).timelines().get(0).ranges().get(0);

        assertThat(range.count()).isEqualTo(2);
        assertThat(range.end()).hasToString("FFFFFFFF/FFFFFFFF");
    }

    @Test
    void namesTooLargeForTheSegmentSizeAreCountedAndTheRightSizeIsNamed() {
        IntStream.range(0, 256).forEach(i -> place(String.format(Locale.ROOT, "0000000100000000%08X", i)));

        WalInventory inventory = read(SegmentSize.ofMebibytes(64));

        assertThat(inventory.impossible().count()).isEqualTo(192);
        assertThat(inventory.impossible().keys())
                .startsWith("000000010000000000000040", "000000010000000000000041")
                .hasSize(Examples.MAX_KEYS);
        assertThat(inventory.likelySegmentSize()).contains(SegmentSize.DEFAULT);
    }

    @Test
    void directoriesThatAllEndEarlyTellALargerSegmentSize() {
        for (int log = 0; log < 3; log++) {
            for (int i = log == 0 ? 60 : 0; i < (log == 2 ? 5 : 64); i++) {
                place(String.format(Locale.ROOT, "00000001%08X%08X", log, i));
            }
        }

        WalInventory wrong = read(SegmentSize.DEFAULT);
        assertThat(wrong.timelines().get(0).gaps()).hasSize(2);
        assertThat(wrong.likelySegmentSize()).contains(SegmentSize.ofMebibytes(64));

        WalInventory right = read(SegmentSize.ofMebibytes(64));
        assertThat(right.timelines().get(0).gaps()).isEmpty();
        assertThat(right.likelySegmentSize()).isEmpty();
    }

    @Test
    void aGapAtTheEndOfADirectoryAloneDoesNotChangeTheSegmentSize() {
        for (String name : List.of(
                "00000001000000000000003F",
                "000000010000000100000000",
                "0000000100000001000000FF",
                "000000010000000200000000")) {
            place(name);
        }

        assertThat(read(SegmentSize.DEFAULT).likelySegmentSize()).isEmpty();
    }

    @Test
    void everyKindOfObjectIsCounted() {
        place("000000010000000000000003", Compression.ZSTD);
        place("000000010000000000000003", Compression.GZIP);
        place("000000010000000000000003.00000028.backup", Compression.ZSTD);
        place("000000010000000000000004", Compression.ZSTD);
        place("000000010000000000000004.partial", Compression.ZSTD);
        place("000000010000000000000005.partial", Compression.GZIP);
        place("00000002.history", Compression.ZSTD);
        placeAt("readme.txt");
        placeAt("0000000100000000/000000010000000000000006.tmp");
        // At the wrong place nobody finds it.
        placeAt("0000000100000000/000000020000000000000006");
        placeAt("0000000100000000/deep/000000010000000000000006");
        placeAt("attic/000000010000000000000006");
        placeAt("000000010000000000000007");

        WalInventory inventory = read(SegmentSize.DEFAULT);

        TimelineInventory one = inventory.of(new Timeline(1)).orElseThrow();
        assertThat(one.segments()).isEqualTo(2);
        assertThat(one.partials())
                .extracting(WalSegmentName::toString)
                .containsExactly("000000010000000000000004", "000000010000000000000005");
        assertThat(one.partialSegments()).isEqualTo(2);
        assertThat(one.backupHistoryFiles()).isEqualTo(1);
        assertThat(one.historyFile()).isFalse();
        assertThat(one.objects()).isEqualTo(6);
        assertThat(one.bytes()).isEqualTo(60);
        TimelineInventory two = inventory.of(new Timeline(2)).orElseThrow();
        assertThat(two.historyFile()).isTrue();
        assertThat(two.ranges()).isEmpty();
        assertThat(two.newest()).isEmpty();
        assertThat(inventory.duplicates())
                .isEqualTo(
                        new Examples(1, List.of(LAYOUT.walPrefix() + "0000000100000000/000000010000000000000003.zst")));
        assertThat(inventory.partialsBesideComplete())
                .isEqualTo(new Examples(1, List.of("000000010000000000000004.partial")));
        assertThat(inventory.foreign().count()).isEqualTo(6);
        assertThat(inventory.foreign().keys()).contains(LAYOUT.walPrefix() + "readme.txt");
        assertThat(inventory.objects()).isEqualTo(13);
        assertThat(inventory.bytes()).isEqualTo(7 * 10 + 6 * 7);
    }

    @Test
    void aDirectoryWithoutSegmentsCountsAllTheSame() {
        place("000000030000000000000003.00000028.backup");

        TimelineInventory timeline = read(SegmentSize.DEFAULT).timelines().get(0);

        assertThat(timeline.timeline()).isEqualTo(new Timeline(3));
        assertThat(timeline.backupHistoryFiles()).isEqualTo(1);
        assertThat(timeline.ranges()).isEmpty();
    }

    @Test
    void aMillionKeysAreReadWithAFewDirectoriesAndRangesInMemory() {
        int directories = 3907;
        List<String> lastParts = IntStream.range(0, 256)
                .mapToObj(i -> String.format(Locale.ROOT, "%08X.zst", i))
                .toList();
        FabricatedStore fabricated = new FabricatedStore(
                IntStream.range(0, directories)
                        .mapToObj(log -> String.format(Locale.ROOT, "%s00000001%08X/", LAYOUT.walPrefix(), log)),
                directory -> IntStream.range(0, 256)
                        // A gap in one directory of 256.
                        .filter(i -> i != 17 || !directory.endsWith("E8/"))
                        .mapToObj(i -> directory
                                + directory.substring(LAYOUT.walPrefix().length(), directory.length() - 1)
                                + lastParts.get(i)));

        WalInventory inventory = read(fabricated, SegmentSize.DEFAULT);

        assertThat(inventory.objects()).isEqualTo(fabricated.listed.get()).isGreaterThan(1_000_000);
        assertThat(inventory.timelines().get(0).ranges()).hasSize(16);
        assertThat(fabricated.mostOpenListings.get()).isLessThanOrEqualTo(8);
    }

    @Test
    void ofEndlessGapsTheNewestRangesAreKept() {
        FabricatedStore fabricated = new FabricatedStore(
                IntStream.range(0, 100)
                        .mapToObj(log -> String.format(Locale.ROOT, "%s00000001%08X/", LAYOUT.walPrefix(), log)),
                directory -> IntStream.range(0, 128)
                        .mapToObj(i -> String.format(
                                Locale.ROOT,
                                "%s%s%08X",
                                directory,
                                directory.substring(LAYOUT.walPrefix().length(), directory.length() - 1),
                                2 * i)));

        TimelineInventory timeline = Objects.requireNonNull(
                        WalInventory.read(fabricated, LAYOUT, SegmentSize.DEFAULT, 1000)
                                .block(Duration.ofSeconds(60)))
                .timelines()
                .get(0);

        assertThat(timeline.ranges()).hasSize(1000);
        assertThat(timeline.rangesNotKept()).isEqualTo(11_800);
        assertThat(timeline.segments()).isEqualTo(12_800);
        assertThat(timeline.ranges().get(999).last()).hasToString("0000000100000063000000FE");
    }

    @Test
    void directoriesOutOfOrderAreRefused() {
        FabricatedStore fabricated = new FabricatedStore(
                Stream.of("0000000100000002", "0000000100000001").map(name -> LAYOUT.walPrefix() + name + "/"),
                directory -> Stream.of(directory
                        + directory.substring(LAYOUT.walPrefix().length(), directory.length() - 1)
                        + "00000000"));

        assertThatThrownBy(() -> read(fabricated, SegmentSize.DEFAULT))
                .isInstanceOf(StoreException.Rejected.class)
                .hasMessageContaining("order");
    }

    @Test
    void halfAListingIsAFailureNotAGap() {
        place("000000010000000000000001");
        place("000000010000000100000001");
        FaultyObjectStore faulty = new FaultyObjectStore(store)
                .script(StoreOperation.LIST, Fault.pass(), Fault.pass(), Fault.unavailable());

        assertThatThrownBy(() -> read(faulty, SegmentSize.DEFAULT)).isInstanceOf(StoreException.Unavailable.class);
        assertThat(faulty.pending(StoreOperation.LIST)).isZero();
    }

    @Test
    void anyArchiveGivesWhatASlowModelGives() {
        Property.forAll(List.of(), WalInventoryTest::randomArchive, WalInventoryTest::compareWithModel);
    }

    private record RandomArchive(SegmentSize size, List<String> keys) {}

    private static RandomArchive randomArchive(SplittableRandom random) {
        SegmentSize size = SegmentSize.ofMebibytes(1 << random.nextInt(11));
        int perLog = size.segmentsPerLog();
        Set<String> keys = new TreeSet<>();
        for (int t = 1; t <= 1 + random.nextInt(3); t++) {
            long start = random.nextInt(3 * perLog);
            int count = random.nextInt(40);
            double presence = 0.5 + random.nextDouble() / 2;
            for (long number = start; number < start + count; number++) {
                if (random.nextDouble() < presence) {
                    String name =
                            SegmentRange.name(new Timeline(t), number, size).toString();
                    keys.add(key(name, random));
                    if (random.nextInt(8) == 0) {
                        keys.add(key(name, random));
                    }
                    if (random.nextInt(8) == 0) {
                        keys.add(key(name + ".partial", random));
                    }
                    if (random.nextInt(8) == 0) {
                        keys.add(key(name + ".00000028.backup", random));
                    }
                    if (random.nextInt(8) == 0) {
                        keys.add(key(name, random) + ".tmp");
                    }
                }
            }
            if (random.nextBoolean()) {
                keys.add(key(new Timeline(t) + ".history", random));
            }
        }
        return new RandomArchive(size, List.copyOf(keys));
    }

    private static String key(String name, SplittableRandom random) {
        Compression[] all = Compression.values();
        return LAYOUT.walKey(WalFileName.parse(name), all[random.nextInt(all.length)])
                .value();
    }

    private static void compareWithModel(RandomArchive archive) {
        InMemoryObjectStore store = new InMemoryObjectStore();
        archive.keys().forEach(key -> store.place(new ObjectKey(key), new byte[3], Map.of()));

        WalInventory inventory = read(store, archive.size());

        Map<Timeline, TreeSet<WalSegmentName>> complete = new TreeMap<>();
        Map<String, Integer> spellings = new TreeMap<>();
        Set<Timeline> timelines = new HashSet<>();
        long foreign = 0;
        long partials = 0;
        long backups = 0;
        Set<String> seenPartials = new HashSet<>();
        for (String key : archive.keys()) {
            String name = key.substring(key.lastIndexOf('/') + 1);
            if (name.endsWith(".tmp")) {
                foreign++;
                continue;
            }
            String bare = name.replaceAll("\\.(bz2|gz|lz4|snappy|xz|zst)$", "");
            WalFileName file = WalFileName.parse(bare);
            timelines.add(file.timeline());
            if (file instanceof WalFileName.BackupHistoryFile) {
                backups++;
                continue;
            }
            spellings.merge(bare, 1, Integer::sum);
            if (file instanceof WalFileName.Segment s) {
                complete.computeIfAbsent(file.timeline(), unused -> new TreeSet<>())
                        .add(s.segment());
            } else if (file instanceof WalFileName.PartialSegment && seenPartials.add(bare)) {
                partials++;
            }
        }
        assertThat(inventory.timelines())
                .extracting(TimelineInventory::timeline)
                .containsExactlyInAnyOrderElementsOf(timelines);
        assertThat(inventory.foreign().count()).isEqualTo(foreign);
        assertThat(inventory.duplicates().count())
                .isEqualTo(spellings.values().stream().mapToInt(n -> n - 1).sum());
        assertThat(sum(inventory, TimelineInventory::partialSegments)).isEqualTo(partials);
        assertThat(sum(inventory, TimelineInventory::backupHistoryFiles)).isEqualTo(backups);
        assertThat(inventory.impossible()).isEqualTo(Examples.NONE);
        for (TimelineInventory timeline : inventory.timelines()) {
            TreeSet<WalSegmentName> expected = complete.getOrDefault(timeline.timeline(), new TreeSet<>());
            assertThat(segments(timeline.ranges(), archive.size())).isEqualTo(List.copyOf(expected));
            assertThat(timeline.segments()).isEqualTo(expected.size());
            List<WalSegmentName> absent = new ArrayList<>();
            if (!expected.isEmpty()) {
                for (WalSegmentName name = expected.first();
                        !name.equals(expected.last());
                        name = name.next(archive.size())) {
                    if (!expected.contains(name)) {
                        absent.add(name);
                    }
                }
            }
            assertThat(segments(timeline.gaps(), archive.size())).isEqualTo(absent);
        }
    }

    private static long sum(WalInventory inventory, ToLongFunction<TimelineInventory> value) {
        return inventory.timelines().stream().mapToLong(value).sum();
    }

    private static List<WalSegmentName> segments(List<SegmentRange> ranges, SegmentSize size) {
        return ranges.stream()
                .flatMap(range -> LongStream.rangeClosed(range.firstNumber(), range.lastNumber())
                        .mapToObj(number -> SegmentRange.name(range.timeline(), number, size)))
                .toList();
    }
}
