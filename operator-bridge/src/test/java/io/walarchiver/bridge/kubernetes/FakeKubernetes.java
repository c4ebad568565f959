package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.walarchiver.bridge.kubernetes.FakeObjects.ApiError;
import io.walarchiver.bridge.kubernetes.FakeObjects.Change;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import reactor.core.scheduler.Scheduler;

/**
 * A Kubernetes API on the loopback interface, for namespaced objects, which can be listed everywhere: versions and conflicts, status subresources, field
 * selectors, pages, watches over HTTP, merge patches, preconditions, rights, and faults by script.
 */
public final class FakeKubernetes implements AutoCloseable {

    /**
     * A request as the authoriser sees it.
     *
     * @param verb     as in a Role
     * @param group    empty for the core group
     * @param resource with the subresource behind a slash
     * @param name     empty when the request is for all names
     */
    public record Attributes(String verb, String group, String resource, String name) {}

    /** What to answer instead; a negative code never answers, and 0 answers nonsense. */
    private record Fault(Predicate<Attributes> to, int code) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    public final FakeObjects objects = new FakeObjects();
    public final List<Attributes> requests = new CopyOnWriteArrayList<>();

    /** The paths of all requests, without their queries. */
    public final List<String> paths = new CopyOnWriteArrayList<>();

