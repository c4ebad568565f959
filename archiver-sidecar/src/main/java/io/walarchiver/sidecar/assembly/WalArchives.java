package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivePipeline;
import io.walarchiver.archive.ArchiveStatus;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.Prefetcher;
import io.walarchiver.restore.RestoreMode;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.restore.RestoreStatus;
import io.walarchiver.sidecar.assembly.OpenArchives.OpenArchive;
import io.walarchiver.sidecar.assembly.OpenArchives.WalKind;
import io.walarchiver.sidecar.request.ArchivedRange;
import io.walarchiver.sidecar.request.ClusterArchives;
import io.walarchiver.sidecar.request.WalCalls;
import io.walarchiver.wal.WalFileName;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * The WAL of one data directory on its way into and out of whichever archives its Cluster names, all within one memory
 * budget. What is not used any more, because the Cluster or a store names something else now, ends with its last call.
 */
final class WalArchives implements ClusterArchives, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WalArchives.class);

    /** Where PostgreSQL streams when a file is not there, it is better to tell it soon. */
    private static final Duration BRIEF = Duration.ofSeconds(10);

    /** How long a store that cannot be looked up is waited for, where giving up ends recovery. */
    private static final Duration LOOKUP_PAUSE = Duration.ofSeconds(3);

    private static final int LOOKUPS = 100;

    /** Archives read from: its own, the one it follows, and the one it came from. */
    private static final int MAX_READ = 3;

    private final OpenArchives archives;
    private final DataDirectory source;
    private final Path spool;
    private final BufferPool pool;
    private final Workers workers;
    private final ArchiveObserver archiveObserver;
    private final RestoreObserver restoreObserver;
    private final Function<Path, Mono<Void>> handOver;
    private final Map<ArchiveReference, Shared<Reading>> reading = new LinkedHashMap<>(8, 0.75f, true);
    private @Nullable Shared<Writing> writing;
    private volatile ArchiveStatus lastWriting = IDLE_WRITING;

    private static final ArchiveStatus IDLE_WRITING = new ArchiveStatus(
            0, 0, Optional.empty(), 0, 0, 0, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), 0);

    private static final RestoreStatus IDLE_READING =
            new RestoreStatus(0, 0, 0, 0, 0, 0, 0, 0, Optional.empty(), Optional.empty());

    /** @param handOver gives a restored file to the owner of the data directory */
    WalArchives(
            OpenArchives archives,
            DataDirectory source,
            Path spool,
            BufferPool pool,
            Workers workers,
            ArchiveObserver archiveObserver,
            RestoreObserver restoreObserver,
            Function<Path, Mono<Void>> handOver) {
        this.archives = archives;
        this.source = source;
        this.spool = spool;
        this.pool = pool;
        this.workers = workers;
        this.archiveObserver = archiveObserver;
        this.restoreObserver = restoreObserver;
        this.handOver = handOver;
    }

    /** A pipeline into an archive, running. */
    private record Writing(OpenArchive open, ArchivePipeline pipeline, Background running) implements AutoCloseable {
        @Override
        public void close() {
            running.close();
            pipeline.close();
        }
    }

    /** A pipeline out of an archive, running. */
    private record Reading(Prefetcher prefetcher, Background running, Urgency urgency, ScratchDirectory directory)
            implements AutoCloseable {
        @Override
        public void close() {
            running.close();
            try {
                directory.close();
            } catch (UncheckedIOException e) {
                LOG.debug("prefetched files stay", e);
            }
        }
    }

    /** How long failures of the store are waited out: as the last question wants it. PostgreSQL asks one at a time. */
    private static final class Urgency {
        volatile Duration window = BRIEF;
    }

    @Override
    public Mono<Void> archive(ArchiveReference reference, WalFileName name, boolean checkOwnership) {
        return archives.open(reference)
                .flatMap(open -> Mono.using(
                        () -> writing(open),
                        shared -> shared.part().pipeline.archive(name, checkOwnership),
                        Shared::giveBack));
    }

    @Override
    public Mono<Void> restore(ArchiveReference reference, WalFileName name, Path destination, How how) {
        Mono<OpenArchive> opened = archives.open(reference);
        return (how.lastWord() ? opened.retryWhen(untilItPasses(workers)) : opened)
                .flatMap(open -> Mono.using(
                        () -> reading(open),
                        shared -> {
                            Reading part = shared.part();
                            part.urgency.window = how.lastWord() ? RestoreSettings.DEFAULT_RETRY_WINDOW : BRIEF;
                            return part.prefetcher
                                    .restore(
                                            name, destination, how.rewind() ? RestoreMode.REWIND : RestoreMode.RECOVERY)
                                    .then();
                        },
                        Shared::giveBack))
                .then(Mono.defer(() -> handOver.apply(destination)));
    }

    static Retry untilItPasses(Workers workers) {
        return Retry.fixedDelay(LOOKUPS, LOOKUP_PAUSE)
                .scheduler(workers.timer())
                .onRetryExhaustedThrow((retry, signal) -> signal.failure());
    }

    @Override
    public Mono<WalCalls.Holdings> holdings(ArchiveReference reference) {
        return archives.open(reference).flatMap(open -> {
            ArchivedRange range = new ArchivedRange(open.store(), open.archive().layout());
            return range.read().map(found -> new WalCalls.Holdings(range.location(), found));
        });
    }

    /** What the pipeline into the archive does; as it was last when there is none now. */
    ArchiveStatus archiveStatus() {
        Optional<Writing> now = current();
        if (now.isPresent()) {
            lastWriting = now.get().pipeline.status();
        }
        return lastWriting;
    }

    /** What the pipeline does that was asked last. */
    synchronized RestoreStatus restoreStatus() {
        RestoreStatus last = IDLE_READING;
        for (Shared<Reading> each : reading.values()) {
            last = each.part().prefetcher.status();
        }
        return last;
    }

    /** Whether the journal of what is archived can be written. */
    boolean isJournalWritable() {
        return current().map(writer -> writer.pipeline.isJournalWritable()).orElse(true);
    }

    /** Where WAL goes to at present; empty before the first file. */
    Optional<OpenArchive> written() {
        return current().map(Writing::open);
    }

    private synchronized Optional<Writing> current() {
        return Optional.ofNullable(writing).map(Shared::part);
    }

    private synchronized Shared<Writing> writing(OpenArchive open) {
        Shared<Writing> known = writing;
        if (known == null || !known.kind().equals(open.walKind())) {
            Shared<Writing> next = new Shared<>(open.walKind(), startWriting(open));
            if (known != null) {
                known.retire();
            }
            writing = next;
            known = next;
        }
        known.take();
        return known;
    }

    private Writing startWriting(OpenArchive open) {
        ArchivePipeline pipeline = Pipelines.archiving(
                open.archive(),
                open.store(),
                source,
                spool.resolve("archive-" + label(open.walKind())),
                pool,
                workers,
                archiveObserver);
        return new Writing(open, pipeline, new Background("archive", pipeline.run()));
    }

    private synchronized Shared<Reading> reading(OpenArchive open) {
        Shared<Reading> known = reading.get(open.reference());
        if (known == null || !known.kind().equals(open.walKind())) {
            if (known != null) {
                known.retire();
            } else if (reading.size() >= MAX_READ) {
                ArchiveReference oldest = reading.keySet().iterator().next();
                Optional.ofNullable(reading.remove(oldest)).ifPresent(Shared::retire);
            }
            known = new Shared<>(open.walKind(), startReading(open));
            reading.put(open.reference(), known);
        }
        known.take();
        return known;
    }

    private Reading startReading(OpenArchive open) {
        Urgency urgency = new Urgency();
        Path directory = spool.resolve("restore-" + label(open.walKind()));
        RestorePipeline pipeline = Pipelines.restoring(
                open.archive(), open.store(), source, directory, () -> urgency.window, pool, workers, restoreObserver);
        Prefetcher prefetcher = new Prefetcher(pipeline);
        return new Reading(
                prefetcher, new Background("prefetch", prefetcher.run()), urgency, new ScratchDirectory(directory));
    }

    /** The same in every process, so that the next one finds the journal. */
    private static String label(WalKind kind) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(kind.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized void close() {
        if (writing != null) {
            writing.part().close();
            writing = null;
        }
        reading.values().forEach(each -> each.part().close());
        reading.clear();
    }
}
