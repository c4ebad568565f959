package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveStatus;
import io.walarchiver.bridge.kubernetes.ArchiveReport;
import io.walarchiver.bridge.kubernetes.ArchiveReports;
import io.walarchiver.bridge.kubernetes.CurrentPrimary;
import io.walarchiver.bridge.kubernetes.StoreState;
import io.walarchiver.bridge.kubernetes.Verdict;
import io.walarchiver.sidecar.assembly.OpenArchives.OpenArchive;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Writes what is known of the archive into the status of its ObjectStore, from the primary, which alone knows. */
final class InstanceReports {

    private static final Logger LOG = LoggerFactory.getLogger(InstanceReports.class);

    private final ArchiveReports reports;
    private final CurrentPrimary primary;
    private final WalArchives wal;
    private final WatchedStores stores;
    private final StoreReaches reaches;
    private final Supplier<MaintenanceStatus> maintenance;

    InstanceReports(
            ArchiveReports reports,
            CurrentPrimary primary,
            WalArchives wal,
            WatchedStores stores,
            StoreReaches reaches,
            Supplier<MaintenanceStatus> maintenance) {
        this.reports = reports;
        this.primary = primary;
        this.wal = wal;
        this.stores = stores;
        this.reaches = reaches;
        this.maintenance = maintenance;
    }

    /** Reports until cancelled; never fails. */
    Mono<Void> run(Duration every, Scheduler timer) {
        return Flux.interval(every, timer)
                .onBackpressureDrop()
                .concatMap(tick -> report().onErrorResume(failure -> {
                    LOG.debug("the status of the archive was not reported", failure);
                    return Mono.empty();
                }))
                .then();
    }

    private Mono<Void> report() {
        return Mono.defer(() -> Mono.justOrEmpty(wal.written()))
                .flatMap(open -> primary.clusterIfPrimary().flatMap(cluster -> write(open)));
    }

    private Mono<Void> write(OpenArchive open) {
        String store = open.reference().storeName();
        long generation = stores.known(store).map(StoreState::generation).orElse(0L);
        return reaches.of(store)
                .finding(open.store(), open.archive().layout().walPrefix())
                .flatMap(reach -> reports.write(store, open.reference().serverName(), report(reach), generation))
                .then();
    }

    private ArchiveReport report(Health.Finding reach) {
        ArchiveStatus status = wal.archiveStatus();
        Optional<InventorySummary> inventory = maintenance.get().inventory();
        boolean failing = status.consecutiveFailures() > 0;
        return new ArchiveReport(
                status.lastArchived().map(Object::toString),
                status.lastArchivedAt(),
                OptionalLong.of(status.readyFiles()),
                status.oldestReady(),
                sum(inventory.stream().flatMap(found -> found.gaps().stream()).map(gap -> gap.segments()), inventory),
                sum(inventory.stream().map(found -> (long) found.bytes()), inventory),
                reach.good()
                        ? new Verdict(true, "Answers", "the store answers")
                        : new Verdict(false, "DoesNotAnswer", reach.reason()),
                failing
                        ? new Verdict(
                                false, "ArchivingFails", status.lastFailure().orElse("the last file was not archived"))
                        : new Verdict(true, "Archives", "what PostgreSQL asks for becomes durable"));
    }

    private static OptionalLong sum(Stream<Long> numbers, Optional<InventorySummary> inventory) {
        long sum = numbers.mapToLong(Long::longValue).sum();
        return inventory.isPresent() ? OptionalLong.of(sum) : OptionalLong.empty();
    }
}
