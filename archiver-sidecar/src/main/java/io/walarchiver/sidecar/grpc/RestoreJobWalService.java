package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.wal.WALCapability;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreResult;
import io.walarchiver.sidecar.request.RecoveryRequests;
import reactor.core.publisher.Mono;

/** The CNPG-I WAL service of recovery jobs: Restore only. */
final class RestoreJobWalService extends WALGrpc.WALImplBase {

    private static final WALCapabilitiesResult CAPABILITIES = WALCapabilitiesResult.newBuilder()
            .addCapabilities(WALCapability.newBuilder()
                    .setRpc(WALCapability.RPC.newBuilder().setType(WALCapability.RPC.Type.TYPE_RESTORE_WAL)))
            .build();

    private final RecoveryRequests requests;

    RestoreJobWalService(RecoveryRequests requests) {
        this.requests = requests;
    }

    @Override
    public void getCapabilities(WALCapabilitiesRequest request, StreamObserver<WALCapabilitiesResult> observer) {
        UnaryCall.answer(Mono.just(CAPABILITIES), observer);
    }

    @Override
    public void restore(WALRestoreRequest request, StreamObserver<WALRestoreResult> observer) {
        UnaryCall.answer(
                requests.restoreWal(
                                request.getClusterDefinition().toByteArray(),
                                request.getSourceWalName(),
                                request.getDestinationFileName(),
                                WalService.rewind(request))
                        .thenReturn(WALRestoreResult.getDefaultInstance()),
                observer);
    }
}
