package io.walarchiver.archive;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.wal.ControlFile;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Archives the file PostgreSQL asks for, and every other ready file behind it, so that the next question finds its
 * answer ready.
 *
 * <p>A fixed number of lanes take files from one queue: asked files first, then look-ahead in archiving order. One lane
 * takes asked files only, so that a question never waits for a neighbour to finish. How much is in memory is bounded by
 * the {@link BufferPool}, not by the lanes. Look-ahead runs while PostgreSQL keeps asking and stops
 * {@link #LOOK_AHEAD_WINDOW} after the last question: a server that stopped asking may not be the one to archive any
 * more. A question that is refused because of whose the archive is ends it at once.
 *
 * <p>The answer to a question depends on the asked file alone, and is given only when the file is durable in the store.
 * Neither PostgreSQL nor its being primary is needed.
 *
 * <p>Nothing runs before {@link #run()} is subscribed. Safe for many threads; answers arrive on threads of the store or
 * the schedulers, where subscribers must not block.
 */
public final class ArchivePipeline implements AutoCloseable {

    /** How long look-ahead goes on after the last question; PostgreSQL retries a failed file within a minute. */
    static final Duration LOOK_AHEAD_WINDOW = Duration.ofMinutes(2);

    /** A scan may take at most this share of the time: 1 in 10. */
    private static final int SCAN_SHARE = 10;

    private static final Logger log = LoggerFactory.getLogger(ArchivePipeline.class);

    private final ArchiveSettings settings;
    private final DataDirectory source;
    private final ObjectStore store;
    private final BufferPool pool;
    private final Scheduler fileIo;
    private final ArchiveObserver observer;
    private final FileUpload uploads;
    private final ArchiveOwnership ownership;
    private final ReadyFiles readyFiles;
    private final ArchiveQueue queue = new ArchiveQueue();
    private final Doorbell scanBell = new Doorbell();
    private final ArchiveProgress progress = new ArchiveProgress();
    private volatile List<ReadyFile> ready = List.of();
    private volatile long lastAskedNanos = System.nanoTime() - LOOK_AHEAD_WINDOW.toNanos();
    private volatile @Nullable ArchiveJournal journal;

    /**
     * @param settings where to and how
     * @param source   the data directory to archive from
     * @param store    closed by the caller, after this
     * @param codec    how objects are compressed
     * @param pool     the memory budget; its buffers must hold a segment and its compressed form, or at least
     *                 {@link io.walarchiver.store.MultipartUpload#MIN_PART_BYTES} when segments are larger than that
     * @param fileIo   for reading files; bounded
     * @param compute  for digests and compression; bounded by the CPUs there are
     * @param observer is told what happens
     */
    public ArchivePipeline(
            ArchiveSettings settings,
            DataDirectory source,
            ObjectStore store,
            Codec codec,
            BufferPool pool,
            Scheduler fileIo,
            Scheduler compute,
            ArchiveObserver observer) {
        this.settings = settings;
        this.source = source;
        this.store = store;
        this.pool = pool;
        this.fileIo = fileIo;
        this.observer = observer;
        this.uploads = new FileUpload(settings, source, store, codec, pool, fileIo, compute);
        this.ownership = new ArchiveOwnership(settings, source, store, fileIo);
        this.readyFiles = new ReadyFiles(source);
    }

    /**
     * Completes when the file is durable in the archive: at once when it is known to be, otherwise after archiving it
     * ahead of everything else. Fails with {@link ArchiveException}. Asking again is always safe. Cancelling gives up
     * the answer, not work under way.
     *
     * @param name           the file, in the source's {@code pg_wal}
     * @param checkOwnership whether to refuse an archive that another cluster has written to
     */
    public Mono<Void> archive(WalFileName name, boolean checkOwnership) {
        return Mono.defer(() -> {
            long start = System.nanoTime();
            return Mono.fromCallable(() -> isDurable(name))
                    .subscribeOn(fileIo)
                    .flatMap(durable -> durable
                            ? Mono.just(true)
                            : verifyOwnership(checkOwnership)
                                    .doOnError(ArchiveException.class, failure -> refused(name, failure))
                                    .then(Mono.defer(() -> {
                                        // Not before the archive is known to be ours: look-ahead asks nobody.
                                        lastAskedNanos = System.nanoTime();
                                        return queue.ask(name);
                                    }))
                                    .thenReturn(false))
                    .doOnNext(fromJournal -> {
                        lastAskedNanos = System.nanoTime();
                        scanBell.ring();
                        observer.answered(name, fromJournal, Duration.ofNanos(System.nanoTime() - start));
                    })
                    .then();
        });
    }

    /**
     * Archives one file without queue, look-ahead or journal, for a process that archives just this file. Does not need
     * {@link #run()}.
     */
    public Mono<ArchivedFile> archiveAlone(WalFileName name, boolean checkOwnership) {
        return verifyOwnership(checkOwnership)
                .then(uploads.upload(name, true))
                .map(FileUpload.Durable::file)
                .doOnNext(observer::archived)
                .doOnError(ArchiveException.class, failure -> observer.failed(name, true, failure));
    }

    private void refused(WalFileName name, ArchiveException failure) {
        lastAskedNanos = System.nanoTime() - LOOK_AHEAD_WINDOW.toNanos();
        queue.offer(List.of());
        progress.failed(name, failure, true);
        observer.failed(name, true, failure);
    }

    private Mono<Void> verifyOwnership(boolean check) {
        return check ? ownership.verify() : Mono.empty();
    }

    /**
     * Drives the lanes, the watch and the scans. Never completes; subscribed once, where the program starts. Cancelling
     * stops everything under way.
     */
    public Mono<Void> run() {
        return Mono.usingWhen(
                Mono.fromCallable(() -> Schedulers.newSingle("archive-status-watch", true)),
                watchThread -> {
                    Mono<Void> lanes = Flux.range(0, settings.parallelism() + 1)
                            .flatMap(lane -> lane(lane == 0), settings.parallelism() + 1)
                            .then();
                    return Mono.when(lanes, scanner(), readyFiles.watch(scanBell, watchThread));
                },
                watchThread -> Mono.fromRunnable(watchThread::dispose));
    }

    private Flux<Void> lane(boolean askedOnly) {
        return Mono.defer(() -> queue.take(askedOnly)).flatMap(this::process).repeat();
    }

    private Mono<Void> process(ArchiveQueue.Work work) {
        return uploads.upload(work.name(), work.asked())
                .flatMap(durable -> Mono.fromRunnable(() -> note(work, durable)).subscribeOn(fileIo))
                .onErrorResume(failure -> {
                    fail(work, failure);
                    return Mono.empty();
                })
                .then();
    }

    private void note(ArchiveQueue.Work work, FileUpload.Durable durable) {
        ArchivedFile file = durable.file();
        journal().add(file.name(), durable.identity(), durable.digest());
        progress.archived(file.name());
        observer.archived(file);
        work.succeed(file);
        scanBell.ring();
        PageCache.drop(source.walFile(file.name()));
    }

    private void fail(ArchiveQueue.Work work, Throwable failure) {
        ArchiveException reported = failure instanceof ArchiveException known
                ? known
                : new ArchiveException.SourceUnusable("cannot archive " + work.name() + ": " + failure, failure);
        boolean aboutThisFile = !(reported instanceof ArchiveException.StoreFailed);
        progress.failed(work.name(), reported, work.asked());
        observer.failed(work.name(), work.asked(), reported);
        work.fail(reported, aboutThisFile);
    }

    private boolean isDurable(WalFileName name) throws IOException {
        Optional<FileIdentity> identity;
        try {
            identity = FileIdentity.of(source.walFile(name));
        } catch (IOException unreadable) {
            // The pipeline meets the same trouble and says so properly.
            return false;
        }
        return identity.isPresent() && journal().find(name, identity.get()).isPresent();
    }

    private synchronized ArchiveJournal journal() {
        ArchiveJournal open = journal;
        if (open == null) {
            String cluster;
            try {
                cluster = Long.toUnsignedString(source.controlFile().systemIdentifier());
            } catch (IOException noControlFile) {
                cluster = "unknown";
            }
            open = ArchiveJournal.open(
                    settings.stateDirectory().resolve("archived.journal"),
                    store.location() + " " + settings.layout().walPrefix() + " " + cluster);
            journal = open;
        }
        return open;
    }

    private Flux<Void> scanner() {
        return scanBell.await()
                .then(Mono.fromCallable(this::scan).subscribeOn(fileIo))
                // A directory with a hundred thousand entries changes with every segment; leave time for other work.
                .flatMap(took -> Mono.delay(took.multipliedBy(SCAN_SHARE)))
                .onErrorResume(failure -> {
                    log.debug("cannot list the ready files", failure);
                    return Mono.empty();
                })
                .then(Mono.<Void>empty())
                .repeat();
    }

    private Duration scan() throws IOException {
        long start = System.nanoTime();
        // Without a cluster there is nothing to look for, and a journal opened now would not be recognised as its own.
        ControlFile unused = source.controlFile();
        Set<WalFileName> journaled = journal().names();
        List<ReadyFile> found;
        try {
            found = readyFiles.scan();
        } catch (NoSuchFileException gone) {
            ready = List.of();
            queue.offer(List.of());
            throw gone;
        }
        Set<WalFileName> names = found.stream().map(ReadyFile::name).collect(Collectors.toSet());
        journal().forget(journaled, names);
        ready = found;
        queue.offer(isEngaged() ? pending(found) : List.of());
        if (!isEngaged()) {
            // A refusal may have come in between.
            queue.offer(List.of());
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private boolean isEngaged() {
        return System.nanoTime() - lastAskedNanos < LOOK_AHEAD_WINDOW.toNanos();
    }

    private Collection<WalFileName> pending(List<ReadyFile> found) {
        ArchiveJournal known = journal();
        return found.stream()
                .map(ReadyFile::name)
                .filter(name -> !known.contains(name))
                .toList();
    }

    /**
     * What the pipeline is doing. Counts of ready files are those of the last look at the directory. Does not wait for
     * the disk.
     */
    public ArchiveStatus status() {
        scanBell.ring();
        ArchiveJournal known = journal;
        List<ReadyFile> waiting = ready.stream()
                .filter(file -> known == null || !known.contains(file.name()))
                .toList();
        return new ArchiveStatus(
                waiting.size(),
                waiting.stream().mapToLong(ReadyFile::bytes).sum(),
                waiting.stream().map(ReadyFile::readySince).min(Instant::compareTo),
                queue.inWork(),
                pool.inUse(),
                pool.capacity(),
                progress.lastArchived(),
                progress.lastArchivedAt(),
                progress.lastFailure(),
                progress.lastFailureAt(),
                progress.consecutiveFailures());
    }

    /**
     * True unless the journal could not be written the last time; archiving goes on without it. Does not wait for the
     * disk.
     */
    public boolean isJournalWritable() {
        ArchiveJournal open = journal;
        return open == null || open.isWritable();
    }

    /** Frees native state and the journal. The publisher of {@link #run()} is to be cancelled before. */
    @Override
    public void close() {
        uploads.close();
        ArchiveJournal open;
        synchronized (this) {
            open = journal;
            journal = null;
        }
        if (open != null) {
            open.close();
        }
    }
}
