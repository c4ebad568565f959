package io.walarchiver.sidecar.request;

import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.bridge.cluster.ArchivePlan;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.RestoreJobView;
import io.walarchiver.wal.WalFileName;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What a recovery job asks: a base backup once, then WAL file after WAL file. Which archive is meant follows from the
 * Cluster in each request.
 */
public final class RecoveryRequests {

    private final String pluginName;
    private final String jobName;
    private final WalPaths paths;
    private final Recovering recovering;
    private final Incidents incidents;
    private final CallGate gate;
    private final Scheduler fileIo;
    private final AtomicBoolean running = new AtomicBoolean();

    /**
     * @param pluginName what the Cluster calls us
     * @param jobName    what the pod calls itself; never the name of an instance
     * @param paths      of the data directory that is made
     * @param incidents  is told why a recovery failed
     * @param fileIo     where paths are looked up
     */
    public RecoveryRequests(
            String pluginName,
            String jobName,
            WalPaths paths,
            Recovering recovering,
            Incidents incidents,
            CallGate gate,
            Scheduler fileIo) {
        this.pluginName = pluginName;
        this.jobName = jobName;
        this.paths = paths;
        this.recovering = recovering;
        this.incidents = incidents;
        this.gate = gate;
        this.fileIo = fileIo;
    }

    /**
     * Restores the base backup the Cluster asks for.
     *
     * @param cluster    the Cluster as JSON
     * @param checkEmpty whether the archive of the new server must be empty; empty from operators that leave it to us
     */
    public Mono<BackupId> restore(byte[] cluster, Optional<Boolean> checkEmpty) {
        return gate.pass(Mono.defer(() -> {
            RestoreJobView job = RestoreJobView.parse(cluster, checkEmpty, pluginName);
            if (!running.compareAndSet(false, true)) {
                return Mono.error(new PreconditionException("a backup is already being restored here"));
            }
            // Free again before the caller hears of the end, and may ask anew.
            return Mono.using(() -> running, taken -> recovering.recover(job), taken -> taken.set(false), true)
                    .doOnError(failure -> incidents.happened(
                            job.cluster(), "RecoveryFailed", Failure.of(failure).message()));
        }));
    }

    /**
     * Restores a WAL file.
     *
     * @param cluster     the Cluster as JSON
     * @param destination absolute, in the data directory
     * @param rewind      what the caller says; when it says nothing, the name of the destination tells
     */
    public Mono<Void> restoreWal(byte[] cluster, String name, String destination, Optional<Boolean> rewind) {
        return gate.pass(Mono.fromCallable(() -> {
                    ArchiveReference archive = new ArchivePlan(ClusterView.parse(cluster), pluginName, jobName)
                            .restore()
                            .map(ArchivePlan.RestoreChoice::archive)
                            // Says what is missing.
                            .orElseGet(() -> RestoreJobView.parse(cluster, Optional.empty(), pluginName)
                                    .archive());
                    return new Delivery(archive, WalPaths.name(name), paths.destination(destination));
                })
                .subscribeOn(fileIo)
                .flatMap(delivery -> recovering
                        .walOf(delivery.archive)
                        .restore(
                                delivery.name,
                                delivery.destination,
                                rewind.orElseGet(() -> !WalPaths.isServerRecovery(delivery.destination)))));
    }

    private record Delivery(ArchiveReference archive, WalFileName name, Path destination) {}
}
