package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivePipeline;
import io.walarchiver.archive.ArchiveSettings;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.Prefetcher;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two ways of WAL, put together over one store and one memory budget.
 *
 * @param archive    into the archive
 * @param restore    back, one file at a time
 * @param prefetcher back, ahead of replay
 * @param pool       the memory of all of them
 */
record Pipelines(ArchivePipeline archive, RestorePipeline restore, Prefetcher prefetcher, BufferPool pool)
        implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Pipelines.class);

    /**
     * Puts them together. Touches {@code pg_control}, nothing else; starts nothing.
     *
     * @param spool  our own directory
     * @param memory the budget
     */
    static Pipelines of(
            Archive archive,
            ObjectStore store,
            DataDirectory source,
            Path spool,
            ByteSize memory,
            Workers workers,
            ArchiveObserver archiveObserver,
            RestoreObserver restoreObserver) {
        SegmentSize segmentSize = segmentSize(source).orElse(SegmentSize.DEFAULT);
        Budget budget = Budget.of(memory, segmentSize, archive.codec());
        DirectMemory.require(budget.bytes());
        BufferPool pool = budget.pool();
        RestorePipeline restoring = restoring(
                archive,
                store,
                source,
                spool,
                () -> RestoreSettings.DEFAULT_RETRY_WINDOW,
                pool,
                workers,
                restoreObserver);
        return new Pipelines(
                archiving(archive, store, source, spool, pool, workers, archiveObserver),
                restoring,
                new Prefetcher(restoring),
                pool);
    }

    /** The way into an archive; starts nothing. */
    static ArchivePipeline archiving(
            Archive archive,
            ObjectStore store,
            DataDirectory source,
            Path spool,
            BufferPool pool,
            Workers workers,
            ArchiveObserver observer) {
        return new ArchivePipeline(
                new ArchiveSettings(
                        archive.layout(),
                        archive.digest(),
                        archive.segmentOptions(),
                        archive.historyOptions(),
                        archive.parallelism(),
                        spool),
                source,
                store,
                archive.codec(),
                pool,
                workers.fileIo(),
                workers.compute(),
                observer);
    }

    /** The way back, for one file at a time; starts nothing. */
    static RestorePipeline restoring(
            Archive archive,
            ObjectStore store,
            DataDirectory source,
            Path spool,
            Supplier<Duration> retryWindow,
            BufferPool pool,
            Workers workers,
            RestoreObserver observer) {
        return new RestorePipeline(
                restoreSettings(archive, source, spool).withRetryWindow(retryWindow),
                store,
                pool,
                workers.compute(),
                workers.fileIo(),
                workers.timer(),
                observer);
    }

    private static RestoreSettings restoreSettings(Archive archive, DataDirectory source, Path spool) {
        return RestoreSettings.of(archive.layout(), spool)
                .withCluster(() -> segmentSize(source), () -> systemIdentifier(source))
                .withDataDirectory(source.path())
                .withFirstGuess(archive.codec().compression());
    }

    /** Empty while there is no data directory yet. */
    static Optional<SegmentSize> segmentSize(DataDirectory source) {
        try {
            return Optional.of(source.controlFile().segmentSize());
        } catch (IOException absent) {
            LOG.debug("no control file", absent);
            return Optional.empty();
        }
    }

    private static OptionalLong systemIdentifier(DataDirectory source) {
        try {
            return OptionalLong.of(source.controlFile().systemIdentifier());
        } catch (IOException absent) {
            return OptionalLong.empty();
        }
    }

    @Override
    public void close() {
        archive.close();
    }
}
