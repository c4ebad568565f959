package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The reading side of a Kubernetes API on the loopback interface, with the objects of a YAML file. */
public final class FakeApi implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PAGE = 2;
    private static final String START = "2020/01/01 00:00:00";
    private static final int TWENTY_YEARS = 7300;

    static final TestCertificate SERVER =
            TestCertificate.make("EC:256", "serverAuth", "wal-archiver", START, TWENTY_YEARS);
    static final TestCertificate CLIENT = TestCertificate.make("RSA:2048", "clientAuth", "", START, TWENTY_YEARS);

    /** By {@code group/version/plural|namespace|name}. */
    private final Map<String, ObjectNode> objects = new TreeMap<>();

    private final Map<Pattern, Integer> faults = new ConcurrentHashMap<>();
    private final Map<String, String> logs = new HashMap<>();
    public final List<String> requests = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(4, task -> {
        Thread thread = new Thread(task, "fake-api");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    public FakeApi() {
        try (InputStream healthy = Objects.requireNonNull(FakeApi.class.getResourceAsStream("/doctor/healthy.yaml"));
                YAMLParser parser = new YAMLMapper().getFactory().createParser(healthy)) {
            while (parser.nextToken() != null) {
                put(new YAMLMapper().readTree(parser));
            }
            putInstalledRole();
            put(SERVER.secret("wal-archiver-server-tls"));
            put(CLIENT.secret("wal-archiver-client-tls"));
            logs.put("orders-1", "2026-08-10 11:57:00.100 INFO  Archive: stored 0000000100000000000000A4\n");
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Writes a kubeconfig that leads here. */
    public Path kubeconfig(Path directory) throws IOException {
        return Files.writeString(directory.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: test
                contexts: [{name: test, context: {cluster: test, user: test}}]
                clusters: [{name: test, cluster: {server: "%s"}}]
                users: [{name: test, user: {token: "abc"}}]
                """.formatted(address()));
    }

    /** The ClusterRole that is installed. */
    private void putInstalledRole() throws IOException {
        Path manifest = Path.of("..", "charts", "manifest.yaml");
        try (YAMLParser parser = new YAMLMapper().getFactory().createParser(manifest.toFile())) {
            while (parser.nextToken() != null) {
                JsonNode document = new YAMLMapper().readTree(parser);
                if (document.path("kind").asText().equals("ClusterRole")
                        && document.at("/metadata/name").asText().equals("wal-archiver")) {
                    put(document);
                }
            }
        }
    }

    void put(ObjectNode object) {
        objects.put(key(object), object);
    }

    private void put(JsonNode object) {
        put((ObjectNode) object);
    }

    /** An object by its kind and name, to be changed in place. */
    public ObjectNode object(String kind, String name) {
        return objects.values().stream()
                .filter(object -> object.path("kind").asText().equals(kind)
                        && object.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    public void remove(String kind, String name) {
        objects.remove(key(object(kind, name)));
    }

    /** Moves an object that is stored under its name and namespace. */
    void rename(String kind, String name, String namespace, String newName) {
        ObjectNode object = object(kind, name);
        objects.remove(key(object));
        ((ObjectNode) object.path("metadata")).put("namespace", namespace).put("name", newName);
        put(object);
    }

    void log(String pod, String text) {
        logs.put(pod, text);
    }

    /** Answers paths that match with a status. */
    public void fail(String pattern, int status) {
        faults.put(Pattern.compile(pattern), status);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String query = Objects.requireNonNullElse(exchange.getRequestURI().getQuery(), "");
        requests.add(exchange.getRequestMethod() + " " + path);
        int status = faults.entrySet().stream()
                .filter(fault -> fault.getKey().matcher(path).matches())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(200);
        byte @Nullable [] body = status == 200 ? body(path, query) : new byte[0];
        if (body == null) {
            status = 404;
            body = new byte[0];
        }
        if (status != 200) {
            body = ("{\"kind\": \"Status\", \"message\": \"no " + path + "\"}").getBytes(StandardCharsets.UTF_8);
        }
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private byte @Nullable [] body(String path, String query) throws IOException {
        if (path.equals("/version")) {
            return "{\"gitVersion\": \"v1.34.1\"}".getBytes(StandardCharsets.UTF_8);
        }
        String[] parts = path.substring(1).split("/", -1);
        int at = parts[0].equals("api") ? 2 : 3;
        String group = parts[0].equals("api") ? parts[1] : parts[1] + "/" + parts[2];
        String namespace = "";
        if (parts[at].equals("namespaces") && parts.length > at + 2) {
            namespace = parts[at + 1];
            at += 2;
        }
        String plural = parts[at];
        if (path.endsWith("/log")) {
            String log = logs.get(parts[at + 1]);
            return log == null ? null : log.getBytes(StandardCharsets.UTF_8);
        }
        if (parts.length > at + 1) {
            ObjectNode object = objects.get(group + "/" + plural + "|" + namespace + "|" + parts[at + 1]);
            return object == null ? null : JSON.writeValueAsBytes(object);
        }
        return list(group + "/" + plural + "|" + namespace + (namespace.isEmpty() ? "" : "|"), query);
    }

    private byte[] list(String prefix, String query) throws IOException {
        List<ObjectNode> found = objects.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .map(Map.Entry::getValue)
                .collect(Collectors.toList());
        int from = query.contains("continue=") ? Integer.parseInt(query.replaceAll(".*continue=", "")) : 0;
        ObjectNode list = JSON.createObjectNode();
        list.putArray("items").addAll(found.subList(from, Math.min(found.size(), from + PAGE)));
        if (found.size() > from + PAGE) {
            list.putObject("metadata").put("continue", Integer.toString(from + PAGE));
        }
        return JSON.writeValueAsBytes(list);
    }

    private static String key(ObjectNode object) {
        String kind = object.path("kind").asText().toLowerCase(Locale.ROOT);
        return object.path("apiVersion").asText() + "/" + kind + "s|"
                + object.at("/metadata/namespace").asText() + "|"
                + object.at("/metadata/name").asText();
    }
}
