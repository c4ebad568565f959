package io.walarchiver.bench.demo;

import io.walarchiver.bench.process.ProcessUsage;
import io.walarchiver.bench.service.ArchiverService;
import io.walarchiver.bench.service.Metrics;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What the archiving cost, over both lives of the service. For one thread. */
final class Summary {

    private static final String ANSWERS = "wal_archiver_archive_answer_seconds";
    private static final double MEGABYTE = 1e6;

    private final SegmentSize size;
    private final Lsn startedAt;
    private final long archivedBefore;
    private final Instant start = Instant.now();
    private Instant loadEnd = start;
    private Lsn loadEndedAt;
    private Metrics earlierLives = Metrics.NONE;
    private Metrics thisLife = Metrics.NONE;
    private Duration cpuOfEarlierLives = Duration.ZERO;
    private Duration cpuOfThisLife = Duration.ZERO;
    private long peakBytes;
    private long residentBytes;
    private long archived;
    private Duration untilArchived = Duration.ZERO;

    private Summary(Lsn startedAt, long archivedBefore, SegmentSize size) {
        this.startedAt = startedAt;
        this.loadEndedAt = startedAt;
        this.archivedBefore = archivedBefore;
        this.size = size;
    }

    static Summary start(ServerState state, SegmentSize size) {
        return new Summary(state.insert(), state.archivedCount(), size);
    }

    /** Reads what the service and the kernel say now. */
    void observe(ArchiverService service) {
        service.metrics().ifPresent(now -> thisLife = now);
        Optional<ProcessUsage> usage = service.usage();
        usage.ifPresent(now -> {
            cpuOfThisLife = now.total();
            peakBytes = Math.max(peakBytes, now.peakBytes());
            residentBytes = now.residentBytes();
        });
    }

    /** The service was killed: what it said last is all we will ever know of that life. */
    void endLife() {
        earlierLives = earlierLives.plus(thisLife);
        thisLife = Metrics.NONE;
        cpuOfEarlierLives = cpuOfEarlierLives.plus(cpuOfThisLife);
        cpuOfThisLife = Duration.ZERO;
    }

    void loadEnded(ServerState state) {
        loadEnd = Instant.now();
        loadEndedAt = state.insert();
    }

    /** PostgreSQL considers everything archived. */
    Summary finish(ServerState state, ArchiverService service) {
        observe(service);
        archived = state.archivedCount() - archivedBefore;
        untilArchived = Duration.between(start, Instant.now());
        return this;
    }

    double megabytesPerSecond(ServerState now) {
        return megabytes(now.insert()) / seconds(Duration.between(start, Instant.now()));
    }

    double residentMegabytes() {
        return residentBytes / MEGABYTE;
    }

    void print(Console console) {
        Metrics all = earlierLives.plus(thisLife);
        double original = all.sum("wal_archiver_archive_original_bytes_total");
        double stored = all.sum("wal_archiver_archive_stored_bytes_total");
        double files = all.sum("wal_archiver_archive_files_total");
        console.detail(
                "files archived      %,d, %.1f MB/s of WAL while the load ran, everything archived %.1f s after its start",
                archived, megabytes(loadEndedAt) / seconds(Duration.between(start, loadEnd)), seconds(untilArchived));
        console.detail(
                "compression         %.1f MB to %.1f MB, ratio %.1f",
                original / MEGABYTE, stored / MEGABYTE, stored == 0 ? 0 : original / stored);
        console.detail(
                "answers             p50 %s, p95 %s, p99 %s (inside the service)",
                all.percentile(ANSWERS, 0.50), all.percentile(ANSWERS, 0.95), all.percentile(ANSWERS, 0.99));
        double segments = Math.max(1, original / size.bytes());
        console.detail(
                "CPU of the service  %.0f ms per segment, two starts included (%.0f files in its metrics)",
                cpuOfEarlierLives.plus(cpuOfThisLife).toMillis() / segments, files);
        console.detail("memory              %.0f MB resident at the peak", peakBytes / MEGABYTE);
    }

    private double megabytes(Lsn now) {
        return (now.value() - startedAt.value()) / MEGABYTE;
    }

    private static double seconds(Duration duration) {
        return Math.max(1, duration.toMillis()) / 1000.0;
    }
}
