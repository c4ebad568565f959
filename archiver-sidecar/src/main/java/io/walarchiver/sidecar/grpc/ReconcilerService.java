package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksGrpc;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksResult;
import io.walarchiver.bridge.operator.ClusterReconciler;
import io.walarchiver.bridge.operator.OperatorIdentity;
import reactor.core.publisher.Mono;

/** Makes sure that sidecars have their rights. Never holds a Cluster up: the answer is to go on, or an error. */
final class ReconcilerService extends ReconcilerHooksGrpc.ReconcilerHooksImplBase {

    private static final ReconcilerHooksResult CONTINUE = ReconcilerHooksResult.newBuilder()
            .setBehavior(ReconcilerHooksResult.Behavior.BEHAVIOR_CONTINUE)
            .build();

    private final ClusterReconciler reconciler;
    private final OperatorCalls calls;

    ReconcilerService(ClusterReconciler reconciler, OperatorCalls calls) {
        this.reconciler = reconciler;
        this.calls = calls;
    }

    @Override
    public void getCapabilities(
            ReconcilerHooksCapabilitiesRequest request, StreamObserver<ReconcilerHooksCapabilitiesResult> observer) {
        UnaryCall.answer(Mono.just(OperatorIdentity.reconcilerCapabilities()), observer);
    }

    @Override
    public void pre(ReconcilerHooksRequest request, StreamObserver<ReconcilerHooksResult> observer) {
        calls.answer(
                "pre",
                reconciler
                        .pre(
                                request.getClusterDefinition().toByteArray(),
                                request.getResourceDefinition().toByteArray())
                        .thenReturn(CONTINUE),
                observer);
    }

    @Override
    public void post(ReconcilerHooksRequest request, StreamObserver<ReconcilerHooksResult> observer) {
        calls.answer("post", Mono.just(CONTINUE), observer);
    }
}
