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
 *   <li>what {@link ProbeRoutes} answers; ready is who could archive a segment
 *   <li>{@code GET /status}: a page; JSON with {@code ?format=json} or {@code Accept: application/json}
 * </ul>
 */
public final class ManagementRoutes implements Consumer<HttpServerRoutes> {

    private final ProbeRoutes probes;
    private final Mono<StatusReport> status;

    /**
     * @param metrics the scrape
     * @param status  looks anew at each subscription
     */
    public ManagementRoutes(Supplier<String> metrics, Health liveness, Health readiness, Mono<StatusReport> status) {
        this.probes = new ProbeRoutes(metrics, liveness, readiness);
        this.status = status;
    }

    @Override
    public void accept(HttpServerRoutes routes) {
        probes.accept(routes);
        routes.get("/status", this::status);
        routes.get("/", (request, response) -> response.sendRedirect("/status"));
    }

    private Publisher<Void> status(HttpServerRequest request, HttpServerResponse response) {
        return status.flatMap(report -> Mono.from(
                Answers.wantsJson(request)
                        ? Answers.json(response, 200, report)
                        : Answers.html(response, StatusPage.of(report))));
    }
}
