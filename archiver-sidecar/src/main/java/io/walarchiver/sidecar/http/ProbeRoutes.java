package io.walarchiver.sidecar.http;

import io.walarchiver.sidecar.health.Health;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/**
 * For Prometheus and the kubelet, in every kind of process:
 *
 * <ul>
 *   <li>{@code GET /metrics}: Prometheus text format
 *   <li>{@code GET /healthz}: 200 while the process works, otherwise 503; JSON with reasons
 *   <li>{@code GET /readyz}: 200 while it could do its work, otherwise 503; JSON with reasons
 * </ul>
 */
public final class ProbeRoutes implements Consumer<HttpServerRoutes> {

    private final Supplier<String> metrics;
    private final Health liveness;
    private final Health readiness;

    /** @param metrics the scrape */
    public ProbeRoutes(Supplier<String> metrics, Health liveness, Health readiness) {
        this.metrics = metrics;
        this.liveness = liveness;
        this.readiness = readiness;
    }

    @Override
    public void accept(HttpServerRoutes routes) {
        routes.get(
                "/metrics",
                (request, response) ->
                        Answers.send(response, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.get()));
        routes.get("/healthz", (request, response) -> health(liveness, response));
        routes.get("/readyz", (request, response) -> health(readiness, response));
    }

    private static Publisher<Void> health(Health health, HttpServerResponse response) {
        return health.report()
                .flatMap(report -> Mono.from(Answers.json(response, report.isGood() ? 200 : 503, report)));
    }
}
