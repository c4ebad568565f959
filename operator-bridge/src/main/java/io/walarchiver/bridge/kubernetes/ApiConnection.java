package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;

/**
 * A connection to the Kubernetes API, found and authenticated as the client library does it: the service account of the
 * Pod, or else the user's kubeconfig. Tokens are read again when they change.
 *
 * <p>HTTP/1.1, so that a request that gets no answer takes its connection with it; over HTTP/2 the next ones would be
 * sent into the same silence.
 */
public final class ApiConnection implements KubernetesApi, KubernetesCollections, AutoCloseable {

    /**
     * How long and how much.
     *
     * @param requestTimeout from sending a request to the end of its answer
     * @param watchDuration  after which the API is asked to end a watch
     * @param pageSize       objects in one answer of a list
     */
    public record Settings(Duration requestTimeout, Duration watchDuration, int pageSize) {

        /** For use in a cluster. */
        public static final Settings DEFAULT = new Settings(Duration.ofSeconds(15), Duration.ofMinutes(4), 20);
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String APPLICATION_JSON = "application/json";
    private static final int MAX_REASON_LENGTH = 400;

    private final HttpClient http;
    private final HttpExchanges exchanges;
    private final String base;
    private final Optional<String> namespace;
    private final Settings settings;
    private final Scheduler scheduler;

    ApiConnection(Config config, Settings settings, Scheduler scheduler) {
        this.http = new JdkHttpClientFactory().newBuilder(config).build();
        this.exchanges = new HttpExchanges(http);
        String master = config.getMasterUrl();
        this.base = master.endsWith("/") ? master : master + "/";
        this.namespace = Optional.ofNullable(config.getNamespace()).filter(name -> !name.isEmpty());
        this.settings = settings;
        this.scheduler = scheduler;
    }

    /**
     * Connects from within a Pod, or with the user's kubeconfig. Reads files; sends nothing yet.
     *
     * @param scheduler where the signals of all publishers come, and answers are parsed
     */
    public static ApiConnection fromSurroundings(Settings settings, Scheduler scheduler) {
        Config config = new ConfigBuilder()
                .withHttp2Disable(true)
                .withConnectionTimeout((int) settings.requestTimeout().toMillis() / 2)
                // Who asks knows better when to ask again.
                .withRequestRetryBackoffLimit(1)
                .withRequestRetryBackoffInterval(200)
                .build();
        return new ApiConnection(config, settings, scheduler);
    }

    /** The namespace of the Pod or of the kubeconfig. */
    public Optional<String> namespace() {
        return namespace;
    }

    @Override
    public Mono<ObjectNode> get(ObjectReference reference) {
        return call("GET", path(reference, Part.WHOLE), "", null, APPLICATION_JSON, "reading " + reference);
    }

    @Override
    public Mono<Listed> listByName(ObjectReference reference) {
        return call(
                        "GET",
                        reference.kind().path(reference.namespace()),
                        "?" + nameSelector(reference),
                        null,
                        APPLICATION_JSON,
                        "listing " + reference)
                .map(list -> {
                    JsonNode first = list.path("items").path(0);
                    return new Listed(
                            first instanceof ObjectNode object ? Optional.of(object) : Optional.empty(),
                            list.at("/metadata/resourceVersion").asText());
                });
    }

    @Override
    public Flux<WatchEvent> watch(ObjectReference reference, String resourceVersion) {
        return events(
                reference.kind().path(reference.namespace()),
                nameSelector(reference) + "&",
                resourceVersion,
                "watching " + reference);
    }

    @Override
    public Flux<WatchEvent> watchAll(ResourceKind kind, Scope scope, String resourceVersion) {
        return events(kind.path(scope), "", resourceVersion, "watching " + kind + " in " + scope);
    }

    @Override
    public Flux<ObjectNode> list(ResourceKind kind, String in) {
        return pages(kind, Scope.of(in)).concatMapIterable(Page::objects);
    }

    @Override
    public Flux<Page> pages(ResourceKind kind, Scope scope) {
        String what = "listing " + kind + " in " + scope;
        return page(kind.path(scope), "", what)
                .expand(page -> {
                    String token = page.at("/metadata/continue").asText();
                    return token.isEmpty() ? Mono.empty() : page(kind.path(scope), token, what);
                })
                .map(page -> new Page(
                        items(page), page.at("/metadata/resourceVersion").asText()));
    }

    @Override
    public Mono<ObjectNode> create(ResourceKind kind, String in, ObjectNode object) {
        return call("POST", kind.path(in), "", object, APPLICATION_JSON, "creating an object of " + kind + " in " + in);
    }

    @Override
    public Mono<ObjectNode> replace(ObjectReference reference, Part part, ObjectNode object) {
        return call("PUT", path(reference, part), "", object, APPLICATION_JSON, writing(reference, part));
    }

    @Override
    public Mono<ObjectNode> mergePatch(ObjectReference reference, Part part, ObjectNode patch) {
        return call(
                "PATCH", path(reference, part), "", patch, "application/merge-patch+json", writing(reference, part));
    }

    @Override
    public Mono<Void> delete(ObjectReference reference, ObjectNode object) {
        ObjectNode options = JsonNodeFactory.instance.objectNode();
        options.put("apiVersion", "v1").put("kind", "DeleteOptions").put("propagationPolicy", "Background");
        ObjectNode conditions = options.putObject("preconditions");
        for (String field : List.of("uid", "resourceVersion")) {
            conditions.put(field, object.path("metadata").path(field).asText());
        }
        return call("DELETE", path(reference, Part.WHOLE), "", options, APPLICATION_JSON, "deleting " + reference)
                .then();
    }

