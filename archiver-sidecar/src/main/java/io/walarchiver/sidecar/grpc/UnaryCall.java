package io.walarchiver.sidecar.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/** Answers a unary call with a publisher. The caller's cancellation cancels the subscription. */
final class UnaryCall {

    private static final Logger LOG = LoggerFactory.getLogger(UnaryCall.class);

    private UnaryCall() {}

    /** @param answer exactly one message, or an error */
    static <T> void answer(Mono<T> answer, StreamObserver<T> observer) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) observer;
        Disposable.Swap subscription = Disposables.swap();
        // Must be set before the handler returns. Also makes a late answer to a cancelled call a no-op.
        call.setOnCancelHandler(subscription::dispose);
        subscription.update(answer.subscribe(call::onNext, failure -> fail(call, failure), call::onCompleted));
    }

    private static void fail(StreamObserver<?> call, Throwable failure) {
        if (GrpcFailures.statusOf(failure).getCode() == Status.Code.INTERNAL) {
            LOG.error("a call failed with an unforeseen error", failure);
        }
        call.onError(GrpcFailures.statusOf(failure).asRuntimeException());
    }
}
