package io.walarchiver.sidecar.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleCapabilitiesResponse;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleGrpc;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleRequest;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleResponse;
import io.walarchiver.bridge.operator.LifecycleHook;
import io.walarchiver.bridge.operator.LifecycleHook.Operation;
import io.walarchiver.bridge.operator.OperatorIdentity;
import io.walarchiver.bridge.operator.StoreSource;
import reactor.core.publisher.Mono;

/**
 * Puts the sidecar into Pods and Jobs. What cannot be decided is an error, never an empty answer: that would take the sidecar
 * out of running instances.
 */
final class LifecycleService extends OperatorLifecycleGrpc.OperatorLifecycleImplBase {

    private final LifecycleHook hook;
    private final StoreSource stores;
    private final OperatorCalls calls;

    LifecycleService(LifecycleHook hook, StoreSource stores, OperatorCalls calls) {
        this.hook = hook;
        this.stores = stores;
        this.calls = calls;
    }

    @Override
    public void getCapabilities(
            OperatorLifecycleCapabilitiesRequest request,
            StreamObserver<OperatorLifecycleCapabilitiesResponse> observer) {
        UnaryCall.answer(Mono.just(OperatorIdentity.lifecycleCapabilities()), observer);
    }

    @Override
    public void lifecycleHook(OperatorLifecycleRequest request, StreamObserver<OperatorLifecycleResponse> observer) {
        switch (request.getOperationType().getType()) {
            case TYPE_CREATE -> answer("lifecycle_create", Operation.CREATE, request, observer);
            case TYPE_EVALUATE -> answer("lifecycle_evaluate", Operation.EVALUATE, request, observer);
            // Not declared, so nothing of ours is to change.
            default ->
                calls.answer("lifecycle_other", Mono.just(OperatorLifecycleResponse.getDefaultInstance()), observer);
        }
    }

    private void answer(
            String name,
            Operation operation,
            OperatorLifecycleRequest request,
            StreamObserver<OperatorLifecycleResponse> observer) {
        calls.answer(
                name,
                hook.answer(
                                operation,
                                request.getClusterDefinition().toByteArray(),
                                request.getObjectDefinition().toByteArray(),
                                stores)
                        .map(patch -> OperatorLifecycleResponse.newBuilder()
                                .setJsonPatch(ByteString.copyFrom(patch))
                                .build()),
                observer);
    }
}
