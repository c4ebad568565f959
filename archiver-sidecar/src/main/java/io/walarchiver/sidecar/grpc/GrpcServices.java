package io.walarchiver.sidecar.grpc;

import io.grpc.BindableService;
import io.walarchiver.bridge.cnpgi.identity.PluginCapability.Service.Type;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.request.ArchivedRange;
import io.walarchiver.sidecar.request.BackupRequests;
import io.walarchiver.sidecar.request.RecoveryRequests;
import io.walarchiver.sidecar.request.ServerWalCalls;
import io.walarchiver.sidecar.request.WalCalls;
import io.walarchiver.sidecar.request.WalRequests;
import io.walarchiver.sidecar.request.WindowSource;
import io.walarchiver.sidecar.settings.PluginName;
import java.util.List;

/** What a {@link GrpcServer} offers. */
public final class GrpcServices {

    private final List<BindableService> services;

    private GrpcServices(List<BindableService> services) {
        this.services = services;
    }

    /**
     * What both kinds of process need.
     *
     * @param name      the plugin's name
     * @param version   of this program
     * @param liveness  the answer to a health question without a name
     * @param readiness the answer to a health question about the WAL service
     */
    public record Process(PluginName name, String version, Health liveness, Health readiness) {}

    /**
     * The services of a sidecar beside a running server that has one archive.
     *
     * @param wal     where Archive and Restore go
     * @param range   what Status tells
     * @param backups where Backup goes
     */
    public static GrpcServices instance(Process process, WalRequests wal, ArchivedRange range, BackupRequests backups) {
        return new GrpcServices(List.of(
                new IdentityService(
                        process.name, process.version, List.of(Type.TYPE_WAL_SERVICE, Type.TYPE_BACKUP_SERVICE)),
                new WalService(new ServerWalCalls(wal, range)),
                new BackupService(process.name, process.version, backups),
                new HealthService(process.liveness, process.readiness)));
    }

    /**
     * The services of a sidecar beside an instance of a Cluster.
     *
     * @param wal     where Archive, Restore and Status go
     * @param backups where Backup goes
     * @param windows what the exporter of the instance shows
     */
    public static GrpcServices instance(Process process, WalCalls wal, BackupRequests backups, WindowSource windows) {
        return new GrpcServices(List.of(
                new IdentityService(
                        process.name,
                        process.version,
                        List.of(Type.TYPE_WAL_SERVICE, Type.TYPE_BACKUP_SERVICE, Type.TYPE_METRICS)),
                new WalService(wal),
                new BackupService(process.name, process.version, backups),
                new MetricsService(windows),
                new HealthService(process.liveness, process.readiness)));
    }

    /** The services of a recovery job. */
    public static GrpcServices restoreJob(Process process, RecoveryRequests requests) {
        return new GrpcServices(List.of(
                new IdentityService(
                        process.name, process.version, List.of(Type.TYPE_RESTORE_JOB, Type.TYPE_WAL_SERVICE)),
                new RestoreJobService(requests),
                new RestoreJobWalService(requests),
                new HealthService(process.liveness, process.readiness)));
    }

    /** The services of a job that recovers from a snapshot of volumes: WAL only. */
    public static GrpcServices snapshotRecovery(Process process, RecoveryRequests requests) {
        return new GrpcServices(List.of(
                new IdentityService(process.name, process.version, List.of(Type.TYPE_WAL_SERVICE)),
                new RestoreJobWalService(requests),
                new HealthService(process.liveness, process.readiness)));
    }

    List<BindableService> list() {
        return services;
    }
}
