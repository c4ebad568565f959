package io.walarchiver.sidecar.grpc;

import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.sidecar.health.Health;
import reactor.core.publisher.Mono;

/**
 * The standard health service ({@code grpc.health.v1}), answered by looking, not from memory.
 *
 * <p>The empty service name asks whether this process works; it says SERVING also when the object store is away, because
 * probes that hold up or restart PostgreSQL's container depend on it. One other name asks whether work could be done now:
 * that of the WAL service, whether a segment could be archived.
 */
final class HealthService extends HealthGrpc.HealthImplBase {

    private final Health liveness;
    private final Health readiness;
    private final String readyName;

    HealthService(Health liveness, Health readiness) {
        this(liveness, readiness, WALGrpc.SERVICE_NAME);
    }

    /** @param readyName the name of the service by which to ask for {@code readiness} */
    HealthService(Health liveness, Health readiness, String readyName) {
        this.liveness = liveness;
        this.readiness = readiness;
        this.readyName = readyName;
    }

    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
        UnaryCall.answer(answer(request.getService()), observer);
    }

    private Mono<HealthCheckResponse> answer(String service) {
        if (service.isEmpty()) {
            return answer(liveness);
        }
        if (service.equals(readyName)) {
            return answer(readiness);
        }
        return Mono.error(Status.NOT_FOUND
                .withDescription("no such service; ask for \"\" or " + readyName)
                .asRuntimeException());
    }

    private static Mono<HealthCheckResponse> answer(Health health) {
        return health.report()
                .map(report -> HealthCheckResponse.newBuilder()
                        .setStatus(report.isGood() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING)
                        .build());
    }
}
