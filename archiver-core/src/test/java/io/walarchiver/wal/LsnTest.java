package io.walarchiver.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LsnTest {

    static final List<Long> EDGES = List.of(
            0L, 1L, 0x7FFF_FFFFL, 0x8000_0000L, 0xFFFF_FFFFL, 0x1_0000_0000L, Long.MAX_VALUE, Long.MIN_VALUE, -1L);

    @Test
    void printsAsPostgresDoes() {
        assertThat(new Lsn(0x16_0300_2D50L)).hasToString("16/3002D50");
        assertThat(Lsn.INVALID).hasToString("0/0");
        assertThat(new Lsn(0x80000000L)).hasToString("0/80000000");
        assertThat(new Lsn(-1)).hasToString("FFFFFFFF/FFFFFFFF");
    }

    @Test
    void parsingWhatWasPrintedGivesTheSamePosition() {
        Property.forAll(EDGES, SplittableRandom::nextLong, value -> {
            Lsn lsn = new Lsn(value);
            assertThat(Lsn.parse(lsn.toString())).isEqualTo(lsn);
            assertThat(Lsn.parse(lsn.toString().toLowerCase(Locale.ROOT))).isEqualTo(lsn);
        });
    }

    @Test
    void acceptsLeadingZerosAsLaterVersionsPrintThem() {
        assertThat(Lsn.parse("0/0A000198")).isEqualTo(new Lsn(0xA000198));
    }

    @Test
    void comparesAsUnsignedNumbers() {
        Property.forAll(
                List.of(new long[] {-1, 0}, new long[] {0x7FFF_FFFF, 0x8000_0000L}, new long[] {5, 5}),
                random -> new long[] {random.nextLong(), random.nextLong()},
                pair -> {
                    int expected = unsigned(pair[0]).compareTo(unsigned(pair[1]));
                    Lsn left = new Lsn(pair[0]);
                    Lsn right = new Lsn(pair[1]);
                    assertThat(Integer.signum(left.compareTo(right))).isEqualTo(expected);
                    assertThat(left.isAtLeast(right)).isEqualTo(expected >= 0);
                });
    }

    @Test
    void addsBytesUpToTheLastPosition() {
        assertThat(new Lsn(Long.MAX_VALUE).plus(1)).isEqualTo(new Lsn(Long.MIN_VALUE));
        assertThat(new Lsn(-2).plus(1)).isEqualTo(new Lsn(-1));
        assertThatThrownBy(() -> new Lsn(-2).plus(2))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("no log position 2 bytes after FFFFFFFF/FFFFFFFE");
        assertThatThrownBy(() -> new Lsn(7).plus(-1)).isInstanceOf(ArithmeticException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "0",
                "0/",
                "/0",
                "0/0/0",
                "123456789/0",
                "0/123456789",
                "G/0",
                "0/ 1",
                "-1/0",
                "0/-1",
                "0x1/0",
                "0/１",
                " 0/0"
            })
    void refusesEverythingElse(String text) {
        assertThatThrownBy(() -> Lsn.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a log sequence number: \"" + text + "\" (expected for example 16/3002D50)");
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }
}
