package io.walarchiver.bridge.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.DryRun;
import com.marcnuri.helm.Helm;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * As much of a Kubernetes API as Helm asks before it would change anything: which kinds there are, and objects by name.
 * Nothing is ever written to it.
 */
final class FakeCluster implements AutoCloseable {

    private static final String NAMESPACE = "cnpg-system";

    /** Helm takes the cluster from this variable; the build sets it, so that no test ever sees a real one. */
    private static final Path KUBE_CONFIG = Path.of(System.getenv().getOrDefault("KUBECONFIG", ""));

    /** The kinds by group and version. */
    private final Map<String, List<String>> kinds = new TreeMap<>(Map.of(
            "v1", List.of("Secret", "Service", "ServiceAccount", "ConfigMap", "Namespace"),
            "apps/v1", List.of("Deployment"),
            "policy/v1", List.of("PodDisruptionBudget"),
            "rbac.authorization.k8s.io/v1", List.of("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
            "apiextensions.k8s.io/v1", List.of("CustomResourceDefinition")));

    private final Map<String, String> objects = new ConcurrentHashMap<>();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);

    FakeCluster() throws IOException {
        Assumptions.assumeTrue(
                KUBE_CONFIG.endsWith("target/test-kubeconfig"), "KUBECONFIG is not the one of this build's tests");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        Files.writeString(KUBE_CONFIG, """
                {"apiVersion": "v1", "kind": "Config", "current-context": "c",
                 "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:%d"}}],
                 "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                 "users": [{"name": "u", "user": {}}]}
                """.formatted(server.getAddress().getPort()));
    }

    FakeCluster withKind(String groupVersion, String kind) {
        kinds.put(groupVersion, List.of(kind));
        return this;
    }

    /** Keeps a Secret as if it had been installed. */
    void install(JsonNode secret) {
        objects.put(
                "/api/v1/namespaces/" + NAMESPACE + "/secrets/"
                        + secret.at("/metadata/name").asText(),
                secret.toString());
    }

    /** What would be installed: the chart rendered with what is there. */
    Chart.Objects render(String values) {
        return Chart.PLUGIN.render(values);
    }

    /** What an installation would say at its end; unlike {@link #render}, it asks which kinds there are. */
    String notes(String setting, Object value) {
        return new Helm(Chart.PLUGIN.directory())
                .install()
                .withName("wal-archiver")
                .withNamespace(NAMESPACE)
                .withDryRunOption(DryRun.SERVER)
                .disableOpenApiValidation()
                .set(setting, value)
                .call()
                .getOutput();
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(KUBE_CONFIG);
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = exchange.getRequestMethod().equals("GET") ? body(path) : null;
        int status = body == null ? 404 : 200;
        byte[] bytes = (body == null
                        ? "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}"
                        : body)
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private @Nullable String body(String path) {
        if (path.equals("/version")) {
            return "{\"major\":\"1\",\"minor\":\"29\",\"gitVersion\":\"v1.29.0\"}";
        }
        if (path.equals("/api")) {
            return "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
        }
        if (path.equals("/apis")) {
            return "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":["
                    + kinds.keySet().stream()
                            .filter(version -> version.contains("/"))
                            .map(FakeCluster::group)
                            .collect(Collectors.joining(","))
                    + "]}";
        }
        String version = path.equals("/api/v1") ? "v1" : path.startsWith("/apis/") ? path.substring(6) : "";
        List<String> known = kinds.get(version);
        if (known != null) {
            return "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"" + version
                    + "\",\"resources\":["
                    + known.stream().map(FakeCluster::resource).collect(Collectors.joining(",")) + "]}";
        }
        return objects.get(path);
    }

    private static String group(String version) {
        String group = version.substring(0, version.indexOf('/'));
        return "{\"name\":\"%s\",\"versions\":[{\"groupVersion\":\"%s\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"%s\",\"version\":\"v1\"}}"
                .formatted(group, version, version);
    }

    private static String resource(String kind) {
        boolean namespaced = !List.of("Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition")
                .contains(kind);
        return "{\"name\":\"%s\",\"singularName\":\"\",\"namespaced\":%s,\"kind\":\"%s\",\"verbs\":[\"get\",\"list\",\"create\"]}"
                .formatted(kind.toLowerCase(Locale.ROOT) + "s", namespaced, kind);
    }
}
