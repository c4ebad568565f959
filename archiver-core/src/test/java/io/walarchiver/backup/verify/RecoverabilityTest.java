package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
        catalog.add(
                RecoverabilityModelTest.entry(id, timeline, Lsn.parse(begin), Lsn.parse(end), Optional.empty(), SIZE));
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
        catalog.add(RecoverabilityModelTest.entry(
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
}
