package io.walarchiver.sidecar.status;

import io.walarchiver.archive.ArchiveStatus;
import io.walarchiver.restore.RestoreStatus;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import io.walarchiver.sidecar.progress.BackupActivity;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Reports for tests. */
public final class StatusReports {

    public static final ArchiveStatus IDLE_ARCHIVE = new ArchiveStatus(
            0, 0, Optional.empty(), 0, 0, 4, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), 0);

    public static final RestoreStatus IDLE_RESTORE =
            new RestoreStatus(0, 0, 0, 0, 0, 0, 0, 0, Optional.empty(), Optional.empty());

    private StatusReports() {}

    public static StatusReport withHealth(Health.Report health) {
        return new StatusReport(
                "1",
                "db",
                "somewhere",
                "/pgdata",
                Instant.EPOCH.toString(),
                1,
                0,
                health.isGood(),
                health.findings(),
                StatusReport.Archive.of(IDLE_ARCHIVE, Instant.EPOCH),
                StatusReport.Restore.of(IDLE_RESTORE),
                BackupReport.of(new BackupActivity(), MaintenanceStatus.UNKNOWN),
                List.of(),
                List.of(),
                List.of());
    }
}
