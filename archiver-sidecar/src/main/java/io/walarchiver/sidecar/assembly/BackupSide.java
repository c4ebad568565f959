package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.WalPresence;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.sidecar.maintenance.Maintenance;
import io.walarchiver.sidecar.metrics.Metrics;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.request.BackupRequests;
import io.walarchiver.sidecar.request.BackupTaking;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.VerifySchedule;
import io.walarchiver.store.ObjectStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Base backups and the care of the archive, put together over the store and the memory budget of WAL.
 *
 * @param activity    what runs and what ran last
 * @param work        takes backups
 * @param maintenance cares for the archive
 * @param requests    what others ask for
 */
record BackupSide(BackupActivity activity, BackupWork work, Maintenance maintenance, BackupRequests requests) {

    private static final Logger LOG = LoggerFactory.getLogger(BackupSide.class);

    private static final Duration FIRST_ROUND = Duration.ofSeconds(10);
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(5);
    private static final Duration INVENTORY_EVERY = Duration.ofHours(1);

    /** Nobody waits longer for the news of a backup than for the backup. */
    private static final Duration NEWS_PATIENCE = Duration.ofSeconds(30);

    /**
     * Puts it together; nothing runs yet.
     *
     * @param parts takes charge of what has to be closed
     */
    static BackupSide of(
            ServeSettings settings,
            Surroundings surroundings,
            Archive archive,
            ObjectStore store,
            BufferPool pool,
            Workers workers,
            Metrics metrics,
            Clock clock,
            Parts parts) {
        DataDirectory source = new DataDirectory(settings.pgdata());
        LongWorkers threads = parts.add(LongWorkers.start());
        OpenArchives archives = parts.add(new OpenArchives(
                surroundings.stores(),
                configuration -> Stores.open(configuration, workers, metrics.storeObserver()),
                workers.fileIo()));
        archives.adopt(settings.store(), store);
        BackupActivity activity = new BackupActivity();
        WalPresence presence = WalPresence.in(store, archive.layout());
        BackupWork work = new BackupWork(
                source,
                settings.database(),
                archives,
                pool,
                order -> Mono.just(presence),
                workers,
                threads,
                activity,
                metrics.backupObserver()::backupEnded,
                clock);
        Maintenance maintenance = new Maintenance(
                new ArchiveCare(archive, settings, store, pool, workers, threads, clock),
                surroundings.role(),
                settings.serverName(),
                surroundings.windows(),
                metrics.backupObserver(),
                new Maintenance.Timing(
                        FIRST_ROUND,
                        settings.maintenanceEvery(),
                        AFTER_FAILURE,
                        INVENTORY_EVERY,
                        settings.verify().map(VerifySchedule::every)),
                clock,
                workers.timer());
        ArchiveReference own = new ArchiveReference(settings.store().name(), settings.serverName());
        BackupRequests requests = new BackupRequests(
                settings.pluginName().value(),
                settings.instance(),
                Optional.of(own),
                andLookAfterwards(work, own, maintenance),
                clock);
        metrics.watchBackups(activity, maintenance::status);
        return new BackupSide(activity, work, maintenance, requests);
    }

    /** A backup that has ended shows at once, not only in the next round. What comes of looking never changes its result. */
    private static BackupTaking andLookAfterwards(BackupTaking taking, ArchiveReference own, Maintenance maintenance) {
        return order -> {
            Mono<Void> look = order.archive().equals(own) ? quietly(maintenance.lookAtCatalog()) : Mono.empty();
            return taking.take(order)
                    .flatMap(done -> look.thenReturn(done))
                    .onErrorResume(failure -> look.then(Mono.error(failure)));
        };
    }

    private static Mono<Void> quietly(Mono<Void> look) {
        return look.timeout(NEWS_PATIENCE).onErrorResume(failure -> {
            LOG.warn("the catalog could not be looked at after a backup: {}", failure.getMessage());
            return Mono.empty();
        });
    }
}
