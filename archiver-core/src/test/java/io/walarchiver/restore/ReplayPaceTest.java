package io.walarchiver.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReplayPaceTest {

    private static final long MILLI = 1_000_000;

    private final ReplayPace pace = new ReplayPace(2);
    private long now = 1;

    private void replay(int segments, long replayMillis, long answerMillis) {
        for (int i = 0; i < segments; i++) {
            pace.asked(now);
            now += answerMillis * MILLI;
            pace.answered(now);
            now += replayMillis * MILLI;
        }
    }

    @Test
    void beforeAnythingIsKnownOneSegmentForEachLaneIsFetched() {
        assertThat(pace.depth(16)).isEqualTo(2);
        assertThat(pace.segmentsPerSecond()).isZero();
    }

    @Test
    void slowReplayNeedsFewSegments() {
        pace.fetched(Duration.ofMillis(60));
        replay(10, 5_000, 0);

        assertThat(pace.depth(16)).isEqualTo(4);
        assertThat(pace.segmentsPerSecond()).isEqualTo(0.2);
    }

    @Test
    void fastReplayNeedsAsManyAsThereMayBe() {
        pace.fetched(Duration.ofMillis(60));
        replay(10, 1, 0);

        assertThat(pace.depth(16)).isEqualTo(16);
        assertThat(pace.depth(1000)).isEqualTo(122);
    }

    @Test
    void timeSpentAnsweringIsNotReplay() {
        pace.fetched(Duration.ofMillis(60));
        replay(10, 20, 1000);

        assertThat(pace.depth(16)).isEqualTo(8);
    }

    @Test
    void waitingForNewWalIsNotReplay() {
        replay(2, 10, 0);
        now += Duration.ofMinutes(3).toNanos();
        replay(1, 10, 0);

        assertThat(pace.segmentsPerSecond()).isEqualTo(100);
    }

    @Test
    void reserveGrowsWhenReplayHadToWaitAndShrinksAgain() {
        pace.late(100);
        assertThat(pace.depth(100)).isEqualTo(4);
        pace.late(100);
        pace.late(100);
        assertThat(pace.depth(100)).isEqualTo(16);
        for (int i = 0; i < 14; i++) {
            pace.inTime();
        }
        assertThat(pace.depth(100)).isEqualTo(2);
        for (int i = 0; i < 50; i++) {
            pace.late(10);
        }
        assertThat(pace.depth(10)).isEqualTo(10);
    }

    @Test
    void noRoomMeansNoDepth() {
        pace.late(0);

        assertThat(pace.depth(0)).isZero();
    }
}