    private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "fake-kubernetes");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;
    private volatile Predicate<Attributes> rights = request -> true;
    private volatile String hidden = "";
    private volatile boolean down;
    private volatile String token = "";
    private final AtomicInteger openWatches = new AtomicInteger();

    private final String scheme;

    public FakeKubernetes() {
        this(Optional.empty());
    }

    /** With TLS, as a Pod sees the API. */
    public FakeKubernetes(SSLContext tls) {
        this(Optional.of(tls));
    }

    private FakeKubernetes(Optional<SSLContext> tls) {
        scheme = tls.isPresent() ? "https" : "http";
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try {
            if (tls.isPresent()) {
                HttpsServer secured = HttpsServer.create(address, 0);
                secured.setHttpsConfigurator(new HttpsConfigurator(tls.orElseThrow()));
                server = secured;
            } else {
                server = HttpServer.create(address, 0);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public ApiConnection connect(Scheduler scheduler) {
        return connect(new ApiConnection.Settings(Duration.ofSeconds(20), Duration.ofSeconds(60), 3), scheduler);
    }

    ApiConnection connect(ApiConnection.Settings settings, Scheduler scheduler) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(address())
                .withNamespace("shop")
                .withHttp2Disable(true)
                .withRequestRetryBackoffLimit(0)
                .build();
        return new ApiConnection(config, settings, scheduler);
    }

    /** Answers the next request that fits with an error. */
    public void fail(int code, Predicate<Attributes> to) {
        faults.add(new Fault(to, code));
    }

    /** Leaves the next request that fits without an answer. */
    void hang(Predicate<Attributes> request) {
        faults.add(new Fault(request, -1));
    }

    /** Who asks may do this only. */
    public void allow(Predicate<Attributes> allowed) {
        rights = allowed;
    }

    /** Nobody may do anything in this namespace. */
    public void hide(String namespace) {
        hidden = namespace;
    }

    /** Answers the next request that fits with something that is no JSON. */
    void garble(Predicate<Attributes> request) {
        faults.add(new Fault(request, 0));
    }

    /** Refuses whoever does not bring the token; empty is no token. */
    public void demand(String bearer) {
        token = bearer;
    }

    public String address() {
        return scheme + "://" + server.getAddress().getHostString() + ":"
                + server.getAddress().getPort();
    }

    /** Answers everything with 503 and ends all watches, until it is up again. */
    public void setDown(boolean isDown) {
        down = isDown;
        objects.wakeWatches();
    }

    /** Where it listens. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Watches whose client is there, or has not been found gone yet. */
    public int openWatches() {
        return openWatches.get();
    }

    public long requests(String verb, String resource) {
        return requests.stream()
                .filter(request ->
                        request.verb().equals(verb) && request.resource().equals(resource))
                .count();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                respond(exchange, Request.of(exchange));
            } catch (ApiError e) {
                answer(exchange, e.code, FakeObjects.status(e));
            }
        }
    }

    private void respond(HttpExchange exchange, Request request) throws IOException {
        requests.add(request.attributes);
        paths.add(exchange.getRequestURI().getPath());
        Optional<Fault> fault = nextFault(request.attributes);
        if (fault.isPresent() && fault.orElseThrow().code() < 0) {
            hang();
        }
        if (!token.isEmpty()
                && !("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            throw new ApiError(401, "Unauthorized");
        }
        if (fault.isPresent() && fault.orElseThrow().code() == 0) {
            byte[] garbage = "{\"a\": \nsecret-value".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, garbage.length);
            exchange.getResponseBody().write(garbage);
            return;
        }
        if (fault.isPresent() || down) {
            throw new ApiError(fault.map(Fault::code).orElse(503), "by script");
        }
        if (!rights.test(request.attributes) || request.prefix.endsWith("/" + hidden + "/")) {
            throw new ApiError(403, request.attributes + " is forbidden");
        }
        if (request.attributes.verb().equals("watch")) {
            watch(exchange, request);
        } else {
            answer(exchange, 200, serve(request));
        }
    }

    private Optional<Fault> nextFault(Attributes request) {
        for (Fault fault : faults) {
            if (fault.to().test(request) && faults.remove(fault)) {
                return Optional.of(fault);
            }
        }
        return Optional.empty();
    }

    private ObjectNode serve(Request request) {
        return switch (request.attributes.verb()) {
            case "get" -> objects.get(request.key());
            case "list" ->
                objects.list(
                        request.prefix,
                        request.attributes.name(),
                        Integer.parseInt(request.query.getOrDefault("limit", "1000")),
                        request.query.getOrDefault("continue", ""));
            case "create" -> objects.create(request.prefix, request.body);
            case "update" -> objects.replace(request.key(), request.isStatus(), request.body);
            case "patch" -> objects.patch(request.key(), request.isStatus(), request.body);
            case "delete" -> objects.delete(request.key(), request.body.path("preconditions"));
            default -> throw new ApiError(405, request.attributes.verb());
        };
    }

    private void watch(HttpExchange exchange, Request request) throws IOException {
        long seconds = Long.parseLong(request.query.getOrDefault("timeoutSeconds", "60"));
        long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        long version = Long.parseLong(request.query.getOrDefault("resourceVersion", "0"));
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        out.flush();
        openWatches.incrementAndGet();
        try {
            watchUntil(deadline, version, request, out);
        } finally {
            openWatches.decrementAndGet();
        }
    }

    private void watchUntil(long deadline, long from, Request request, OutputStream out) throws IOException {
        long version = from;
        long epoch = objects.watchEpoch();
        while (System.nanoTime() < deadline && objects.watchEpoch() == epoch) {
            List<Change> changes;
            try {
                changes = objects.changesAfter(version, request.prefix, request.attributes.name(), epoch, deadline);
            } catch (ApiError e) {
                ObjectNode event = JSON.createObjectNode().put("type", "ERROR");
                event.set("object", FakeObjects.status(e));
                writeLine(out, event);
                return;
            }
            for (Change change : changes) {
                ObjectNode event = JSON.createObjectNode().put("type", change.type());
                event.set("object", change.object());
                writeLine(out, event);
                version = change.version();
            }
        }
    }

    private static void writeLine(OutputStream out, JsonNode event) throws IOException {
        out.write((event + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static void answer(HttpExchange exchange, int code, JsonNode body) throws IOException {
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Until the server is closed. */
    private static void hang() throws IOException {
        try {
            Thread.sleep(Duration.ofMinutes(10).toMillis());
        } catch (InterruptedException e) {
            throw new IOException("closed", e);
        }
    }

    /** A request taken apart. */
    private static final class Request {
        final Attributes attributes;
        final Map<String, String> query = new HashMap<>();
        final ObjectNode body;
        final String prefix;

        private Request(Attributes attributes, String prefix, ObjectNode body) {
            this.attributes = attributes;
            this.prefix = prefix;
            this.body = body;
        }

        static Request of(HttpExchange exchange) throws IOException {
            Map<String, String> query = new HashMap<>();
            String raw = exchange.getRequestURI().getRawQuery();
            if (raw != null) {
                for (String pair : raw.split("&", -1)) {
                    String[] parts = pair.split("=", 2);
                    query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
                }
            }
            String[] parts = exchange.getRequestURI().getPath().substring(1).split("/", -1);
            boolean core = parts[0].equals("api");
            int at = core ? 2 : 3;
            String group = core ? "" : parts[1];
            if (parts.length == at + 1 && exchange.getRequestMethod().equals("GET")) {
                Request everywhere = new Request(
                        new Attributes(query.containsKey("watch") ? "watch" : "list", group, parts[at], ""),
                        group + "/" + parts[at] + "/",
                        JSON.createObjectNode());
                everywhere.query.putAll(query);
                return everywhere;
            }
            if (parts.length < at + 3 || !parts[at].equals("namespaces")) {
                throw new ApiError(404, "no such path");
            }
            String plural = parts[at + 2];
            String selected = query.getOrDefault("fieldSelector", "").replaceFirst("^metadata\\.name=", "");
            String name = parts.length > at + 3 ? parts[at + 3] : selected;
            String resource = parts.length > at + 4 ? plural + "/" + parts[at + 4] : plural;
            String verb = verb(exchange.getRequestMethod(), parts.length == at + 3, query.containsKey("watch"));
            JsonNode body;
            try (InputStream in = exchange.getRequestBody()) {
                body = JSON.readTree(in);
            }
            Request request = new Request(
                    new Attributes(verb, group, resource, name),
                    group + "/" + plural + "/" + parts[at + 1] + "/",
                    body instanceof ObjectNode object ? object : JSON.createObjectNode());
            request.query.putAll(query);
            return request;
        }

        String key() {
            return prefix + attributes.name();
        }

        boolean isStatus() {
            return attributes.resource().endsWith("/status");
        }

        private static String verb(String method, boolean collection, boolean watch) {
            return switch (method) {
                case "GET" -> collection ? watch ? "watch" : "list" : "get";
                case "POST" -> "create";
                case "PUT" -> "update";
                case "PATCH" -> "patch";
                case "DELETE" -> "delete";
                default -> method;
            };
        }
    }
}
