package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.catalog.RecoveryWindow;
import io.walarchiver.bridge.cluster.ArchivePlan;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.kubernetes.BackupObjects;
import io.walarchiver.bridge.kubernetes.CurrentPrimary;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.kubernetes.RecoveryWindowStatus;
import io.walarchiver.bridge.kubernetes.ServerRecoveryWindow;
import io.walarchiver.bridge.kubernetes.StoreState;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.InstanceSidecar;
import io.walarchiver.sidecar.assembly.OpenArchives.OpenArchive;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceWork;
import io.walarchiver.sidecar.maintenance.PrimaryRole;
import io.walarchiver.sidecar.maintenance.RecoveryWindowPublisher;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.settings.InstanceSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The care of the archive that a Cluster names as its own at the moment, on its primary. A Cluster that archives nothing
 * with us is left alone.
 */
final class InstanceCare implements MaintenanceWork, PrimaryRole, RecoveryWindowPublisher {

    private static final Logger LOG = LoggerFactory.getLogger("io.walarchiver.retention");

    private final InstanceSettings.Pod pod;
    private final CurrentPrimary primary;
    private final OpenArchives archives;
    private final WatchedStores stores;
    private final RecoveryWindowStatus windows;
    private final BackupObjects backupObjects;
    private final Function<OpenArchive, ArchiveCare> caring;
    private volatile @Nullable Current current;

    /** @param caring takes care of one archive */
    InstanceCare(
            InstanceSettings.Pod pod,
            CurrentPrimary primary,
            OpenArchives archives,
            WatchedStores stores,
            RecoveryWindowStatus windows,
            BackupObjects backupObjects,
            Function<OpenArchive, ArchiveCare> caring) {
        this.pod = pod;
        this.primary = primary;
        this.archives = archives;
        this.stores = stores;
        this.windows = windows;
        this.backupObjects = backupObjects;
        this.caring = caring;
    }

    private record Current(ClusterView cluster, OpenArchive open, ArchiveCare care) {}

    /** The Cluster as it was seen last by whoever cares for its archive. */
    Optional<ClusterView> cluster() {
        return Optional.ofNullable(current).map(Current::cluster);
    }

    /** Also false when there is nothing to care for. */
    @Override
    public Mono<Boolean> isPrimary() {
        return primary.clusterIfPrimary()
                .flatMap(cluster ->
                        Mono.justOrEmpty(own(cluster)).flatMap(archives::open).doOnNext(open -> turnTo(cluster, open)))
                .hasElement();
    }

    /** From now on the care is for this archive of this Cluster. */
    void turnTo(ClusterView cluster, OpenArchive open) {
        current = new Current(cluster, open, caring.apply(open));
    }

    /** The archive that a Cluster names as its own. */
    Optional<ArchiveReference> own(ClusterView cluster) {
        return new ArchivePlan(cluster, pod.pluginName().value(), pod.name()).ownArchive();
    }

    private <T> Mono<T> with(Function<Current, Mono<T>> step) {
        return Mono.defer(() -> {
            Current now = current;
            return now == null ? Mono.empty() : step.apply(now);
        });
    }

    @Override
    public Mono<RetentionSummary> retain() {
        return with(now -> now.care
                .retain()
                .flatMap(summary -> follow(now).thenReturn(summary))
                .switchIfEmpty(Mono.defer(() -> follow(now).then(Mono.empty()))));
    }

    /** Backup objects whose backup is gone are deleted, whoever has deleted it. */
    private Mono<Void> follow(Current now) {
        Optional<String> uid = now.cluster.uid();
        if (uid.isEmpty()) {
            return Mono.empty();
        }
        BackupObjects.Scope scope = new BackupObjects.Scope(
                pod.namespace(), now.cluster.name(), uid.get(), pod.pluginName().value(), now.open.reference());
        return now.open
                .archive()
                .catalog(now.open.store())
                .list()
                .map(entry -> entry.id().value())
                .collect(Collectors.toSet())
                .flatMap(ids -> backupObjects
                        .deleteMissing(scope, ids)
                        // The right comes from the operator's own role for the instance, not from ours.
                        .onErrorResume(KubernetesException.Forbidden.class, e -> {
                            LOG.warn("Backup objects do not follow the catalog: {}", e.getMessage());
                            return Mono.just(List.of());
                        }))
                .doOnNext(deleted -> {
                    if (!deleted.isEmpty()) {
                        LOG.info("Backup objects without a backup, deleted: {}", String.join(", ", deleted));
                    }
                })
                .then();
    }

    @Override
    public Mono<Catalog> catalog() {
        return with(now -> now.care.catalog());
    }

    @Override
    public Mono<InventorySummary> inventory() {
        return with(now -> now.care.inventory());
    }

    @Override
    public Mono<VerifySummary> verify() {
        return with(now -> now.care.verify());
    }

    @Override
    public Mono<Instant> lastVerification() {
        return with(now -> now.care.lastVerification());
    }

    @Override
    public Optional<Duration> pause() {
        return Optional.ofNullable(current)
                .flatMap(now -> stores.known(now.open.reference().storeName()))
                .flatMap(StoreState::resource)
                .flatMap(resource -> resource.spec().instanceSidecar())
                .map(InstanceSidecar::retentionPolicyIntervalSeconds)
                .filter(OptionalInt::isPresent)
                .map(OptionalInt::getAsInt)
                .filter(seconds -> seconds > 0)
                .map(Duration::ofSeconds);
    }

    /** The name of the server is that of the archive which is cared for. */
    @Override
    public Mono<Void> publish(String server, RecoveryWindow window) {
        return with(now -> publish(now.open.reference(), window));
    }

    private Mono<Void> publish(ArchiveReference archive, RecoveryWindow window) {
        return windows.update(archive.storeName(), archive.serverName(), known -> {
                    ServerRecoveryWindow seen =
                            known.withBackups(window.firstRecoverabilityPoint(), window.lastSuccessfulBackup());
                    return window.lastFailedBackup().map(seen::withFailure).orElse(seen);
                })
                .then();
    }

    /** Looks into an archive that is not the Cluster's own, and publishes what can be recovered from it. */
    Mono<Void> publishOf(OpenArchive open) {
        return open.archive()
                .catalog(open.store())
                .list()
                .collectList()
                .map(RecoveryWindow::of)
                .flatMap(window -> publish(open.reference(), window));
    }

    /** Notes that a backup has failed. */
    Mono<Void> publishFailure(ArchiveReference archive, Instant at) {
        return windows.update(archive.storeName(), archive.serverName(), known -> known.withFailure(at))
                .then();
    }
}
