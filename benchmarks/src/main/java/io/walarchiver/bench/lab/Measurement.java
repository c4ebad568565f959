package io.walarchiver.bench.lab;

import io.walarchiver.bench.s3.SinkStatistics;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One contestant, one discipline, one round.
 *
 * @param segments  how many segments
 * @param wall      from the first question to the last answer
 * @param cpu       user and system time of all processes of the contestant
 * @param latencies from question to answer, per segment
 * @param peakBytes largest resident set of the contestant's resident process; 0 when it has none
 * @param traffic   what reached the server, when it counts
 */
record Measurement(
        int segments,
        Duration wall,
        Duration cpu,
        List<Duration> latencies,
        long peakBytes,
        Optional<SinkStatistics> traffic) {

    Measurement {
        latencies = latencies.stream().sorted().toList();
    }

    double cpuMillisPerSegment() {
        return cpu.toNanos() / 1e6 / segments;
    }

    double segmentsPerSecond() {
        return segments / (wall.toNanos() / 1e9);
    }

    /** The latency that a share of the answers does not exceed. */
    double latencyMillis(double share) {
        int at = (int) Math.ceil(share * latencies.size()) - 1;
        return latencies.get(Math.max(0, at)).toNanos() / 1e6;
    }

    double requestsPerSegment() {
        return traffic.map(t -> (double)
                                t.requests().values().stream().mapToLong(n -> n).sum()
                        / segments)
                .orElse(Double.NaN);
    }

    double wireBytesPerSegment() {
        return traffic.map(t -> (double) (t.bytesIn() + t.bytesOut()) / segments)
                .orElse(Double.NaN);
    }
}
