package io.walarchiver.sidecar.grpc;

import io.grpc.stub.StreamObserver;
import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.sidecar.request.HookObserver;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/** Answers the operator's questions, and tells how long that took and what came of it. */
final class OperatorCalls {

    private static final Logger LOG = LoggerFactory.getLogger(OperatorCalls.class);

    private final HookObserver observer;

    OperatorCalls(HookObserver observer) {
        this.observer = observer;
    }

    <T> void answer(String hook, Mono<T> answer, StreamObserver<T> call) {
        long start = System.nanoTime();
        UnaryCall.answer(
                answer.doOnSuccess(done -> told(hook, "ok", start))
                        .doOnError(failure -> failed(hook, Failure.of(failure), start))
                        .doFinally(signal -> {
                            if (signal == SignalType.CANCEL) {
                                told(hook, "cancelled", start);
                            }
                        }),
                call);
    }

    private void told(String hook, String outcome, long start) {
        observer.answered(hook, outcome, Duration.ofNanos(System.nanoTime() - start));
    }

    private void failed(String hook, Failure failure, long start) {
        LOG.warn("{} is answered with an error: {}", hook, failure.message());
        told(hook, failure.verdict().name().toLowerCase(Locale.ROOT), start);
    }
}
