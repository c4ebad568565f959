package io.walarchiver.bridge.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import reactor.core.scheduler.Scheduler;

/**
 * The real API of Kubernetes: etcd and kube-apiserver on the loopback interface, with RBAC and service accounts and without
 * controllers. Where one of the two programs is missing, the test that asks for it is aborted and says so.
 */
public final class KubeApiServer implements AutoCloseable {

    /** An answer. */
    public record Answer(int code, JsonNode body) {}

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ADMIN = "admin-token-of-the-test";
    private static final Duration START = Duration.ofSeconds(120);

    private final Path directory;
    private final List<Process> processes = new ArrayList<>();
    private final int port;
    private final HttpClient http;

    private KubeApiServer(Path directory, Path etcd, Path apiServer) throws IOException, GeneralSecurityException {
        this.directory = directory;
        int etcdPort = freePort();
        String etcdUrl = "http://127.0.0.1:" + etcdPort;
        String peerUrl = "http://127.0.0.1:" + freePort();
        port = freePort();
        run(
                "etcd",
                etcd.toString(),
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=" + etcdUrl,
                "--advertise-client-urls=" + etcdUrl,
                "--listen-peer-urls=" + peerUrl,
                "--initial-advertise-peer-urls=" + peerUrl,
                "--initial-cluster=default=" + peerUrl);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        Path signing = pem("sa.key", "PRIVATE KEY", pair.getPrivate());
        Path verifying = pem("sa.pub", "PUBLIC KEY", pair.getPublic());
        Path tokens = Files.writeString(directory.resolve("tokens.csv"), ADMIN + ",admin,admin-uid,system:masters\n");
        run(
                "kube-apiserver",
                apiServer.toString(),
                "--etcd-servers=" + etcdUrl,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--secure-port=" + port,
                "--cert-dir=" + directory.resolve("certificates"),
                "--service-cluster-ip-range=10.0.0.0/24",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + verifying,
                "--service-account-signing-key-file=" + signing,
                "--token-auth-file=" + tokens,
                "--authorization-mode=RBAC",
                // Refuses owners that block deletion to who may not set finalizers, as OpenShift does.
                "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
                // Puts the token into Pods, and refuses Pods of accounts that its controller has not made.
                "--disable-admission-plugins=ServiceAccount");
        Path certificate = directory.resolve("certificates/apiserver.crt");
        Awaitility.await("certificate of the API server").atMost(START).until(() -> {
            requireAlive();
            return Files.exists(certificate) && Files.size(certificate) > 0;
        });
        http = HttpClient.newBuilder().sslContext(trusting(certificate)).build();
        Awaitility.await("API server")
                .atMost(START)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    requireAlive();
                    return isReady();
                });
    }

    /** Starts one, or aborts the test. */
    public static KubeApiServer start() {
        Optional<Path> etcd = program("ETCD", "etcd");
        Optional<Path> apiServer = program("KUBE_APISERVER", "kube-apiserver");
        Assumptions.assumeTrue(
                etcd.isPresent() && apiServer.isPresent(),
                "SKIPPED, nothing was tried against a real Kubernetes API: needs "
                        + (etcd.isEmpty() ? "etcd on the PATH or named by ETCD" : "")
                        + (etcd.isEmpty() && apiServer.isEmpty() ? " and " : "")
                        + (apiServer.isEmpty() ? "kube-apiserver on the PATH or named by KUBE_APISERVER" : ""));
        Path directory;
        try {
            directory = Files.createTempDirectory("kube-apiserver");
            return new KubeApiServer(directory, etcd.orElseThrow(), apiServer.orElseThrow());
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static Optional<Path> program(String variable, String name) {
        String named = System.getenv(variable);
        if (named != null && !named.isBlank()) {
            return Optional.of(Path.of(named));
        }
        return Arrays.stream(
                        Objects.requireNonNullElse(System.getenv("PATH"), "").split(File.pathSeparator, -1))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** A connection of a service account. */
    public ApiConnection connect(String namespace, String account, Scheduler scheduler) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("https://127.0.0.1:" + port)
                .withCaCertFile(directory.resolve("certificates/apiserver.crt").toString())
                .withOauthToken(token(namespace, account))
                .withNamespace(namespace)
                .withHttp2Disable(true)
                .withRequestRetryBackoffLimit(0)
                .build();
        return new ApiConnection(
                config, new ApiConnection.Settings(Duration.ofSeconds(20), Duration.ofSeconds(60), 3), scheduler);
    }

    /** Writes a kubeconfig of the administrator. */
    public Path kubeconfig() {
        return kubeconfig(ADMIN);
    }

    /** Writes a kubeconfig of a service account. */
    public Path kubeconfig(String namespace, String account) {
        return kubeconfig(token(namespace, account));
    }

    private Path kubeconfig(String token) {
        try {
            return Files.writeString(directory.resolve("kubeconfig"), """
                    apiVersion: v1
                    kind: Config
                    current-context: test
                    contexts: [{name: test, context: {cluster: test, user: test}}]
                    clusters: [{name: test, cluster: {server: "https://127.0.0.1:%d", certificate-authority: %s}}]
                    users: [{name: test, user: {token: %s}}]
                    """.formatted(
                            port, directory.resolve("certificates/apiserver.crt"), token));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A request of the administrator. */
    public Answer send(String method, String path, JsonNode body) {
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + path))
                            .header("Authorization", "Bearer " + ADMIN)
                            .header("Content-Type", "application/json")
                            .timeout(Duration.ofSeconds(30))
                            .method(
                                    method,
                                    body.isMissingNode()
                                            ? BodyPublishers.noBody()
                                            : BodyPublishers.ofString(body.toString()))
                            .build(),
                    BodyHandlers.ofString());
            return new Answer(answer.statusCode(), JSON.readTree(answer.body()));
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Reads an object. */
    public JsonNode get(String path) {
        Answer answer = send("GET", path, JSON.missingNode());
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
        return answer.body();
    }

    /** Creates an object of a common kind; what the API made of it. Unknown fields are refused. */
    public JsonNode create(JsonNode object) {
        Answer answer = send("POST", collection(object) + "?fieldValidation=Strict", object);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return answer.body();
    }

    /** What the API says to the creation of an object that it does not keep. */
    public Answer tryToCreate(JsonNode object) {
        return send("POST", collection(object) + "?fieldValidation=Strict&dryRun=All", object);
    }

    /** The path of the collection that an object belongs to. */
    public static String collection(JsonNode object) {
        String version = object.path("apiVersion").asText();
        String namespace = object.at("/metadata/namespace").asText();
        String plural = object.path("kind").asText().toLowerCase(Locale.ROOT);
        plural = plural.endsWith("y") ? plural.substring(0, plural.length() - 1) + "ies" : plural + "s";
        return (version.contains("/") ? "/apis/" : "/api/")
                + version
                + (namespace.isEmpty() ? "" : "/namespaces/" + namespace)
                + "/"
                + plural;
    }

    private String token(String namespace, String account) {
        ObjectNode request = JSON.createObjectNode();
        request.put("apiVersion", "authentication.k8s.io/v1").put("kind", "TokenRequest");
        request.putObject("spec").put("expirationSeconds", 3600);
        Answer answer =
                send("POST", "/api/v1/namespaces/" + namespace + "/serviceaccounts/" + account + "/token", request);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        return answer.body().at("/status/token").asText();
    }

    @Override
    public void close() {
        for (int i = processes.size() - 1; i >= 0; i--) {
            processes.get(i).destroy();
            try {
                if (!processes.get(i).waitFor(10, TimeUnit.SECONDS)) {
                    processes.get(i).destroyForcibly();
                }
            } catch (InterruptedException e) {
                processes.get(i).destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted((one, other) -> other.compareTo(one))
                    .forEach(file -> assertThat(file.toFile().delete()).isTrue());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean isReady() {
        try {
            return http.send(
                                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/readyz"))
                                            .header("Authorization", "Bearer " + ADMIN)
                                            .timeout(Duration.ofSeconds(5))
                                            .build(),
                                    BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void run(String name, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().retainAll(List.of("PATH", "HOME", "TMPDIR"));
        builder.environment().putAll(Map.of("GOMAXPROCS", "2"));
        processes.add(builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile())
                .start());
    }

    private void requireAlive() throws IOException {
        for (Process process : processes) {
            if (!process.isAlive()) {
                throw new AssertionError("a server ended with " + process.exitValue() + ": "
                        + Files.readString(directory.resolve("etcd.log"))
                        + Files.readString(directory.resolve("kube-apiserver.log")));
            }
        }
    }

    private Path pem(String file, String label, Key key) throws IOException {
        return Files.writeString(
                directory.resolve(file),
                "-----BEGIN " + label + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
                        + "\n-----END " + label + "-----\n");
    }

    private static SSLContext trusting(Path pem) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(pem)) {
            int index = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("c" + index++, certificate);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
