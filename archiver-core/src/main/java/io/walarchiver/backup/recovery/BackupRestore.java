package io.walarchiver.backup.recovery;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.recovery.RecoveryException.NoSuitableBackup;
import io.walarchiver.backup.recovery.RecoveryException.WrongServer;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Brings a base backup back as a data directory that a server can be started on.
 *
 * <p><b>Before anything is downloaded</b> the destination, the objects, the free space and the version are checked, and the
 * first log that recovery needs is fetched once. <b>Afterwards</b> the files are checked against the record and flushed,
 * and only then the control file appears, without which no server starts.
 *
 * <p><b>Side by side.</b> Up to {@code jobs} objects are extracted at a time: the data directory, tablespaces, and volumes
 * of one archive, see {@link ArchiveTree} for why that is safe. Each has two threads of its own, one that decompresses and
 * one that writes, which exist as long as the restore, and is fed by ranged downloads through the buffers of the pool.
 *
 * <p><b>Failure.</b> Every failure is a {@link RecoveryException}. What the destination held before is untouched. What was
 * restored stays, marked as unfinished, and the same restore goes on from there: objects that were extracted to their end
 * are not downloaded again, and files that are right are not written again. A failure before the first file leaves nothing.
 *
 * <p>Cold and safe for many threads; one restore at a time can work on a destination. Cancelling gives back all memory at
 * once and ends the threads as soon as the write at hand returns. Signals arrive on threads of the restore.
 */
public final class BackupRestore {

    private final BackupRestoreSettings settings;
    private final ObjectStore store;
    private final ArchiveLayout layout;
    private final BufferPool pool;
    private final RestorePipeline wals;
    private final Scheduler timer;
    private final BackupRestoreObserver observer;
    private final LongSupplier nanoTime;

    /**
     * @param pool  memory to work in, shared with whoever else needs memory; two buffers at least
     * @param wals  fetches the first log, from the same archive
     * @param timer for delays between attempts
     */
    public BackupRestore(
            BackupRestoreSettings settings,
            ObjectStore store,
            ArchiveLayout layout,
            BufferPool pool,
            RestorePipeline wals,
            Scheduler timer,
            BackupRestoreObserver observer) {
        this(settings, store, layout, pool, wals, timer, observer, System::nanoTime);
    }

    /** As the public one, with a clock of its own: nanoseconds since an arbitrary moment. */
    BackupRestore(
            BackupRestoreSettings settings,
            ObjectStore store,
            ArchiveLayout layout,
            BufferPool pool,
            RestorePipeline wals,
            Scheduler timer,
            BackupRestoreObserver observer,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.store = store;
        this.layout = layout;
        this.pool = pool;
        this.wals = wals;
        this.timer = timer;
        this.observer = observer;
        this.nanoTime = nanoTime;
    }

    /**
     * The backup that an earlier run has begun to bring back into a data directory and not finished; empty when there is
     * none. Blocks.
     */
    public static Optional<BackupId> unfinishedIn(Path dataDirectory) throws IOException {
        return UnfinishedMark.read(dataDirectory)
                .flatMap(earlier -> earlier.identity().stream()
                        .filter(line -> line.startsWith(RestorePlan.BACKUP))
                        .map(line -> new BackupId(line.substring(RestorePlan.BACKUP.length())))
                        .findFirst());
    }

    /** Restores. Emits when the destination is complete, verified and, if asked for, flushed. */
    public Mono<RestoredBackup> restore(RestoreOrder order) {
        return Mono.defer(() -> {
                    RestorePlan plan = plan(order);
                    return Mono.usingWhen(
                            Mono.fromSupplier(() -> new RestoreRun(
                                    new OpenDestination(
                                            plan, settings, layout.serverPrefix() + " at " + store.location()),
                                    settings.jobs())),
                            run -> restore(run, order),
                            RestoreRun::close);
                })
                .checkpoint("restore of backup " + order.backup().id());
    }

    private RestorePlan plan(RestoreOrder order) {
        BackupInfo info = order.backup().info();
        BackupChoice.unusable(info).ifPresent(reason -> {
            throw new NoSuitableBackup("backup " + order.backup().id() + " cannot be restored: " + reason);
        });
        if (settings.majorVersion().isPresent() && info.serverVersion().isPresent()) {
            String wanted = Integer.toString(settings.majorVersion().getAsInt());
            String there = FinishedCluster.majorVersion(info.serverVersion().getAsInt());
            if (!there.equals(wanted)) {
                throw new WrongServer(
                        "wrong server version: backup " + order.backup().id() + " is of PostgreSQL " + there
                                + ", which PostgreSQL " + wanted + " cannot run; nothing was touched");
            }
        }
        return RestorePlan.of(order);
    }

    private Mono<RestoredBackup> restore(RestoreRun run, RestoreOrder order) {
        OpenDestination destination = run.destination();
        return BlockingWork.run(run.blocking(), destination::open)
                .then(Mono.defer(() -> destination.mark().isComplete()
                        ? complete(run, meter(destination))
                        : new FirstWal(wals, store, layout, observer)
                                .prove(order, destination.mark().scratch("first-wal"), run.blocking())
                                .then(Mono.defer(() -> extractAndComplete(run)))));
    }

