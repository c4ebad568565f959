package io.walarchiver.sidecar.request;

import io.walarchiver.bridge.cluster.ArchivePlan;
import io.walarchiver.bridge.cluster.ArchivePlan.ArchiveDecision;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What an instance of a Cluster asks. Each call carries the Cluster, and that alone decides which archive is meant, or
 * whether one is meant at all (CNPG-I contract, 3.9, 3.10 and 4.5). A server that is down, or no longer the primary, may
 * ask as well: it has to bring away what it still holds.
 */
public final class ClusterWalRequests implements WalCalls {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterWalRequests.class);

    /** The operator leaves it in a fresh data directory; gone with the first stored file. */
    private static final String EMPTY_ARCHIVE_MARKER = ".check-empty-wal-archive";

    private final String pluginName;
    private final String podName;
    private final WalPaths paths;
    private final ClusterArchives archives;
    private final Incidents incidents;
    private final CallGate gate;
    private final Scheduler fileIo;
    private final AtomicReference<String> declined = new AtomicReference<>("");

    /**
     * @param pluginName what the Cluster calls us
     * @param podName    the instance
     * @param paths      of its data directory
     * @param incidents  is told what a person has to look after
     * @param fileIo     where paths are looked up
     */
    public ClusterWalRequests(
            String pluginName,
            String podName,
            WalPaths paths,
            ClusterArchives archives,
            Incidents incidents,
            CallGate gate,
            Scheduler fileIo) {
        this.pluginName = pluginName;
        this.podName = podName;
        this.paths = paths;
        this.archives = archives;
        this.incidents = incidents;
        this.gate = gate;
        this.fileIo = fileIo;
    }

    private record Upload(ClusterView cluster, ArchiveDecision decision, WalFileName name, boolean checkOwnership) {}

    private record Delivery(ArchiveReference archive, WalFileName name, Path destination, ClusterArchives.How how) {}

    @Override
    public Mono<Void> archive(byte[] cluster, String path, Optional<Boolean> checkEmpty) {
        return gate.pass(Mono.fromCallable(() -> upload(cluster, path, checkEmpty))
                .subscribeOn(fileIo)
                .flatMap(this::archive));
    }

    private Upload upload(byte[] definition, String path, Optional<Boolean> checkEmpty) {
        ClusterView cluster = ClusterView.parse(definition);
        ArchivePlan plan = plan(cluster);
        return new Upload(
                cluster,
                plan.archive(),
                paths.source(path),
                plan.checkEmptyArchiveBeforeArchiving(checkEmpty, Files.exists(marker())));
    }

    private Mono<Void> archive(Upload upload) {
        if (upload.decision instanceof ArchiveDecision.Decline decline) {
            if (!decline.reason().equals(declined.getAndSet(decline.reason()))) {
                LOG.info("WAL is not archived here: {}", decline.reason());
            }
            return Mono.empty();
        }
        Mono<Void> archived = upload.decision instanceof ArchiveDecision.Store wanted
                ? archives.archive(wanted.archive(), upload.name, upload.checkOwnership)
                        .then(Mono.<Void>fromRunnable(this::removeMarker).subscribeOn(fileIo))
                : Mono.error(new PreconditionException(((ArchiveDecision.Refuse) upload.decision).reason()));
        return archived.doOnError(failure -> incidents.happened(
                upload.cluster,
                "WalArchivingFailed",
                upload.name + ": " + Failure.of(failure).message()));
    }

    /** Also on a replica that was cloned with it: what was stored here has shown whose the archive is. */
    private void removeMarker() {
        try {
            if (Files.exists(marker())) {
                Files.deleteIfExists(marker());
            }
        } catch (IOException e) {
            LOG.debug("cannot remove {}", marker(), e);
        }
    }

    private Path marker() {
        return paths.pgdata().resolve(EMPTY_ARCHIVE_MARKER);
    }

    @Override
    public Mono<Void> restore(byte[] cluster, String name, String destination, Optional<Boolean> rewind) {
        return gate.pass(Mono.fromCallable(() -> delivery(cluster, name, destination, rewind))
                .subscribeOn(fileIo)
                .flatMap(delivery ->
                        archives.restore(delivery.archive, delivery.name, delivery.destination, delivery.how)));
    }

    private Delivery delivery(byte[] definition, String name, String destination, Optional<Boolean> rewind) {
        ClusterView cluster = ClusterView.parse(definition);
        ArchivePlan plan = plan(cluster);
        WalFileName file = WalPaths.name(name);
        Path path = paths.destination(destination);
        if (file instanceof WalFileName.TimelineHistoryFile history
                && !plan.mayFollow(history.timeline().id())) {
            throw new RestoreException.NotArchived(
                    name + " is kept back: the primary is on timeline " + cluster.timelineId());
        }
        ArchiveReference archive = plan.restore()
                .map(ArchivePlan.RestoreChoice::archive)
                .orElseThrow(() -> new PreconditionException(cluster + " names no archive to restore " + name
                        + " from: set the parameter barmanObjectName of the plugin " + pluginName
                        + ", in spec.plugins or in the external cluster it is created from"));
        return new Delivery(
                archive,
                file,
                path,
                new ClusterArchives.How(
                        rewind.orElseGet(() -> !WalPaths.isServerRecovery(path)), plan.endsRecoveryOnFailure()));
    }

    @Override
    public Mono<Holdings> holdings(byte[] cluster) {
        return gate.pass(Mono.defer(() -> {
            ClusterView view = ClusterView.parse(cluster);
            return plan(view)
                    .ownArchive()
                    .map(archives::holdings)
                    .orElseGet(() -> Mono.error(new PreconditionException(
                            view + " has no archive of the plugin " + pluginName + " in spec.plugins")));
        }));
    }

    private ArchivePlan plan(ClusterView cluster) {
        return new ArchivePlan(cluster, pluginName, podName);
    }
}
