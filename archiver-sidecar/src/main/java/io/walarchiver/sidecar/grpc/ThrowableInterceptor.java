package io.walarchiver.sidecar.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whatever a handler throws becomes INTERNAL with a short text. gRPC itself would answer UNKNOWN and say nothing. */
final class ThrowableInterceptor implements ServerInterceptor {

    private static final Logger LOG = LoggerFactory.getLogger(ThrowableInterceptor.class);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        ServerCall.Listener<Q> listener;
        try {
            listener = next.startCall(call, headers);
        } catch (RuntimeException | Error e) {
            close(call, e);
            return new ServerCall.Listener<>() {};
        }
        return new SimpleForwardingServerCallListener<>(listener) {
            @Override
            public void onMessage(Q message) {
                guard(call, () -> super.onMessage(message));
            }

            @Override
            public void onHalfClose() {
                guard(call, super::onHalfClose);
            }
        };
    }

    private static void guard(ServerCall<?, ?> call, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            close(call, e);
        }
    }

    private static void close(ServerCall<?, ?> call, Throwable failure) {
        LOG.error("a handler threw", failure);
        try {
            call.close(GrpcFailures.statusOf(failure), new Metadata());
        } catch (IllegalStateException alreadyClosed) {
            LOG.debug("the call was already answered", alreadyClosed);
        }
    }
}
