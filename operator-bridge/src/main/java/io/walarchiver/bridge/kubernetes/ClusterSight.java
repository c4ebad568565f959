package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Looks around in a cluster with the rights of whoever runs the command. Reads only; whatever the API answers is a {@link
 * Sight}, never an error. An empty namespace stands for all namespaces, or for objects that are in none.
 */
public final class ClusterSight implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PAGE = 250;
    private static final int LOG_LINES = 500;
    private static final int MAX_REASON_LENGTH = 300;

    private final HttpClient http;
    private final HttpExchanges exchanges;
    private final String base;
    private final Duration timeout;
    private final Scheduler scheduler;

    private ClusterSight(Config config, Duration timeout, Scheduler scheduler) {
        this.http = new JdkHttpClientFactory().newBuilder(config).build();
        this.exchanges = new HttpExchanges(http);
        String master = config.getMasterUrl();
        this.base = master.endsWith("/") ? master : master + "/";
        this.timeout = timeout;
        this.scheduler = scheduler;
    }

    /**
     * Finds the way to the cluster; sends nothing yet. May run the command that a kubeconfig names for credentials.
     *
     * @param kubeconfig a file; without it the files of {@code KUBECONFIG}, {@code ~/.kube/config}, or the service account
     *     of the Pod
     * @param context    of the kubeconfig; without it the current one
     * @param timeout    of one request
     * @param scheduler  where the signals of all publishers come
     * @throws ClusterAccessException when there is none of them, or it cannot be used
     */
    public static ClusterSight open(
            Optional<Path> kubeconfig, Optional<String> context, Duration timeout, Scheduler scheduler) {
        Config found = config(kubeconfig, context);
        boolean inPod = found.getCurrentContext() == null;
        if (inPod && (kubeconfig.isPresent() || context.isPresent() || found.getAutoOAuthToken() == null)) {
            throw new ClusterAccessException(
                    kubeconfig.isPresent()
                            ? kubeconfig.orElseThrow() + " has no current context that is complete: choose one with"
                                    + " --context, or with kubectl config use-context"
                            : "no kubeconfig with a current context was found, and this is no Pod with a service"
                                    + " account: name a kubeconfig with --kubeconfig or KUBECONFIG");
        }
        context.filter(name -> !inPod && !name.equals(found.getCurrentContext().getName()))
                .ifPresent(name -> {
                    throw new ClusterAccessException("the kubeconfig has no complete context \"" + name + "\"");
                });
        Config config = new ConfigBuilder(found)
                .withHttp2Disable(true)
                .withConnectionTimeout((int) timeout.toMillis() / 2)
                .withRequestRetryBackoffLimit(0)
                .build();
        try {
            return new ClusterSight(config, timeout, scheduler);
        } catch (RuntimeException e) {
            throw new ClusterAccessException(
                    "the certificates or the key of the kubeconfig cannot be used: " + text(e));
        }
    }

    /** The address of the API, for people. */
    public String address() {
        return base;
    }

    /**
     * The version of Kubernetes. The one publisher here that fails: with {@link KubernetesException.Unavailable} when the
     * API gives no answer, or does not know who asks.
     */
    public Mono<String> version() {
        return send("version").map(answer -> {
            if (answer.code() == 401) {
                throw new KubernetesException.Unavailable(base + " does not accept the credentials (401)", null);
            }
            return answer.code() == 200 ? tree(answer.body()).path("gitVersion").asText() : "";
        });
    }

    /** One object. */
    public Mono<Sight<ObjectNode>> get(ResourceKind kind, String namespace, String name) {
        if (!ObjectReference.isName(name)) {
            return Mono.just(new Sight.Absent<>());
        }
        String right = "get " + kind + where(namespace);
        return send(path(kind, namespace) + "/" + name)
                .map(answer -> sight(answer, right).map(ClusterSight::tree))
                .onErrorResume(KubernetesException.class, e -> Mono.just(new Sight.Unread<>(text(e))));
    }

    /** All objects of a kind. */
    public Mono<Sight<List<ObjectNode>>> list(ResourceKind kind, String namespace) {
        String right = "list " + kind + where(namespace);
        return page(kind, namespace, "", right)
                .expand(page -> page.found()
                        .map(list -> list.at("/metadata/continue").asText())
                        .filter(token -> !token.isEmpty())
                        .map(token -> page(kind, namespace, token, right))
                        .orElseGet(Mono::empty))
                .collectList()
                .map(ClusterSight::joined);
    }

    /** The last lines of a container's log. */
    public Mono<Sight<String>> log(String namespace, String pod, String container) {
        return send(path(new ResourceKind("", "v1", "pods"), namespace) + "/" + pod + "/log?container=" + container
                        + "&tailLines=" + LOG_LINES)
                .map(answer -> sight(answer, "get pods/log" + where(namespace))
                        .map(body -> new String(body, StandardCharsets.UTF_8)))
                .onErrorResume(KubernetesException.class, e -> Mono.just(new Sight.Unread<>(text(e))));
    }

    /** Ends what is under way. */
    @Override
    public void close() {
        http.close();
    }

    private static Config config(Optional<Path> kubeconfig, Optional<String> context) {
        try {
            if (kubeconfig.isEmpty()) {
                return Config.autoConfigure(context.orElse(null));
            }
            Path file = kubeconfig.orElseThrow();
            if (!Files.isReadable(file)) {
                throw new ClusterAccessException("cannot read the kubeconfig " + file);
            }
            return Config.fromKubeconfig(context.orElse(null), file.toFile());
        } catch (ClusterAccessException e) {
            throw e;
        } catch (RuntimeException e) {
            // What the parser says may quote the file, which holds credentials.
            throw new ClusterAccessException(kubeconfig.map(Path::toString).orElse("the kubeconfig")
                    + " is no kubeconfig, or the command that it names for credentials fails; try kubectl version");
        }
    }

    private Mono<Sight<ObjectNode>> page(ResourceKind kind, String namespace, String token, String right) {
        String next = token.isEmpty() ? "" : "&continue=" + URLEncoder.encode(token, StandardCharsets.UTF_8);
        return send(path(kind, namespace) + "?limit=" + PAGE + next)
                .map(answer -> sight(answer, right).map(ClusterSight::tree))
                .onErrorResume(KubernetesException.class, e -> Mono.just(new Sight.Unread<>(text(e))));
    }

    private static Sight<List<ObjectNode>> joined(List<Sight<ObjectNode>> pages) {
        List<ObjectNode> objects = new ArrayList<>();
        for (Sight<ObjectNode> page : pages) {
            Optional<ObjectNode> list = page.found();
            if (list.isEmpty()) {
                return page.map(none -> List.of());
            }
            for (JsonNode item : list.orElseThrow().path("items")) {
                if (item instanceof ObjectNode object) {
                    objects.add(object);
                }
            }
        }
        return new Sight.There<>(objects);
    }

    private Mono<HttpExchanges.Answer> send(String path) {
        return Mono.defer(() -> exchanges.send(http.newHttpRequestBuilder()
                        .uri(base + path)
                        .header("Accept", "application/json, */*")
                        .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                        .build()))
                .timeout(timeout, scheduler)
                .publishOn(scheduler)
                .onErrorMap(failure -> new KubernetesException.Unavailable(
                        base + " does not answer: "
                                + (failure instanceof TimeoutException
                                        ? "nothing within " + timeout.toSeconds() + " s"
                                        : text(failure)),
                        failure));
    }

    private static Sight<byte[]> sight(HttpExchanges.Answer answer, String right) {
        return switch (answer.code()) {
            case 200 -> new Sight.There<>(answer.body());
            case 404 -> new Sight.Absent<>();
            case 401, 403 -> new Sight.Hidden<>(right);
            default ->
                new Sight.Unread<>("to " + right + " was answered with " + answer.code() + " "
                        + cut(tree(answer.body()).path("message").asText()));
        };
    }

    private static ObjectNode tree(byte[] json) {
        try {
            if (JSON.readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            // Without what the parser says: it may quote the object.
        }
        return JSON.createObjectNode();
    }

    private static String path(ResourceKind kind, String namespace) {
        return (kind.group().isEmpty() ? "api/" : "apis/" + kind.group() + "/")
                + kind.version()
                + (namespace.isEmpty() ? "/" : "/namespaces/" + namespace + "/")
                + kind.plural();
    }

    private static String where(String namespace) {
        return namespace.isEmpty() ? " in the whole cluster" : " in the namespace " + namespace;
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return cut(message == null ? failure.getClass().getSimpleName() : message);
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(text.length(), MAX_REASON_LENGTH));
    }
}
