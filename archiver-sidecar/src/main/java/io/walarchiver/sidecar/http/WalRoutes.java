package io.walarchiver.sidecar.http;

import io.walarchiver.sidecar.request.Failure;
import io.walarchiver.sidecar.request.WalRequests;
import java.util.Optional;
import java.util.function.Consumer;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/**
 * For {@code archive_command} and {@code restore_command}, on a Unix socket only:
 *
 * <ul>
 *   <li>{@code POST /v1/wal/archive/{name}}: the file {@code name} of {@code pg_wal} is durable when this answers 200
 *   <li>{@code POST /v1/wal/restore/{name}?destination=PATH}: the file stands at PATH when this answers 200. PATH is
 *       absolute or relative to the data directory, as {@code %p} is. {@code mode=rewind} or {@code mode=recovery}
 *       overrides what the name of the destination says
 * </ul>
 *
 * <p>Statuses: 200 done; 404 not in the archive, and nothing else; 400 the question is wrong; 409 the archive holds
 * something else under this name; 412 the archive belongs to another cluster; 422 the file or the destination is not
 * usable; 502 the store refuses us; 503 the store cannot be reached; 500 anything else. The body says why.
 */
public final class WalRoutes implements Consumer<HttpServerRoutes> {

    private static final Logger LOG = LoggerFactory.getLogger(WalRoutes.class);

    private final WalRequests requests;

    public WalRoutes(WalRequests requests) {
        this.requests = requests;
    }

    @Override
    public void accept(HttpServerRoutes routes) {
        routes.post(
                "/v1/wal/archive/{name}",
                (request, response) -> answer(request, response, requests.archiveName(name(request), true)));
        routes.post("/v1/wal/restore/{name}", (request, response) -> restore(request, response));
        // Not 404: a mistyped path must not read as "not in the archive".
        routes.route(
                request -> request.uri().startsWith("/v1/"),
                (request, response) -> Answers.failure(
                        request,
                        response,
                        400,
                        "invalid",
                        "no such call; use POST /v1/wal/archive/NAME or POST /v1/wal/restore/NAME?destination=PATH"));
    }

    private Publisher<Void> restore(HttpServerRequest request, HttpServerResponse response) {
        String destination = Answers.parameter(request, "destination").orElse("");
        Optional<String> mode = Answers.parameter(request, "mode");
        if (mode.isPresent() && !mode.get().equals("rewind") && !mode.get().equals("recovery")) {
            return Answers.failure(request, response, 400, "invalid", "mode is rewind or recovery");
        }
        return answer(request, response, requests.restore(name(request), destination, mode.map("rewind"::equals)));
    }

    private static String name(HttpServerRequest request) {
        String name = request.param("name");
        return name == null ? "" : name;
    }

    private static Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response, Mono<Void> call) {
        return call.materialize().flatMap(signal -> {
            Throwable failure = signal.getThrowable();
            if (failure == null) {
                return Mono.from(Answers.text(response, 200, ""));
            }
            Failure sorted = Failure.of(failure);
            if (sorted.verdict() == Failure.Verdict.INTERNAL) {
                LOG.error("a call failed with an unforeseen error", failure);
            }
            return Mono.from(Answers.failure(request, response, sorted));
        });
    }
}
