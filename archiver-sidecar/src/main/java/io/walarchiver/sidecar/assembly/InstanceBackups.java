package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.WalPresence;
import io.walarchiver.bridge.kubernetes.BackupObjects;
import io.walarchiver.bridge.kubernetes.CurrentPrimary;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.RecoveryWindowStatus;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.sidecar.maintenance.Maintenance;
import io.walarchiver.sidecar.maintenance.MaintenanceObserver;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.metrics.BackupMetrics;
import io.walarchiver.sidecar.metrics.Metrics;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.request.BackupOrder;
import io.walarchiver.sidecar.request.BackupRequests;
import io.walarchiver.sidecar.request.BackupTaking;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.sidecar.request.Incidents;
import io.walarchiver.sidecar.settings.InstanceSettings;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Base backups and the care of the archive on Kubernetes.
 *
 * @param activity    what runs and what ran last
 * @param work        takes backups
 * @param maintenance cares for the archive, on the primary
 * @param requests    what the operator asks for
 */
record InstanceBackups(BackupActivity activity, BackupWork work, Maintenance maintenance, BackupRequests requests) {

    private static final Logger LOG = LoggerFactory.getLogger(InstanceBackups.class);

    /** Nobody waits longer for the news of a backup than for the backup. */
    private static final Duration NEWS_PATIENCE = Duration.ofSeconds(30);

    /** A catalog that is being read may have missed a backup that has just ended. */
    private static final Duration BACKUP_GRACE = Duration.ofMinutes(5);

    /**
     * Puts it together; nothing runs yet.
     *
     * @param timing of the care of the archive; the store says how long to pause
     * @param parts  takes charge of what has to be closed
     */
    static InstanceBackups of(
            InstanceSettings settings,
            KubernetesApi api,
            OpenArchives archives,
            WatchedStores stores,
            BufferPool pool,
            Workers workers,
            Metrics metrics,
            Incidents incidents,
            Maintenance.Timing timing,
            Clock clock,
            Parts parts) {
        InstanceSettings.Pod pod = settings.pod();
        DataDirectory source = new DataDirectory(settings.pgdata());
        LongWorkers threads = parts.add(LongWorkers.start());
        BackupActivity activity = new BackupActivity();
        BackupWork work = new BackupWork(
                source,
                settings.database(),
                archives,
                pool,
                order -> presence(order, archives),
                workers,
                threads,
                activity,
                metrics.backupObserver()::backupEnded,
                clock);
        InstanceCare care = new InstanceCare(
                pod,
                new CurrentPrimary(api, pod.group(), pod.namespace(), pod.cluster(), pod.name()),
                archives,
                stores,
                new RecoveryWindowStatus(api, pod.namespace(), workers.timer()),
                new BackupObjects(api, pod.group(), BACKUP_GRACE, clock),
                open -> new ArchiveCare(
                        open.archive(),
                        Archive.retention(open.configuration()),
                        open.store(),
                        source,
                        pool,
                        workers,
                        threads,
                        Optional.empty(),
                        new LastVerification(settings.spool()),
                        clock));
        Maintenance maintenance = new Maintenance(
                care,
                care,
                pod.cluster(),
                care,
                telling(metrics.backupObserver(), care, incidents),
                timing,
                clock,
                workers.timer());
        metrics.watchBackups(activity, maintenance::status);
        BackupRequests requests = new BackupRequests(
                pod.pluginName().value(),
                pod.name(),
                Optional.empty(),
                andTell(work, care, archives, maintenance, incidents, clock),
                clock);
        return new InstanceBackups(activity, work, maintenance, requests);
    }

    private static Mono<WalPresence> presence(BackupOrder order, OpenArchives archives) {
        if (order.walArchive().isEmpty()) {
            LOG.warn("the WAL of the backup is archived by somebody else; it is not known whether it arrives");
            return Mono.just(segment -> Mono.just(true));
        }
        return archives.open(order.walArchive().get())
                .map(open -> WalPresence.in(open.store(), open.archive().layout()));
    }

    private static MaintenanceObserver telling(BackupMetrics metrics, InstanceCare care, Incidents incidents) {
        return new MaintenanceObserver() {
            @Override
            public void retained(RetentionSummary summary) {
                metrics.retained(summary);
            }

            @Override
            public void verified(VerifySummary summary) {
                metrics.verified(summary);
            }

            @Override
            public void failed(String step, Throwable failure) {
                metrics.failed(step, failure);
                LOG.atWarn()
                        .addKeyValue("step", step)
                        .log("maintenance: {}", Failure.of(failure).message());
                if (step.equals("retention")) {
                    care.cluster()
                            .ifPresent(cluster -> incidents.happened(
                                    cluster,
                                    "RetentionPolicyFailed",
                                    Failure.of(failure).message()));
                }
            }
        };
    }

    /** A backup that has ended shows at once. What comes of telling never changes its result. */
    private static BackupTaking andTell(
            BackupTaking taking,
            InstanceCare care,
            OpenArchives archives,
            Maintenance maintenance,
            Incidents incidents,
            Clock clock) {
        return order -> {
            Mono<Void> look = archives.open(order.archive()).flatMap(open -> {
                Optional<Mono<Void>> own = order.cluster()
                        .filter(cluster -> care.own(cluster).equals(Optional.of(order.archive())))
                        .map(cluster -> {
                            care.turnTo(cluster, open);
                            return maintenance.lookAtCatalog();
                        });
                return own.orElseGet(() -> care.publishOf(open));
            });
            return taking.take(order)
                    .flatMap(done -> quietly(look).thenReturn(done))
                    .onErrorResume(failure -> {
                        order.cluster()
                                .ifPresent(cluster -> incidents.happened(
                                        cluster,
                                        "BackupFailed",
                                        order.name() + ": "
                                                + Failure.of(failure).message()));
                        return quietly(care.publishFailure(order.archive(), clock.instant()))
                                .then(quietly(look))
                                .then(Mono.error(failure));
                    });
        };
    }

    private static Mono<Void> quietly(Mono<Void> look) {
        return look.timeout(NEWS_PATIENCE).onErrorResume(failure -> {
            LOG.warn("the status could not be brought up to date after a backup: {}", failure.getMessage());
            return Mono.empty();
        });
    }
}
