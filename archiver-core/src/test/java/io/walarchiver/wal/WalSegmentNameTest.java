package io.walarchiver.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalSegmentNameTest {

    private static final Timeline ONE = new Timeline(1);

    static Stream<SegmentSize> everySize() {
        return IntStream.rangeClosed(0, 10).mapToObj(exponent -> SegmentSize.ofMebibytes(1 << exponent));
    }

    @Test
    void theExampleOfTheManual() {
        WalSegmentName name = WalSegmentName.parse("0000000A00000002000000FF");
        assertThat(name.timeline()).isEqualTo(new Timeline(10));
        assertThat(name.start(SegmentSize.DEFAULT)).isEqualTo(Lsn.parse("2/FF000000"));
        assertThat(name.directory()).isEqualTo("0000000A00000002");
        assertThat(name.next(SegmentSize.DEFAULT)).hasToString("0000000A0000000300000000");
    }

    @ParameterizedTest
    @MethodSource("everySize")
    void everyPositionIsInTheSegmentThatContainsIt(SegmentSize size) {
        Property.forAll(LsnTest.EDGES, SplittableRandom::nextLong, value -> {
            Lsn lsn = new Lsn(value);
            WalSegmentName name = WalSegmentName.containing(ONE, lsn, size);
            assertThat(WalSegmentName.parse(name.toString())).isEqualTo(name);
            assertThat(name.contains(lsn, size)).isTrue();
            Lsn start = name.start(size);
            assertThat(lsn.isAtLeast(start)).isTrue();
            assertThat(lsn.value() - start.value()).isBetween(0L, size.bytes() - 1L);
            assertThat(start.value() % size.bytes()).isZero();
        });
    }

    @ParameterizedTest
    @MethodSource("everySize")
    void segmentsMeetWithoutGapOrOverlap(SegmentSize size) {
        Property.forAll(
                List.of(0L, 0xFFFF_FFFFL, 0x1_0000_0000L, 0x7FFF_FFFF_FFFF_FFFFL, Long.MIN_VALUE),
                SplittableRandom::nextLong,
                value -> {
                    WalSegmentName name = WalSegmentName.containing(ONE, new Lsn(value), size);
                    Lsn start = name.start(size);
                    Lsn last = start.plus(size.bytes() - 1L);
                    assertThat(name.contains(start, size)).isTrue();
                    assertThat(name.contains(last, size)).isTrue();
                    if (start.value() != 0) {
                        assertThat(name.contains(new Lsn(start.value() - 1), size))
                                .isFalse();
                    }
                    if (last.value() != -1) {
                        WalSegmentName next = name.next(size);
                        assertThat(next.start(size)).isEqualTo(last.plus(1));
                        assertThat(name.contains(last.plus(1), size)).isFalse();
                        assertThat(next).isGreaterThan(name);
                        assertThat(next.toString()).isGreaterThan(name.toString());
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("everySize")
    void theOrderOfNamesIsTheOrderOfPositions(SegmentSize size) {
        Property.forAll(
                List.of(new long[] {-1, 0}, new long[] {0x7FFF_FFFF, 0x8000_0000L}),
                random -> new long[] {random.nextLong(), random.nextLong()},
                pair -> {
                    WalSegmentName left = WalSegmentName.containing(ONE, new Lsn(pair[0]), size);
                    WalSegmentName right = WalSegmentName.containing(ONE, new Lsn(pair[1]), size);
                    int expected = left.start(size).compareTo(right.start(size));
                    assertThat(Integer.signum(left.compareTo(right))).isEqualTo(expected);
                    assertThat(Integer.signum(left.toString().compareTo(right.toString())))
                            .isEqualTo(expected);
                });
    }

    @Test
    void timelinesAreComparedFirstAndUnsigned() {
        WalSegmentName old = WalSegmentName.parse("7FFFFFFF00000009000000FF");
        WalSegmentName young = WalSegmentName.parse("800000000000000000000001");
        assertThat(old).isLessThan(young);
        assertThat(old.contains(young.start(SegmentSize.DEFAULT), SegmentSize.DEFAULT))
                .isFalse();
    }

    @ParameterizedTest
    @MethodSource("everySize")
    void thereIsNoSegmentAfterTheLast(SegmentSize size) {
        WalSegmentName last = WalSegmentName.containing(ONE, new Lsn(-1), size);
        assertThatThrownBy(() -> last.next(size))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("there is no segment after " + last);
    }

    @Test
    void namesThatNoSegmentOfThatSizeCanHaveAreRefusedByAllArithmetic() {
        WalSegmentName name = WalSegmentName.parse("000000010000000000000100");
        assertThat(name.start(SegmentSize.ofMebibytes(8))).isEqualTo(Lsn.parse("0/80000000"));
        String message =
                "000000010000000000000100 cannot be the name of a segment of 16 MiB: its last part exceeds 000000FF";
        assertThatThrownBy(() -> name.start(SegmentSize.DEFAULT)).hasMessage(message);
        assertThatThrownBy(() -> name.next(SegmentSize.DEFAULT)).hasMessage(message);
        assertThatThrownBy(() -> name.contains(Lsn.INVALID, SegmentSize.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void theHighestSegmentNumberIsThatOfTheSmallestSize() {
        assertThat(WalSegmentName.parse("000000010000000000000FFF").segment()).isEqualTo(4095);
        for (String tooHigh : List.of("000000010000000000001000", "0000000100000000FFFFFFFF")) {
            assertThatThrownBy(() -> WalSegmentName.parse(tooHigh))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("not a WAL segment name: \"" + tooHigh
                            + "\" (the last eight digits exceed 00000FFF, which no segment size allows)");
        }
        assertThatThrownBy(() -> new WalSegmentName(ONE, 0, 4096)).hasMessageContaining("segment number 4096");
        assertThatThrownBy(() -> new WalSegmentName(ONE, 0, -1)).hasMessageContaining("segment number 4294967295");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00000001000000000000000",
                "0000000100000000000000011",
                "00000001000000000000000g",
                "00000001000000000000000a",
                "0000000100000000/0000001",
                "00000001000000000000000１",
                "../../../../../etc/passwd"
            })
    void refusesEverythingElse(String text) {
        assertThatThrownBy(() -> WalSegmentName.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + text + "\"");
    }

    @Test
    void timelineZeroDoesNotExist() {
        assertThatThrownBy(() -> WalSegmentName.parse("000000000000000000000001"))
                .hasMessage("not a WAL segment name: \"000000000000000000000001\" (timeline 0 does not exist)");
        assertThatThrownBy(() -> new Timeline(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1, 3 << 20, 1 << 19, Integer.MAX_VALUE})
    void segmentSizesArePowersOfTwoFromOneMebibyteToOneGibibyte(int bytes) {
        assertThatThrownBy(() -> new SegmentSize(bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(bytes + " bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -16, 0, 3, 2048, Integer.MAX_VALUE})
    void segmentSizesInMebibytesAreCheckedBeforeTheyAreMultiplied(int mebibytes) {
        assertThatThrownBy(() -> SegmentSize.ofMebibytes(mebibytes)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @MethodSource("everySize")
    void aLogIsFourGibibytes(SegmentSize size) {
        assertThat((long) size.segmentsPerLog() * size.bytes()).isEqualTo(1L << 32);
        assertThat(size).hasToString(size.bytes() / (1 << 20) + " MiB");
    }
}
