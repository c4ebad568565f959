package io.walarchiver.restore;

import java.time.Duration;

/**
 * How fast replay goes through segments, and how many of them must be under way so that it need not wait.
 *
 * <p>While one segment takes {@code f} to fetch, replay goes through {@code f / r} of them at {@code r} each. Twice that,
 * plus one for each lane, covers ordinary variation. When replay still had to wait, the reserve doubles; each time it did
 * not, the reserve shrinks by one. Not safe for several threads.
 */
final class ReplayPace {

    /** Weight of the newest value in the running averages. */
    private static final double NEWEST = 0.25;

    /** A longer pause between two questions is waiting for new WAL, not replay. */
    private static final long LONGEST_REPLAY_NANOS = Duration.ofMinutes(1).toNanos();

    private final int lanes;
    private double replayNanos = -1;
    private double cycleNanos = -1;
    private double fetchNanos = -1;
    private long lastAsked = -1;
    private long lastAnswered = -1;
    private int reserve;

    ReplayPace(int lanes) {
        this.lanes = lanes;
    }

    /** Replay asks for a segment. */
    void asked(long now) {
        if (lastAnswered >= 0 && now - lastAnswered <= LONGEST_REPLAY_NANOS) {
            replayNanos = average(replayNanos, now - lastAnswered);
            cycleNanos = average(cycleNanos, now - lastAsked);
        }
        lastAsked = now;
        // Asking again without an answer in between is a miss or a retry and says nothing about replay.
        lastAnswered = -1;
    }

    /** Replay got the segment it asked for. */
    void answered(long now) {
        lastAnswered = now;
    }

    /** A segment took so long from the question to the store to the file in place. */
    void fetched(Duration duration) {
        fetchNanos = average(fetchNanos, duration.toNanos());
    }

    /** Replay had to wait for a segment prefetch should have had ready. */
    void late(int maxDepth) {
        reserve = Math.min(maxDepth, 2 * reserve + lanes);
    }

    /** Replay got a prefetched segment. */
    void inTime() {
        reserve = Math.max(0, reserve - 1);
    }

    /** How many segments ahead of replay to go. */
    int depth(int maxDepth) {
        double underWay = replayNanos < 0 || fetchNanos < 0 ? 0 : Math.ceil(fetchNanos / Math.max(1, replayNanos));
        return (int) Math.min(maxDepth, 2 * underWay + lanes + reserve);
    }

    /** Segments a second, from question to question; 0 when unknown. */
    double segmentsPerSecond() {
        return cycleNanos <= 0 ? 0 : 1e9 / cycleNanos;
    }

    private static double average(double before, long newest) {
        return before < 0 ? newest : before + NEWEST * (newest - before);
    }
}
