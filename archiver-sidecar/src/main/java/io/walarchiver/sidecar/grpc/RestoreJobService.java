package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksCapability;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksGrpc;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreRequest;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreResponse;
import io.walarchiver.sidecar.request.RecoveryRequests;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** The CNPG-I service of recovery jobs: brings a base backup into an empty data directory. */
final class RestoreJobService extends RestoreJobHooksGrpc.RestoreJobHooksImplBase {

    private static final RestoreJobHooksCapabilitiesResult CAPABILITIES = RestoreJobHooksCapabilitiesResult.newBuilder()
            .addCapabilities(
                    RestoreJobHooksCapability.newBuilder().setKind(RestoreJobHooksCapability.Kind.KIND_RESTORE))
            .build();

    /**
     * Appended to the configuration of the recovering server; the operator adds the target behind it. Without the first
     * line recovery would pause at its target for ever. The second asks the instance manager, which asks us again.
     */
    private static final RestoreResponse ANSWER = RestoreResponse.newBuilder()
            .setRestoreConfig("recovery_target_action = promote\n"
                    + "restore_command = '/controller/manager wal-restore --log-destination"
                    + " /controller/log/postgres.json %f %p'\n")
            .build();

    private final RecoveryRequests requests;

    RestoreJobService(RecoveryRequests requests) {
        this.requests = requests;
    }

    @Override
    public void getCapabilities(
            RestoreJobHooksCapabilitiesRequest request, StreamObserver<RestoreJobHooksCapabilitiesResult> observer) {
        UnaryCall.answer(Mono.just(CAPABILITIES), observer);
    }

    @Override
    public void restore(RestoreRequest request, StreamObserver<RestoreResponse> observer) {
        Optional<Boolean> checkEmpty =
                request.hasCheckEmptyWalArchive() ? Optional.of(request.getCheckEmptyWalArchive()) : Optional.empty();
        UnaryCall.answer(
                requests.restore(request.getClusterDefinition().toByteArray(), checkEmpty)
                        .thenReturn(ANSWER),
                observer);
    }
}