    private Mono<RestoredBackup> extractAndComplete(RestoreRun run) {
        OpenDestination destination = run.destination();
        ProgressMeter progress = meter(destination);
        destination.touch();
        destination.plan().remarks().forEach(observer::warning);
        observer.started(destination.plan().order().backup().id(), destination.isResumed(), progress.now());
        return extract(run, progress).then(Mono.defer(() -> complete(run, progress)));
    }

    private Mono<RestoredBackup> complete(RestoreRun run, ProgressMeter progress) {
        OpenDestination destination = run.destination();
        return BlockingWork.on(run.blocking(), () -> {
            new Completion(destination, settings, run.owners(settings)).run(observer);
            return new RestoredBackup(
                    destination.plan().order().backup().id(),
                    destination.dataDirectory(),
                    destination.isResumed(),
                    progress.now());
        });
    }

    private ProgressMeter meter(OpenDestination destination) {
        long total = destination.plan().totalBytes();
        long left = destination.remaining().stream()
                .mapToLong(RestorePlan.Part::bytes)
                .sum();
        return new ProgressMeter(observer, nanoTime, total, total - left);
    }

    private Mono<Void> extract(RestoreRun run, ProgressMeter progress) {
        OpenDestination destination = run.destination();
        Map<Archive, ArchiveTree> trees = trees(destination);
        List<RestorePlan.Part> parts = destination.remaining();
        boolean inOrder = destination.isResumed() || destination.plan().nested();
        if (inOrder) {
            return Flux.fromIterable(parts)
                    .concatMapIterable(RestorePlan.Part::volumes)
                    .concatMap(file -> extract(run, progress, file, tree(trees, file), false))
                    .then();
        }
        Set<Archive> divided = parts.stream()
                .filter(part -> part.volumes().size() > 1)
                .map(RestorePlan.Part::archive)
                .collect(Collectors.toSet());
        FirstFailure ofAll = new FirstFailure();
        return Flux.fromIterable(parts)
                .concatMapIterable(RestorePlan.Part::volumes)
                .flatMap(
                        file -> {
                            ArchiveTree tree = tree(trees, file);
                            return ofAll.of(extract(run, progress, file, tree, divided.contains(file.archive()))
                                    .onErrorResume(ArchiveTree.Overlap.class, overlap -> {
                                        tree.overlap();
                                        return Mono.empty();
                                    }));
                        },
                        settings.jobs())
                .thenMany(Flux.fromIterable(parts))
                .filter(part -> tree(trees, part.volumes().get(0)).isOverlapping())
                .concatMapIterable(RestorePlan.Part::volumes)
                .concatMap(file -> extract(run, progress, file, tree(trees, file), false))
                .then();
    }

    private static ArchiveTree tree(Map<Archive, ArchiveTree> trees, BackupFile file) {
        return Objects.requireNonNull(trees.get(file.archive()));
    }

    private static Map<Archive, ArchiveTree> trees(OpenDestination destination) {
        Set<String> tablespaces = destination.plan().archives().stream()
                .filter(part -> part.archive() instanceof Archive.Tablespace)
                .map(part -> part.archive().stem())
                .collect(Collectors.toSet());
        Map<Archive, ArchiveTree> trees = new ConcurrentHashMap<>();
        for (RestorePlan.Part part : destination.plan().archives()) {
            trees.put(
                    part.archive(),
                    new ArchiveTree(
                            new ArchiveRoot(part.target()),
                            new MemberRules(part.archive(), tablespaces),
                            destination.mark()));
        }
        return trees;
    }

    /** Downloads and extracts one object. The download begins when the extracting thread is there to take it. */
    private Mono<Void> extract(
            RestoreRun run, ProgressMeter progress, BackupFile file, ArchiveTree tree, boolean sideBySide) {
        OpenDestination destination = run.destination();
        FirstFailure ofBoth = new FirstFailure();
        return Mono.usingWhen(
                        Mono.fromSupplier(run::passage),
                        passage -> {
                            VolumeExtraction extraction = new VolumeExtraction(
                                    file,
                                    tree,
                                    sideBySide,
                                    destination.plan(),
                                    passage,
                                    run.decoders(),
                                    run.owners(settings),
                                    progress);
                            VolumeDownload download =
                                    new VolumeDownload(file, store, pool, settings, timer, nanoTime, progress);
                            return Mono.when(
                                    ofBoth.of(BlockingWork.run(run.blocking(), extraction::run)),
                                    ofBoth.of(passage.entered().then(Mono.defer(() -> download.into(passage)))));
                        },
                        run::over)
                .then(BlockingWork.run(run.blocking(), () -> destination.extracted(file)))
                .then(Mono.fromRunnable(() -> observer.extracted(file)));
    }
}
