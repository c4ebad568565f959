package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveException;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.backup.recovery.BackupRestoreSettings;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RecoveryTargetText;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.RestoredBackup;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.RecoveryTargetFields;
import io.walarchiver.bridge.cluster.RestoreJobView;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.restore.Prefetcher;
import io.walarchiver.restore.RestoreMode;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.sidecar.assembly.OpenArchives.OpenArchive;
import io.walarchiver.sidecar.assembly.OpenArchives.WalKind;
import io.walarchiver.sidecar.request.InvalidRequestException;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.request.Recovering;
import io.walarchiver.sidecar.request.Restoring;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import reactor.core.publisher.Mono;

/** What a recovery job does, from whatever archives its requests name. */
final class JobRecovery implements Recovering, AutoCloseable {

    private final Places places;
    private final OpenArchives archives;
    private final boolean passing;
    private final BufferPool pool;
    private final Workers workers;
    private final RestoreLog backupLog;
    private final RestoreObserver walObserver;
    private final Map<WalKind, Wal> wals = new HashMap<>();

    /**
     * Where things go.
     *
     * @param pgdata      the data directory that is made
     * @param spool       our own directory
     * @param tablespaces where each tablespace has a directory of its name, in it one called {@code data}
     * @param walVolume   the volume of {@code pg_wal}, used when the Cluster has one
     */
    record Places(Path pgdata, Path spool, Path tablespaces, Path walVolume) {}

    /** @param passing whether a store that cannot be found may be found later */
    JobRecovery(
            Places places,
            OpenArchives archives,
            boolean passing,
            BufferPool pool,
            Workers workers,
            RestoreLog backupLog,
            RestoreObserver walObserver) {
        this.places = places;
        this.archives = archives;
        this.passing = passing;
        this.pool = pool;
        this.workers = workers;
        this.backupLog = backupLog;
        this.walObserver = walObserver;
    }

    /** Two ways of WAL from one archive: file by file, and ahead of replay. */
    private record Wal(RestorePipeline pipeline, Prefetcher prefetcher, Background prefetching) {}

    @Override
    public Mono<BackupId> recover(RestoreJobView job) {
        return Mono.defer(() -> {
            RecoveryTarget target = target(job.target());
            return requireEmpty(job).then(archives.open(job.archive())).flatMap(open -> recover(job, target, open));
        });
    }

    private static RecoveryTarget target(RecoveryTargetFields fields) {
        try {
            return new RecoveryTargetText(
                            fields.backupId(),
                            fields.timeline(),
                            fields.time(),
                            fields.lsn(),
                            fields.name(),
                            fields.xid(),
                            fields.immediate(),
                            fields.exclusive())
                    .toTarget();
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("spec.bootstrap.recovery.recoveryTarget: " + e.getMessage());
        }
    }

    /** The new server must not mix its WAL with that of another one. */
    private Mono<Void> requireEmpty(RestoreJobView job) {
        if (!job.checkEmptyArchive() || job.ownArchive().isEmpty()) {
            return Mono.empty();
        }
        ArchiveReference own = job.ownArchive().get();
        return archives.open(own)
                .flatMap(
                        open -> open.store()
                                .list(open.archive().layout().walPrefix())
                                .filter(object -> open.archive()
                                        .layout()
                                        .walFileOf(object.key())
                                        .isPresent())
                                .next()
                                .flatMap(
                                        found -> Mono.error(
                                                new ArchiveException.ForeignArchive(
                                                        "Expected empty archive: "
                                                                + open.store().location() + " already holds "
                                                                + found.key() + ", and " + job.cluster()
                                                                + " will archive there. Choose another serverName or ObjectStore for it in spec.plugins"))));
    }

    private Mono<BackupId> recover(RestoreJobView job, RecoveryTarget target, OpenArchive open) {
        BackupRecovery recovery = new BackupRecovery(open.archive(), open.store());
        return recovery.choose(target)
                .doOnNext(chosen -> requireVolumes(job, chosen.backup().info().tablespaces()))
                .flatMap(chosen -> recovery.restore(
                                chosen,
                                destination(job),
                                settings(job, open),
                                pool,
                                wal(open).pipeline,
                                workers,
                                backupLog)
                        .map(RestoredBackup::backup));
    }

    private static BackupRestoreSettings settings(RestoreJobView job, OpenArchive open) {
        BackupRestoreSettings settings = BackupRestoreSettings.DEFAULT.withJobs(
                open.configuration().data().jobs());
        OptionalInt server = job.cluster().serverMajorVersion();
        return server.isPresent() ? settings.withMajorVersion(server.getAsInt()) : settings;
    }

    private RestoreDestination destination(RestoreJobView job) {
        RestoreDestination plain = RestoreDestination.of(places.pgdata)
                .withTablespaces(tablespace -> places.tablespaces
                        .resolve(tablespace.name())
                        .resolve("data")
                        .toAbsolutePath()
                        .normalize());
        return job.walStorage() ? plain.withWalVolume(places.walVolume) : plain;
    }

    private static void requireVolumes(RestoreJobView job, List<TablespaceLocation> tablespaces) {
        TreeSet<String> missing = new TreeSet<>();
        tablespaces.forEach(tablespace -> missing.add(tablespace.name()));
        job.tablespaces().forEach(missing::remove);
        if (!missing.isEmpty()) {
            throw new PreconditionException("the backup has tablespaces without a volume here: "
                    + String.join(", ", missing) + "; add them to spec.tablespaces of " + job.cluster());
        }
    }

    @Override
    public Restoring walOf(ArchiveReference archive) {
        Mono<OpenArchive> found = archives.open(archive);
        // An error would end recovery where it is.
        Mono<OpenArchive> waited = passing ? found.retryWhen(WalArchives.untilItPasses(workers)) : found;
        return (name, destination, rewind) -> waited.flatMap(open -> wal(open)
                        .prefetcher
                        .restore(name, destination, rewind ? RestoreMode.REWIND : RestoreMode.RECOVERY))
                .then();
    }

    private synchronized Wal wal(OpenArchive open) {
        return wals.computeIfAbsent(open.walKind(), kind -> start(open));
    }

    private Wal start(OpenArchive open) {
        // Each archive has a spool of its own: the same name means another file in another archive.
        Path spool = places.spool.resolve(Integer.toString(wals.size()));
        RestorePipeline pipeline = new RestorePipeline(
                RestoreSettings.of(open.archive().layout(), spool)
                        .withDataDirectory(places.pgdata)
                        .withFirstGuess(open.archive().codec().compression()),
                open.store(),
                pool,
                workers.compute(),
                workers.fileIo(),
                workers.timer(),
                walObserver);
        Prefetcher prefetcher = new Prefetcher(pipeline);
        return new Wal(pipeline, prefetcher, new Background("prefetch", prefetcher.run()));
    }

    @Override
    public synchronized void close() {
        wals.values().forEach(wal -> wal.prefetching.close());
        wals.clear();
    }
}