    /** Ends what is under way, with an error. */
    @Override
    public void close() {
        http.close();
    }

    private Flux<WatchEvent> events(String path, String selector, String resourceVersion, String what) {
        return Flux.defer(() -> exchanges.lines(request(
                        "GET",
                        path,
                        "?" + selector + "watch=true&resourceVersion="
                                + URLEncoder.encode(resourceVersion, StandardCharsets.UTF_8) + "&timeoutSeconds="
                                + Math.max(1, settings.watchDuration().toSeconds()),
                        null,
                        APPLICATION_JSON)))
                // A connection that died without a word is found out by this alone.
                .takeUntilOther(Mono.delay(settings.watchDuration().plus(settings.requestTimeout()), scheduler))
                .publishOn(scheduler)
                .onErrorMap(failure -> failure instanceof HttpExchanges.UnexpectedStatus status
                        ? error(status.code(), what, "")
                        : unavailable(what, failure))
                .handle((line, sink) -> event(line, what, sink));
    }

    private Mono<ObjectNode> page(String path, String token, String what) {
        String next = token.isEmpty() ? "" : "&continue=" + URLEncoder.encode(token, StandardCharsets.UTF_8);
        return call("GET", path, "?limit=" + settings.pageSize() + next, null, APPLICATION_JSON, what);
    }

    private Mono<ObjectNode> call(
            String method, String path, String query, @Nullable ObjectNode body, String contentType, String what) {
        return Mono.defer(() -> exchanges.send(request(method, path, query, body, contentType)))
                .timeout(settings.requestTimeout(), scheduler)
                .publishOn(scheduler)
                .onErrorMap(failure -> unavailable(what, failure))
                .map(answer -> {
                    if (answer.code() >= 200 && answer.code() < 300) {
                        return object(answer.body(), what);
                    }
                    throw error(answer.code(), what, reason(answer.body()));
                });
    }

    private HttpRequest request(
            String method, String path, String query, @Nullable ObjectNode body, String contentType) {
        HttpRequest.Builder request = http.newHttpRequestBuilder()
                .uri(base + path + query)
                .header("Accept", APPLICATION_JSON)
                .timeout(settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
        // The library takes the body of a GET for none, but wants to be given none.
        return (body == null
                        ? request.method(method, contentType, (String) null)
                        : request.method(method, contentType, body.toString()))
                .build();
    }

    private static String path(ObjectReference reference, Part part) {
        return reference.kind().path(reference.namespace()) + "/" + reference.name() + part.path();
    }

    private static String nameSelector(ObjectReference reference) {
        return "fieldSelector=metadata.name%3D" + reference.name();
    }

    private static String writing(ObjectReference reference, Part part) {
        return "writing " + (part == Part.STATUS ? "the status of " : "") + reference;
    }

    private static List<ObjectNode> items(ObjectNode list) {
        List<ObjectNode> objects = new ArrayList<>();
        for (JsonNode item : list.path("items")) {
            if (item instanceof ObjectNode object) {
                objects.add(object);
            }
        }
        return objects;
    }

    private static void event(byte[] line, String what, SynchronousSink<WatchEvent> sink) {
        if (line.length == 0) {
            return;
        }
        ObjectNode event = object(line, what);
        JsonNode object = event.path("object");
        String type = event.path("type").asText();
        switch (type) {
            case "ADDED", "MODIFIED", "DELETED" -> {
                if (object instanceof ObjectNode node) {
                    sink.next(new WatchEvent(WatchEvent.Type.valueOf(type), node));
                }
            }
            case "ERROR" ->
                sink.error(error(
                        object.path("code").asInt(500),
                        what,
                        object.path("message").asText()));
            default -> {
                // Bookmarks, and whatever a later API may tell.
            }
        }
    }

    private static ObjectNode object(byte[] json, String what) {
        try {
            if (JSON.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            // Without what the parser says: it may quote the object.
        }
        throw new KubernetesException.Unavailable(what + " failed: the answer is not a JSON object", null);
    }

    private static String reason(byte[] body) {
        try {
            return JSON.readTree(body).path("message").asText();
        } catch (IOException e) {
            return "";
        }
    }

    private static KubernetesException error(int code, String what, String reason) {
        String message = what + " failed: "
                + (reason.isEmpty()
                        ? "status " + code
                        : reason.substring(0, Math.min(reason.length(), MAX_REASON_LENGTH)));
        return switch (code) {
            case 401, 403 -> new KubernetesException.Forbidden(message);
            case 404 -> new KubernetesException.NotFound(message);
            case 409 -> new KubernetesException.Conflict(message);
            case 410 -> new KubernetesException.Gone(message);
            case 408, 429 -> new KubernetesException.Unavailable(message, null);
            default ->
                code >= 400 && code < 500
                        ? new KubernetesException.Rejected(message)
                        : new KubernetesException.Unavailable(message, null);
        };
    }

    private KubernetesException unavailable(String what, Throwable failure) {
        String why = failure instanceof TimeoutException
                ? "no answer within " + settings.requestTimeout().toSeconds() + " s"
                : failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return new KubernetesException.Unavailable(what + " failed: " + why, failure);
    }
}
