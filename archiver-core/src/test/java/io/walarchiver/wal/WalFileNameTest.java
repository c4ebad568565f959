package io.walarchiver.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalFileNameTest {

    /** One of each kind; {@link #everyKindIsCovered} sees to it that a fifth is not forgotten. */
    private static final Map<Class<?>, String> KINDS = Map.of(
            WalFileName.Segment.class, "0000000A000000020000003F",
            WalFileName.PartialSegment.class, "0000000A000000020000003F.partial",
            WalFileName.TimelineHistoryFile.class, "0000000A.history",
            WalFileName.BackupHistoryFile.class, "0000000A000000020000003F.00000028.backup");

    @Test
    void everyKindIsCovered() {
        assertThat(WalFileName.class.getPermittedSubclasses()).containsExactlyInAnyOrderElementsOf(KINDS.keySet());
    }

    @Test
    void everyKindIsReadPrintedAndKnowsItsTimeline() {
        KINDS.forEach((kind, text) -> {
            WalFileName name = WalFileName.parse(text);
            assertThat(name).isInstanceOf(kind).hasToString(text);
            assertThat(name.timeline()).isEqualTo(new Timeline(10));
        });
    }

    @Test
    void completeAndPartialSegmentsHaveTheLengthOfASegment() {
        assertThat(KINDS.values().stream().map(WalFileName::parse).filter(WalFileName::isSegmentSized))
                .extracting(WalFileName::toString)
                .containsExactlyInAnyOrder("0000000A000000020000003F", "0000000A000000020000003F.partial");
    }

    @Test
    void parsingWhatWasPrintedGivesTheSameName() {
        Property.forAll(
                List.of(),
                WalFileNameTest::any,
                name -> assertThat(WalFileName.parse(name.toString())).isEqualTo(name));
    }

    @Test
    void theNaturalOrderIsConsistentWithEquality() {
        Property.forAll(List.of(), random -> List.of(any(random), any(random), any(random)), names -> {
            List<WalFileName> sorted = new ArrayList<>(names);
            Collections.sort(sorted);
            assertThat(sorted.get(0).compareTo(sorted.get(2))).isLessThanOrEqualTo(0);
            WalFileName a = names.get(0);
            WalFileName b = names.get(1);
            assertThat(Integer.signum(a.compareTo(b))).isEqualTo(-Integer.signum(b.compareTo(a)));
            assertThat(a.compareTo(b) == 0).isEqualTo(a.equals(b));
        });
    }

    @Test
    void historyFilesComeFirstThenPositionsDecide() {
        List<String> expected = List.of(
                "00000002.history",
                "00000003.history",
                "000000010000000000000003",
                "000000010000000000000003.00000028.backup",
                "000000010000000000000003.partial",
                "000000010000000000000004",
                "000000020000000000000003");
        List<WalFileName> names =
                new ArrayList<>(expected.stream().map(WalFileName::parse).toList());
        Collections.shuffle(names, new Random(7));
        Collections.sort(names);
        assertThat(names).extracting(WalFileName::toString).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00000001.histor",
                "0000000A.HISTORY",
                "0000000a.history",
                "00000000.history",
                "0000000A.history.gz",
                "0000000A000000020000003f",
                "0000000A000000020000003F.partial.zst",
                "0000000A000000020000003F.Partial",
                "0000000A0000000200001000.partial",
                "0000000A000000020000003F.28.backup",
                "0000000A000000020000003F-00000028.backup",
                "0000000A000000020000003F.0000002G.backup",
                "0000000A000000020000003F.40000000.backup",
                "0000000A000000020000003F.FFFFFFFF.backup",
                "0000000A000000020000003F.00000028.backup.gz",
                "RECOVERYXLOG",
                "archive_status"
            })
    void refusesEverythingElse(String text) {
        assertThatThrownBy(() -> WalFileName.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text.substring(0, Math.min(24, text.length())));
    }

    @Test
    void theOffsetOfABackupLiesWithinTheLargestSegment() {
        assertThat(WalFileName.parse("0000000A000000020000003F.3FFFFFFF.backup"))
                .isEqualTo(new WalFileName.BackupHistoryFile(
                        WalSegmentName.parse("0000000A000000020000003F"), 0x3FFF_FFFF));
    }

    private static WalFileName any(SplittableRandom random) {
        Timeline timeline = new Timeline(random.nextInt(3) == 0 ? random.nextInt() | 1 : 1 + random.nextInt(3));
        WalSegmentName segment =
                new WalSegmentName(timeline, random.nextInt() >> random.nextInt(32), random.nextInt(4096));
        return switch (random.nextInt(4)) {
            case 0 -> new WalFileName.Segment(segment);
            case 1 -> new WalFileName.PartialSegment(segment);
            case 2 -> new WalFileName.TimelineHistoryFile(timeline);
            default -> new WalFileName.BackupHistoryFile(segment, random.nextInt(1 << 30));
        };
    }
}
