package io.walarchiver.backup.base;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupInfoFormat;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Takes base backups of a running server (PostgreSQL manual, "Making a Base Backup Using the Low Level API") into
 * barman-cloud's layout: a tar of the data directory and one of each tablespace, each in as many volumes as needed, and
 * last the record that makes them a backup.
 *
 * <p>Everything is streamed: files are read once, compressed and sent as parts of multipart uploads, nothing is written to
 * the local disk. Memory for parts comes from the pool that WAL archiving uses; a backup never holds so much of it that a
 * segment could not be archived, and nothing while the server waits for its WAL to be archived. Besides it uses a few MiB
 * of heap for each archive in work.
 *
 * <p>A backup that fails or is cancelled, at whatever point, leaves this behind: the session ended, no open upload, no
 * buffer, and a record that says {@code FAILED}. Only then is the failure signalled; after a cancellation {@link #idle}
 * tells when it is done. Earlier backups are never touched. A process that is killed leaves archives without record, which
 * are no backup, and perhaps an open upload.
 *
 * <p>One backup at a time. Safe for many threads; signals arrive on threads of the store or the schedulers, where
 * subscribers must not block.
 */
public final class BaseBackup {

    /** How long each step of cleaning up may take. */
    static final Duration CLEAN_UP_PATIENCE = Duration.ofMinutes(2);

    private final BackupServer server;
    private final BackupRun.Tools tools;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile @Nullable BackupRun latest;

    /**
     * @param settings where to and how
     * @param source   the server's data directory
     * @param server   the server
     * @param catalog  of the same destination as {@code settings}
     * @param store    closed by the caller, after this
     * @param codec    how archives are compressed; any but xz, which no tool reads here
     * @param pool     the memory budget; its buffers have at least {@link MultipartUpload#MIN_PART_BYTES}
     * @param presence where WAL is looked for when the server itself does not wait for it
     * @param observer is told what happens
     * @param fileIo   for reading files; bounded
     * @param compute  for compression; bounded by the CPUs there are
     * @param timer    for delays
     * @throws IllegalArgumentException when codec or pool cannot be used
     */
    public BaseBackup(
            BackupSettings settings,
            DataDirectory source,
            BackupServer server,
            BackupCatalog catalog,
            ObjectStore store,
            Codec codec,
            BufferPool pool,
            WalPresence presence,
            BackupObserver observer,
            Scheduler fileIo,
            Scheduler compute,
            Scheduler timer) {
        this(
                server,
                new BackupRun.Tools(
                        settings,
                        source,
                        catalog,
                        store,
                        codec,
                        pool,
                        presence,
                        observer,
                        fileIo,
                        compute,
                        timer,
                        CLEAN_UP_PATIENCE));
    }

    BaseBackup(BackupServer server, BackupRun.Tools tools) {
        if (tools.codec().compression() == Compression.XZ) {
            throw new IllegalArgumentException("base backups cannot be compressed with xz: barman cannot read them");
        }
        if (tools.pool().bufferBytes() < MultipartUpload.MIN_PART_BYTES) {
            throw new IllegalArgumentException("a part needs a buffer of at least " + MultipartUpload.MIN_PART_BYTES
                    + " bytes, the pool's have " + tools.pool().bufferBytes());
        }
        this.server = server;
        this.tools = tools;
    }

    /**
     * Takes a backup. Fails with {@link BackupException}, {@link BackupException.AlreadyRunning} when there is one being
     * taken, or with {@link IllegalArgumentException} when the name cannot be one.
     *
     * @param name for people; need not be unique, but must not look like an id or be a word commands use
     */
    public Mono<CompletedBackup> take(Optional<String> name) {
        return Mono.usingWhen(
                Mono.fromCallable(() -> begin(name)),
                BackupRun::take,
                run -> run.settle().then(Mono.fromRunnable(() -> end(run))),
                (run, failure) -> run.giveUp(failure).then(Mono.fromRunnable(() -> end(run))),
                run -> run.giveUp(new CancellationException("cancelled")).then(Mono.fromRunnable(() -> end(run))));
    }

    private BackupRun begin(Optional<String> name) {
        name.flatMap(BackupInfoFormat::problemWithName).ifPresent(problem -> {
            throw new IllegalArgumentException("not a name for a backup: " + problem);
        });
        if (!busy.compareAndSet(false, true)) {
            throw new BackupException.AlreadyRunning("a backup of " + server.location()
                    + " is being taken already; wait until it is done, or cancel it");
        }
        BackupRun run = new BackupRun(tools, name, server.newSession());
        latest = run;
        return run;
    }

    private void end(BackupRun run) {
        busy.set(false);
        run.end();
    }

    /** How far the backup is that is being taken, or how the last one ended; empty before the first. */
    public Optional<BackupProgress> progress() {
        return Optional.ofNullable(latest).map(BackupRun::progress);
    }

    /** Completes when no backup is being taken and none cleaned up after: at once, or when the present one is over. */
    public Mono<Void> idle() {
        return Mono.defer(() -> {
            BackupRun run = latest;
            return run == null ? Mono.empty() : run.over();
        });
    }
}
