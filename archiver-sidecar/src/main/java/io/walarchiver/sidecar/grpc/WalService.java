package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveResult;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.wal.WALCapability;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreResult;
import io.walarchiver.bridge.cnpgi.wal.WALStatusRequest;
import io.walarchiver.bridge.cnpgi.wal.WALStatusResult;
import io.walarchiver.sidecar.request.WalCalls;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * Archive, Restore and Status of the CNPG-I WAL service. SetFirstRequired is neither offered nor declared: deleting WAL
 * is the business of the retention policy, and no operator calls it; the generated base answers UNIMPLEMENTED.
 */
final class WalService extends WALGrpc.WALImplBase {

    private static final WALCapabilitiesResult CAPABILITIES = WALCapabilitiesResult.newBuilder()
            .addAllCapabilities(List.of(
                    capability(WALCapability.RPC.Type.TYPE_ARCHIVE_WAL),
                    capability(WALCapability.RPC.Type.TYPE_RESTORE_WAL),
                    capability(WALCapability.RPC.Type.TYPE_STATUS)))
            .build();

    private final WalCalls calls;

    WalService(WalCalls calls) {
        this.calls = calls;
    }

    private static WALCapability capability(WALCapability.RPC.Type type) {
        return WALCapability.newBuilder()
                .setRpc(WALCapability.RPC.newBuilder().setType(type))
                .build();
    }

    @Override
    public void getCapabilities(WALCapabilitiesRequest request, StreamObserver<WALCapabilitiesResult> observer) {
        UnaryCall.answer(Mono.just(CAPABILITIES), observer);
    }

    @Override
    public void archive(WALArchiveRequest request, StreamObserver<WALArchiveResult> observer) {
        Optional<Boolean> checkEmpty =
                request.hasCheckEmptyWalArchive() ? Optional.of(request.getCheckEmptyWalArchive()) : Optional.empty();
        UnaryCall.answer(
                calls.archive(request.getClusterDefinition().toByteArray(), request.getSourceFileName(), checkEmpty)
                        .thenReturn(WALArchiveResult.getDefaultInstance()),
                observer);
    }

    @Override
    public void restore(WALRestoreRequest request, StreamObserver<WALRestoreResult> observer) {
        UnaryCall.answer(
                calls.restore(
                                request.getClusterDefinition().toByteArray(),
                                request.getSourceWalName(),
                                request.getDestinationFileName(),
                                rewind(request))
                        .thenReturn(WALRestoreResult.getDefaultInstance()),
                observer);
    }

    /** Older operators and unknown numbers say nothing; the destination tells then. */
    static Optional<Boolean> rewind(WALRestoreRequest request) {
        switch (request.getMode()) {
            case MODE_REWIND:
                return Optional.of(true);
            case MODE_RECOVERY:
                return Optional.of(false);
            default:
                return Optional.empty();
        }
    }

    @Override
    public void status(WALStatusRequest request, StreamObserver<WALStatusResult> observer) {
        UnaryCall.answer(
                calls.holdings(request.getClusterDefinition().toByteArray()).map(found -> {
                    WALStatusResult.Builder result = WALStatusResult.newBuilder();
                    found.range().first().ifPresent(first -> result.setFirstWal(first.toString()));
                    found.range().last().ifPresent(last -> result.setLastWal(last.toString()));
                    return result.putAdditionalInformation("location", found.location())
                            .build();
                }),
                observer);
    }
}
