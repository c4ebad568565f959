package io.walarchiver.sidecar.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {

    private static final long GIB = 1L << 30;

    @Test
    void lineTellsHowFarHowFastAndHowLongStill() {
        assertThat(new Progress("copying", GIB, 0, 4 * GIB, Duration.ofSeconds(64)).line())
                .isEqualTo("copying   25%  1.0 GiB of 4.0 GiB  16.0 MiB/s  0:03:12 left");
    }

    @Test
    void whatAnEarlierRunHadDoneDoesNotCountForTheRate() {
        Progress progress = new Progress("restoring", 3 * GIB, 2 * GIB, 4 * GIB, Duration.ofSeconds(64));
        assertThat(progress.line()).isEqualTo("restoring   75%  3.0 GiB of 4.0 GiB  16.0 MiB/s  0:01:04 left");
    }

    @Test
    void unknownTotalLeavesOutWhatFollowsFromIt() {
        assertThat(new Progress("listing", 2048, 0, 0, Duration.ofSeconds(2)).line())
                .isEqualTo("listing  2.0 KiB  1.0 KiB/s");
        assertThat(new Progress("starting", 0, 0, 0, Duration.ZERO).line()).isEqualTo("starting  0 B");
    }

    @Test
    void moreThanExpectedIsNotMoreThanEverything() {
        Progress progress = new Progress("copying", 5 * GIB, 0, 4 * GIB, Duration.ofSeconds(1));
        assertThat(progress.fraction()).contains(1.0);
        assertThat(progress.remaining()).contains(Duration.ZERO);
    }

    @Test
    void negativeProgressIsRefused() {
        assertThatThrownBy(() -> new Progress("x", -1, 0, 0, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "1023, 1023 B", "1536, 1.5 KiB", "1572864, 1.5 MiB", "1099511627776, 1.0 TiB"})
    void amountsHaveAUnit(long bytes, String text) {
        assertThat(Progress.amount(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0:00:00", "3661, 1:01:01", "864000, 10 days"})
    void timesAreReadable(long seconds, String text) {
        assertThat(Progress.time(Duration.ofSeconds(seconds))).isEqualTo(text);
    }

    @Test
    void lineIsDrawnOverTheLastOneAndTakenAwayAtTheEnd() {
        StringWriter out = new StringWriter();
        ProgressDisplay display = ProgressDisplay.start(
                new PrintWriter(out), true, () -> Optional.of(new Progress("copying", 1, 0, 2, Duration.ZERO)));
        display.show();
        assertThat(out.toString()).startsWith("\r\u001b[Kcopying   50%  1 B of 2 B");
        display.close();
        assertThat(out.toString()).endsWith("\r\u001b[K");
    }

    @Test
    void nothingIsDrawnWhereNobodySees() {
        StringWriter out = new StringWriter();
        try (ProgressDisplay display = ProgressDisplay.start(
                new PrintWriter(out), false, () -> Optional.of(new Progress("copying", 1, 0, 2, Duration.ZERO)))) {
            display.show();
        }
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void nothingIsDrawnBeforeThereIsSomething() {
        StringWriter out = new StringWriter();
        try (ProgressDisplay display = ProgressDisplay.start(new PrintWriter(out), true, Optional::empty)) {
            display.show();
        }
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void dumbTerminalIsNone() {
        assertThat(ProgressDisplay.isTerminal(Map.of("TERM", "dumb"))).isFalse();
    }
}
