package io.walarchiver.sidecar.status;

import io.walarchiver.archive.ArchiveStatus;
import io.walarchiver.restore.RestoreStatus;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import io.walarchiver.sidecar.metrics.ProcessMemory;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.request.CallGate;
import java.time.Clock;
import java.time.Instant;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** Makes a {@link StatusReport} of what is true now. */
public final class StatusSource {

    private final Supplier<Identity> identity;
    private final Health readiness;
    private final Supplier<ArchiveStatus> archive;
    private final Supplier<RestoreStatus> restore;
    private final BackupActivity backups;
    private final Supplier<MaintenanceStatus> maintenance;
    private final Activity activity;
    private final CallGate gate;
    private final Clock clock;
    private final Instant startedAt;

    /**
     * What hardly changes.
     *
     * @param version       of the program
     * @param server        name of the server in the archive
     * @param location      where the archive is
     * @param dataDirectory what is archived
     */
    public record Identity(String version, String server, String location, String dataDirectory) {}

    public StatusSource(
            Supplier<Identity> identity,
            Health readiness,
            Supplier<ArchiveStatus> archive,
            Supplier<RestoreStatus> restore,
            BackupActivity backups,
            Supplier<MaintenanceStatus> maintenance,
            Activity activity,
            CallGate gate,
            Clock clock) {
        this.identity = identity;
        this.readiness = readiness;
        this.archive = archive;
        this.restore = restore;
        this.backups = backups;
        this.maintenance = maintenance;
        this.activity = activity;
        this.gate = gate;
        this.clock = clock;
        this.startedAt = clock.instant();
    }

    /** Looks now. */
    public Mono<StatusReport> report() {
        return readiness.report().map(health -> report(identity.get(), health));
    }

    private StatusReport report(Identity now, Health.Report health) {
        return new StatusReport(
                now.version,
                now.server,
                now.location,
                now.dataDirectory,
                startedAt.toString(),
                ProcessMemory.residentBytes(),
                gate.running(),
                health.isGood(),
                health.findings(),
                StatusReport.Archive.of(archive.get(), clock.instant()),
                StatusReport.Restore.of(restore.get()),
                BackupReport.of(backups, maintenance.get()),
                activity.archived().stream().map(StatusReport.Item::of).toList(),
                activity.restored().stream().map(StatusReport.Item::of).toList(),
                activity.troubles().stream().map(StatusReport.Problem::of).toList());
    }
}
