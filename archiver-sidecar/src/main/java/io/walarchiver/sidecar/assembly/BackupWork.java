package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.BackupServer;
import io.walarchiver.backup.base.BaseBackup;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.base.WalPresence;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.BlockingWork;
import io.walarchiver.sidecar.assembly.OpenArchives.OpenArchive;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.request.BackupOrder;
import io.walarchiver.sidecar.request.BackupTaking;
import io.walarchiver.sidecar.request.RefusedException;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Takes base backups for whoever asks, into whatever archive is named. */
final class BackupWork implements BackupTaking, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BackupWork.class);

    /** A backup that is broken off ends its session, its uploads, and writes its record; then the process may end. */
    private static final Duration CLEAN_UP = Duration.ofSeconds(30);

    private final DataDirectory source;
    private final DatabaseAddress database;
    private final OpenArchives archives;
    private final BufferPool pool;
    private final Function<BackupOrder, Mono<WalPresence>> presence;
    private final Workers workers;
    private final LongWorkers threads;
    private final BackupActivity activity;
    private final BiConsumer<BackupActivity.Last, String> ended;
    private final Clock clock;
    private final Sinks.Empty<Void> stopping = Sinks.empty();
    private final AtomicReference<@Nullable BaseBackup> latest = new AtomicReference<>();

    /**
     * @param presence where the WAL of the server is looked for, which need not be where the backup goes
     * @param ended    is told of each backup that ended, with the kind of failure or {@code done}
     */
    BackupWork(
            DataDirectory source,
            DatabaseAddress database,
            OpenArchives archives,
            BufferPool pool,
            Function<BackupOrder, Mono<WalPresence>> presence,
            Workers workers,
            LongWorkers threads,
            BackupActivity activity,
            BiConsumer<BackupActivity.Last, String> ended,
            Clock clock) {
        this.source = source;
        this.database = database;
        this.archives = archives;
        this.pool = pool;
        this.presence = presence;
        this.workers = workers;
        this.threads = threads;
        this.activity = activity;
        this.ended = ended;
        this.clock = clock;
    }

    @Override
    public Mono<CompletedBackup> take(BackupOrder order) {
        return archives.open(order.archive())
                .flatMap(open -> BlockingWork.on(
                                threads.fileIo(), () -> RunningServer.of(source.path(), database, threads.database()))
                        .zipWith(presence.apply(order))
                        .flatMap(found -> take(order, open, found.getT1(), found.getT2())))
                .takeUntilOther(stopping.asMono())
                .switchIfEmpty(Mono.error(
                        () -> new RefusedException("the archiver is shutting down; the backup was broken off")));
    }

    private Mono<CompletedBackup> take(BackupOrder order, OpenArchive open, BackupServer server, WalPresence wal) {
        BaseBackup backup = new BaseBackup(
                DataArchives.settings(open.configuration(), open.archive()),
                source,
                server,
                open.archive().catalog(open.store()),
                open.store(),
                DataArchives.codec(open.configuration()),
                pool,
                wal,
                new BackupReporter(order.archive().serverName(), activity, ended, clock),
                threads.fileIo(),
                threads.compute(),
                workers.timer());
        latest.set(backup);
        return backup.take(Optional.of(order.name()));
    }

    /** Breaks off the backup that is being taken, and waits until nothing of it is left to be cleaned up. Blocks. */
    void stop() {
        stopping.tryEmitEmpty();
        BaseBackup backup = latest.get();
        if (backup != null) {
            Boolean settled = backup.idle()
                    .thenReturn(true)
                    .timeout(CLEAN_UP, Mono.just(false))
                    .block(CLEAN_UP.plusSeconds(5));
            if (!Boolean.TRUE.equals(settled)) {
                LOG.warn("a backup could not be cleaned up after in {} s", CLEAN_UP.toSeconds());
            }
        }
    }

    @Override
    public void close() {
        stop();
    }
}
