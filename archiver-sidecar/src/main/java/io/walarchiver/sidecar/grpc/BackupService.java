package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.bridge.cluster.BackupMetadata;
import io.walarchiver.bridge.cnpgi.backup.BackupCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.backup.BackupCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.backup.BackupCapability;
import io.walarchiver.bridge.cnpgi.backup.BackupGrpc;
import io.walarchiver.bridge.cnpgi.backup.BackupRequest;
import io.walarchiver.bridge.cnpgi.backup.BackupResult;
import io.walarchiver.sidecar.request.BackupRequests;
import io.walarchiver.sidecar.settings.PluginName;
import reactor.core.publisher.Mono;

/** The CNPG-I Backup service: one base backup a call, which may last for hours. */
final class BackupService extends BackupGrpc.BackupImplBase {

    private static final BackupCapabilitiesResult CAPABILITIES = BackupCapabilitiesResult.newBuilder()
            .addCapabilities(BackupCapability.newBuilder()
                    .setRpc(BackupCapability.RPC.newBuilder().setType(BackupCapability.RPC.Type.TYPE_BACKUP)))
            .build();

    private final PluginName name;
    private final String version;
    private final BackupRequests requests;

    BackupService(PluginName name, String version, BackupRequests requests) {
        this.name = name;
        this.version = version;
        this.requests = requests;
    }

    @Override
    public void getCapabilities(BackupCapabilitiesRequest request, StreamObserver<BackupCapabilitiesResult> observer) {
        UnaryCall.answer(Mono.just(CAPABILITIES), observer);
    }

    @Override
    public void backup(BackupRequest request, StreamObserver<BackupResult> observer) {
        UnaryCall.answer(
                requests.backup(
                                request.getClusterDefinition().toByteArray(),
                                request.getBackupDefinition().toByteArray(),
                                request.getParametersMap())
                        .map(this::result),
                observer);
    }

    private BackupResult result(BackupRequests.Report report) {
        CompletedBackup backup = report.backup();
        return BackupResult.newBuilder()
                .setBackupId(backup.id().value())
                .setBackupName(report.name())
                .setStartedAt(backup.startedAt().getEpochSecond())
                .setStoppedAt(backup.stoppedAt().getEpochSecond())
                .setBeginWal(backup.beginWal().toString())
                .setEndWal(backup.endWal().toString())
                .setBeginLsn(backup.beginLsn().toString())
                .setEndLsn(backup.endLsn().toString())
                .setInstanceId(report.instance())
                .setOnline(true)
                // The operator notes them with the Backup, and by them we know our own again.
                .putAllMetadata(new BackupMetadata(
                                report.clusterUid(),
                                name.value(),
                                version,
                                IdentityService.DISPLAY_NAME,
                                Integer.toUnsignedString(backup.timeline().id()),
                                report.archive())
                        .entries())
                .build();
    }
}
