package io.walarchiver.restore;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.codec.Compression;
import io.walarchiver.wal.SegmentSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * How to restore. The suppliers are asked at every restore, because recovery starts before {@code pg_control} exists and
 * the role of a server changes while it runs; they must be quick and must not throw.
 *
 * @param layout           where the files are
 * @param segmentSize      the cluster's segment size when known; otherwise it is learnt from the first segment restored
 * @param systemIdentifier the cluster's system identifier when known; segments of any other cluster are refused then
 * @param dataDirectory    PGDATA when known, to repair destinations that hold it twice
 * @param firstGuess       the compression to try first; the one that worked last takes its place
 * @param retryWindow      how long failures of the store are retried before giving up: minutes where giving up ends
 *                         recovery, seconds where streaming takes over
 * @param prefetch         how to work ahead
 */
public record RestoreSettings(
        ArchiveLayout layout,
        Supplier<Optional<SegmentSize>> segmentSize,
        Supplier<OptionalLong> systemIdentifier,
        Optional<Path> dataDirectory,
        Compression firstGuess,
        Supplier<Duration> retryWindow,
        Prefetch prefetch) {

    /** Default of {@link #retryWindow}: 5 minutes. */
    public static final Duration DEFAULT_RETRY_WINDOW = Duration.ofMinutes(5);

    /** Settings with nothing known about the cluster and the defaults for everything else. */
    public static RestoreSettings of(ArchiveLayout layout, Path spoolDirectory) {
        return new RestoreSettings(
                layout,
                Optional::empty,
                OptionalLong::empty,
                Optional.empty(),
                Compression.ZSTD,
                () -> DEFAULT_RETRY_WINDOW,
                Prefetch.in(spoolDirectory));
    }

    /** The same settings for a known cluster. */
    public RestoreSettings withCluster(
            Supplier<Optional<SegmentSize>> knownSegmentSize, Supplier<OptionalLong> knownSystemIdentifier) {
        return new RestoreSettings(
                layout, knownSegmentSize, knownSystemIdentifier, dataDirectory, firstGuess, retryWindow, prefetch);
    }

    /** The same settings for a known PGDATA. */
    public RestoreSettings withDataDirectory(Path directory) {
        return new RestoreSettings(
                layout, segmentSize, systemIdentifier, Optional.of(directory), firstGuess, retryWindow, prefetch);
    }

    /** The same settings with another compression to try first. */
    public RestoreSettings withFirstGuess(Compression compression) {
        return new RestoreSettings(
                layout, segmentSize, systemIdentifier, dataDirectory, compression, retryWindow, prefetch);
    }

    /** The same settings with another retry window. */
    public RestoreSettings withRetryWindow(Supplier<Duration> window) {
        return new RestoreSettings(layout, segmentSize, systemIdentifier, dataDirectory, firstGuess, window, prefetch);
    }

    /** The same settings with another way to work ahead. */
    public RestoreSettings withPrefetch(Prefetch other) {
        return new RestoreSettings(
                layout, segmentSize, systemIdentifier, dataDirectory, firstGuess, retryWindow, other);
    }

    /**
     * How to work ahead.
     *
     * @param spoolDirectory a directory of the archiver's own; prefetched files are kept in its subdirectory
     *                       {@code prefetch}, which is emptied at every start. Best on the file system of
     *                       {@code pg_wal}, so that a rename delivers
     * @param maxBytes       the most bytes of prefetched files, those in flight included; 0 switches prefetch off
     * @param parallelism    how many files are prefetched at once
     * @param pause          how long prefetch keeps away from a segment that is absent, and from everything after a
     *                       failure
     * @param idleTimeout    after how long without a question prefetched files are deleted
     */
    public record Prefetch(Path spoolDirectory, long maxBytes, int parallelism, Duration pause, Duration idleTimeout) {

        /** Default of {@link #maxBytes}: 256 MiB. */
        public static final long DEFAULT_MAX_BYTES = 256L << 20;

        public Prefetch {
            if (maxBytes < 0) {
                throw new IllegalArgumentException("prefetch cannot keep " + maxBytes + " bytes");
            }
            if (parallelism < 1) {
                throw new IllegalArgumentException("prefetch cannot fetch " + parallelism + " files at once");
            }
            if (pause.isNegative() || idleTimeout.isNegative() || idleTimeout.isZero()) {
                throw new IllegalArgumentException(
                        "prefetch cannot pause for " + pause + " or be idle after " + idleTimeout);
            }
        }

        /** The defaults: 256 MiB, two at once, five seconds' pause, dropped after ten minutes. */
        public static Prefetch in(Path spoolDirectory) {
            return new Prefetch(spoolDirectory, DEFAULT_MAX_BYTES, 2, Duration.ofSeconds(5), Duration.ofMinutes(10));
        }

        /** The same with another number of bytes. */
        public Prefetch withMaxBytes(long bytes) {
            return new Prefetch(spoolDirectory, bytes, parallelism, pause, idleTimeout);
        }

        /** The same with another number of files at once. */
        public Prefetch withParallelism(int files) {
            return new Prefetch(spoolDirectory, maxBytes, files, pause, idleTimeout);
        }
    }
}
