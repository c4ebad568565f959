package io.walarchiver.sidecar.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.walarchiver.sidecar.request.Failure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** The forms of an answer: text and JSON, each of known length, never to be stored by anybody on the way. */
final class Answers {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Answers() {}

    static Publisher<Void> text(HttpServerResponse response, int status, String text) {
        return send(response, status, "text/plain; charset=utf-8", text);
    }

    static Publisher<Void> html(HttpServerResponse response, String page) {
        return send(response, 200, "text/html; charset=utf-8", page);
    }

    static Publisher<Void> json(HttpServerResponse response, int status, Object value) {
        try {
            return send(response, status, "application/json", JSON.writeValueAsString(value) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + value.getClass().getSimpleName() + " as JSON", e);
        }
    }

    static Publisher<Void> send(HttpServerResponse response, int status, String type, String body) {
        return response.status(status)
                .header(HttpHeaderNames.CONTENT_TYPE, type)
                .header(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .sendString(Mono.just(body));
    }

    /** A failure in the form the caller likes. */
    static Publisher<Void> failure(HttpServerRequest request, HttpServerResponse response, Failure failure) {
        int status = HttpFailures.statusOf(failure.verdict());
        return failure(
                request,
                response,
                status,
                failure.verdict().name().toLowerCase(java.util.Locale.ROOT),
                failure.message());
    }

    static Publisher<Void> failure(
            HttpServerRequest request, HttpServerResponse response, int status, String kind, String message) {
        if (!wantsJson(request)) {
            return text(response, status, message + "\n");
        }
        Map<String, String> body = new LinkedHashMap<>();
        body.put("error", kind);
        body.put("message", message);
        return json(response, status, body);
    }

    /** By {@code ?format=json}, or when JSON is what the Accept header names. */
    static boolean wantsJson(HttpServerRequest request) {
        return parameter(request, "format").map("json"::equals).orElseGet(() -> accepts(request, "application/json"));
    }

    static boolean accepts(HttpServerRequest request, String type) {
        String accept = request.requestHeaders().get(HttpHeaderNames.ACCEPT);
        return accept != null && accept.contains(type);
    }

    /** The first value of a query parameter, decoded. */
    static Optional<String> parameter(HttpServerRequest request, String name) {
        List<String> values = new QueryStringDecoder(request.uri()).parameters().get(name);
        return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.get(0));
    }
}
