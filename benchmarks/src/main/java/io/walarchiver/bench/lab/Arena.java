package io.walarchiver.bench.lab;

import io.walarchiver.bench.postgres.WalCorpus;
import io.walarchiver.bench.process.ProcessUsage;
import io.walarchiver.bench.s3.S3ServerProcess;
import io.walarchiver.bench.s3.SinkStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What all contestants share.
 *
 * @param directory where they may work
 * @param corpus    what they work on
 * @param server    where they send it
 */
record Arena(Path directory, WalCorpus corpus, S3ServerProcess server, boolean countsTraffic) {

    /** Long enough for a resident process to finish what it does after the last answer. */
    private static final Duration SETTLE = Duration.ofMillis(300);

    /** What the kernel and the server said at one moment. */
    record Reading(Duration cpu, Optional<SinkStatistics> traffic) {}

    Path newDirectory() throws IOException {
        return Files.createTempDirectory(directory, "run-");
    }

    Reading read(long pid) throws IOException {
        return new Reading(ProcessUsage.treeCpuOf(pid), traffic());
    }

    /** The difference to an earlier reading, after a moment for what is left to do. */
    Measurement measurement(Reading before, long pid, int segments, Duration wall, List<Duration> latencies)
            throws IOException {
        pause(SETTLE);
        Duration cpu = ProcessUsage.treeCpuOf(pid).minus(before.cpu());
        long peak = ProcessUsage.of(pid).map(ProcessUsage::peakBytes).orElse(0L);
        return new Measurement(segments, wall, cpu, latencies, peak, since(before));
    }

    Optional<SinkStatistics> since(Reading before) throws IOException {
        Optional<SinkStatistics> now = traffic();
        return before.traffic().flatMap(earlier -> now.map(later -> later.since(earlier)));
    }

    private Optional<SinkStatistics> traffic() throws IOException {
        return countsTraffic ? Optional.of(server.statistics()) : Optional.empty();
    }

    static void pause(Duration time) throws IOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
