package io.walarchiver.sidecar.http;

import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.status.StatusPage;
import io.walarchiver.sidecar.status.StatusReport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/**
 * For Prometheus, probes and people:
 *
 * <ul>
 *   <li>{@code GET /metrics}: Prometheus text format
 *   <li>{@code GET /healthz}: 200 while the process works, otherwise 503; JSON with reasons
 *   <li>{@code GET /readyz}: 200 while a segment could be archived, otherwise 503; JSON with reasons
 *   <li>{@code GET /status}: a page; JSON with {@code ?format=json} or {@code Accept: application/json}
 * </ul>
 */
public final class ManagementRoutes implements Consumer<HttpServerRoutes> {

    private final Supplier<String> metrics;
    private final Health liveness;
    private final Health readiness;
    private final Mono<StatusReport> status;

    /**
     * @param metrics the scrape
     * @param status  looks anew at each subscription
     */
    public ManagementRoutes(Supplier<String> metrics, Health liveness, Health readiness, Mono<StatusReport> status) {
        this.metrics = metrics;
        this.liveness = liveness;
        this.readiness = readiness;
        this.status = status;
    }

    @Override
    public void accept(HttpServerRoutes routes) {
        routes.get(
                "/metrics",
                (request, response) ->
                        Answers.send(response, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.get()));
        routes.get("/healthz", (request, response) -> health(liveness, response));
        routes.get("/readyz", (request, response) -> health(readiness, response));
        routes.get("/status", this::status);
        routes.get("/", (request, response) -> response.sendRedirect("/status"));
    }

    private static Publisher<Void> health(Health health, HttpServerResponse response) {
        return health.report()
                .flatMap(report -> Mono.from(Answers.json(response, report.isGood() ? 200 : 503, report)));
    }

    private Publisher<Void> status(HttpServerRequest request, HttpServerResponse response) {
        return status.flatMap(report -> Mono.from(
                Answers.wantsJson(request)
                        ? Answers.json(response, 200, report)
                        : Answers.html(response, StatusPage.of(report))));
    }
}
