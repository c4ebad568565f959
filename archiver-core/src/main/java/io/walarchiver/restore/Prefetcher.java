package io.walarchiver.restore;

import io.walarchiver.restore.PrefetchWindow.Spooled;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * Restores files on request and fetches the following segments while PostgreSQL replays.
 *
 * <p><b>What it promises.</b> An asked file is answered as by {@link RestorePipeline}, only sooner. It takes memory before
 * any prefetch does, and one that holds memory gives it up when the asked file finds too little; no new prefetch begins
 * while an asked segment is fetched. A prefetch that failed or found nothing is forgotten: the asked file is fetched afresh and
 * its absence proven then.
 *
 * <p><b>What is prefetched.</b> Complete segments behind the one restored last, on its timeline, as many as
 * {@link ReplayPace} asks for within the configured bytes. Never history or partial files, and nothing in
 * {@link RestoreMode#REWIND}, which does not use the spool either. Behind a segment that is absent nothing is tried for a
 * while.
 *
 * <p><b>The spool</b> is the subdirectory {@code prefetch} of the configured directory. Nothing else may live there: it is
 * emptied when {@link #run} starts and when it ends. Files in it are complete and verified; they are delivered by rename,
 * or copied when the destination is on another file system. They are dropped when replay changes the timeline, goes back,
 * or rests.
 */
public final class Prefetcher {

    private final RestorePipeline pipeline;
    private final Path directory;
    private final Scheduler fileIo;
    private final Scheduler timer;
    private final LongSupplier nanoTime;
    private final RestoreObserver observer;
    private final PrefetchWindow window;
    private final int lanes;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicReference<PrefetchWindow.@Nullable Last> last = new AtomicReference<>();
    private final List<MonoSink<Boolean>> waiting = new ArrayList<>();

    /** Works ahead of {@code pipeline}, by its settings, on its schedulers and with its memory. */
    public Prefetcher(RestorePipeline pipeline) {
        RestoreSettings.Prefetch settings = pipeline.settings().prefetch();
        this.pipeline = pipeline;
        this.directory = settings.spoolDirectory().resolve("prefetch");
        this.fileIo = pipeline.fileIo();
        this.timer = pipeline.timer();
        this.nanoTime = pipeline.nanoTime();
        this.observer = pipeline.observer();
        this.lanes =
                Math.min(settings.parallelism(), Math.max(1, pipeline.pool().capacity() / 2));
        this.window = new PrefetchWindow(settings, pipeline.cluster(), observer, lanes);
    }

    /**
     * Restores one file; see {@link RestorePipeline#restore(WalFileName, Path, RestoreMode)} for the answer, the errors
     * and cancellation.
     */
    public Mono<RestoredFile> restore(WalFileName name, Path destination, RestoreMode mode) {
        Mono<RestoredFile> answer = mode == RestoreMode.RECOVERY && name instanceof WalFileName.Segment s
                ? restoreSegment(s, destination)
                : pipeline.restore(name, destination, mode);
        return answer.doOnNext(file ->
                last.set(new PrefetchWindow.Last(name, Instant.ofEpochMilli(timer.now(TimeUnit.MILLISECONDS)))));
    }

    private Mono<RestoredFile> restoreSegment(WalFileName.Segment name, Path destination) {
        return Mono.defer(() -> {
            long asked = nanoTime.getAsLong();
            return Mono.usingWhen(
                    Mono.fromSupplier(() -> window.asked(name.segment(), asked)),
                    segment -> fromSpool(name, destination, asked)
                            .switchIfEmpty(fromStore(name, destination))
                            .map(file -> {
                                window.restored(segment, file, nanoTime.getAsLong());
                                wake();
                                return file;
                            }),
                    segment -> Mono.fromRunnable(() -> window.answered(segment)));
        });
    }

    /** Empty when the spool does not help. */
    private Mono<RestoredFile> fromSpool(WalFileName.Segment name, Path destination, long asked) {
        WalSegmentName segment = name.segment();
        return Mono.defer(() -> {
                    Optional<Spooled> ready = window.claim(segment);
                    if (ready.isPresent()) {
                        return deliver(ready.get(), destination);
                    }
                    return Mono.justOrEmpty(window.join(segment))
                            .flatMap(ahead ->
                                    ahead.whenOver().then(Mono.defer(() -> Mono.justOrEmpty(window.claim(segment)))))
                            .flatMap(spooled -> deliver(spooled, destination));
                })
                .map(file -> file.withTotal(Duration.ofNanos(nanoTime.getAsLong() - asked)))
                .doOnNext(pipeline::noteRestored);
    }

    /** Empty when the file cannot be moved: whatever the reason, fetching it afresh either works or names it. */
    private Mono<RestoredFile> deliver(Spooled spooled, Path destination) {
        WalFileName name = spooled.file().name();
        Mono<RestoredFile> delivered = pipeline.destination(name, destination, RestoreMode.RECOVERY)
                .flatMap(target -> BlockingWork.on(fileIo, () -> {
                    long begun = nanoTime.getAsLong();
                    if (Files.size(spooled.path()) != spooled.file().originalBytes()) {
                        throw new IOException(spooled.path() + " is not what it was");
                    }
                    target.moveHere(spooled.path(), name);
                    return spooled.file().asPrefetched(Duration.ofNanos(nanoTime.getAsLong() - begun));
                }))
                .onErrorResume(IOException.class, unusable -> Mono.empty());
        return Mono.usingWhen(
                Mono.fromSupplier(() -> spooled),
                unused -> delivered,
                // Deletes what an answer given up, or one that failed, has left in the spool.
                left -> Mono.fromRunnable(() -> window.discard(left.path())));
    }

    private Mono<RestoredFile> fromStore(WalFileName.Segment name, Path destination) {
        return Mono.usingWhen(
                Mono.fromSupplier(() -> {
                    window.enterAsked();
                    return window;
                }),
                unused -> pipeline.restore(name, destination, RestoreMode.RECOVERY)
                        .onErrorResume(RestoreException.NotArchived.class, absence -> {
                            window.absent(name.segment(), nanoTime.getAsLong());
                            return Mono.error(absence);
                        }),
                left -> Mono.fromRunnable(() -> {
                    left.leaveAsked();
                    wake();
                }));
    }

    /**
     * Prefetches until cancelled; never completes. To be subscribed to once at a time. Without it every file is fetched
     * when asked for. Fails only when it is subscribed to twice; when the spool cannot be used the observer is told and
     * nothing is prefetched.
     */
    public Mono<Void> run() {
        return Mono.defer(() -> {
            if (!running.compareAndSet(false, true)) {
                return Mono.error(new IllegalStateException("prefetch into " + directory + " is running already"));
            }
            return Mono.usingWhen(Mono.fromSupplier(() -> directory), this::prefetch, this::stop);
        });
    }

    private Mono<Void> prefetch(Path spool) {
        return BlockingWork.run(fileIo, () -> prepare(spool))
                .doOnError(
                        IOException.class,
                        failure -> observer.spoolUnusable(new RestoreException.DestinationUnusable(
                                "cannot use the spool " + spool + ", nothing is prefetched: " + failure
                                        + "; make it a directory that is writable for the user "
                                        + System.getProperty("user.name"),
                                failure)))
                .onErrorResume(IOException.class, failure -> Mono.never())
                .then(Mono.defer(() -> {
                    window.open(nanoTime.getAsLong());
                    pipeline.pool().onShortage(window::yieldMemory);
                    Mono<Void> everyLane = Flux.range(0, lanes)
                            .flatMap(lane -> awaitWork().then(workOnce()).repeat(), lanes)
                            .then();
                    Mono<Void> idle = Mono.delay(window.idleCheck(), timer)
                            .then(Mono.defer(this::dropWhenIdle))
                            .repeat()
                            .then();
                    return Mono.when(everyLane, idle);
                }));
    }

    private Mono<Void> stop(Path spool) {
        return Mono.defer(() -> {
            window.close();
            return BlockingWork.run(fileIo, () -> sweep(spool))
                    .onErrorResume(IOException.class, failure -> Mono.empty())
                    .doFinally(signal -> running.set(false));
        });
    }

    /** Completes when there may be something to do. */
    private Mono<Boolean> awaitWork() {
        return Mono.create(sink -> {
            sink.onCancel(() -> {
                synchronized (waiting) {
                    waiting.remove(sink);
                }
            });
            synchronized (waiting) {
                if (!window.hasWork(nanoTime.getAsLong())) {
                    waiting.add(sink);
                    return;
                }
            }
            sink.success(true);
        });
    }

    /** To be called after every change that may give the lanes something to do. */
    private void wake() {
        List<MonoSink<Boolean>> woken;
        synchronized (waiting) {
            woken = List.copyOf(waiting);
            waiting.clear();
        }
        woken.forEach(sink -> sink.success(true));
    }

    private Mono<Void> workOnce() {
        return Mono.defer(() -> {
                    List<Path> unwanted = window.takeUnwanted();
                    return unwanted.isEmpty() ? Mono.empty() : BlockingWork.run(fileIo, () -> delete(unwanted));
                })
                .onErrorResume(IOException.class, failure -> Mono.empty())
                .then(Mono.usingWhen(
                        Mono.fromSupplier(() -> window.begin(nanoTime.getAsLong(), directory)),
                        this::fetch,
                        ahead -> Mono.fromRunnable(() -> {
                            window.end(ahead);
                            wake();
                        })));
    }

    private Mono<Void> fetch(Ahead ahead) {
        WalFileName name = new WalFileName.Segment(ahead.name());
        return pipeline.fetchAhead(name, ahead.path(), ahead::begin)
                .takeUntilOther(ahead.whenWithdrawn())
                .map(ahead::complete)
                .doOnNext(file -> observer.prefetched(name, file.originalBytes()))
                .then()
                .onErrorResume(RestoreException.class, failure -> {
                    if (failure instanceof RestoreException.NotArchived) {
                        window.absent(ahead.name(), nanoTime.getAsLong());
                    } else {
                        window.pause(nanoTime.getAsLong());
                        observer.prefetchFailed(name, failure);
                    }
                    return Mono.empty();
                });
    }

    private Mono<Void> dropWhenIdle() {
        return window.expire(nanoTime.getAsLong()) ? Mono.fromRunnable(this::wake) : Mono.empty();
    }

    private static void prepare(Path spool) throws IOException {
        Files.createDirectories(spool);
        sweep(spool);
    }

    /** Deletes the files in the spool; what is no file is not ours. */
    private static void sweep(Path spool) throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(spool)) {
            files = entries.filter(Files::isRegularFile).toList();
        }
        delete(files);
    }

    private static void delete(List<Path> files) throws IOException {
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }

    /** A snapshot for metrics. */
    public RestoreStatus status() {
        return window.status(pipeline.consecutiveMisses(), Optional.ofNullable(last.get()));
    }
}
