package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.ProbeRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksGrpc;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksResult.Behavior;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.sidecar.grpc.TlsClient;
import io.walarchiver.sidecar.tls.MountedSecrets;
import io.walarchiver.sidecar.tls.TestAuthority;
import io.walarchiver.sidecar.tls.TestAuthority.Issued;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command as the chart starts it, in a process of its own, with the service account of a Pod and an API with TLS. */
@Timeout(180)
class OperatorCommandIT {

    private static final String TOKEN = "token-of-the-service-account";

    @TempDir
    private Path directory;

    private final TestAuthority cluster = new TestAuthority("kubernetes");
    private final TestAuthority plugin = new TestAuthority("plugin");
    private FakeKubernetes kubernetes;
    private MountedSecrets secrets;

    @BeforeEach
    void makeTheCluster() throws IOException, GeneralSecurityException {
        kubernetes = new FakeKubernetes(context(cluster.server("kubernetes.default.svc")));
        kubernetes.demand(TOKEN);
        secrets = new MountedSecrets(directory);
        secrets.server(plugin.server(TlsClient.SERVICE));
        secrets.trust(plugin.self().certificatePem());
        Files.writeString(directory.resolve("token"), TOKEN);
        Files.writeString(directory.resolve("ca.crt"), cluster.self().certificatePem());
    }

    @AfterEach
    void takeItAway() {
        kubernetes.close();
    }

    @Test
    void podIsReadyAnswersAndEndsInOrder() throws Exception {
        kubernetes.objects.apply("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "backups", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://b", "s3Credentials": {"inheritFromIAMRole": true}}}}""");
        try (Child child = start()) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> field(child, "http_port").isPresent());
            int http = field(child, "http_port").orElseThrow();
            await().atMost(Duration.ofSeconds(60)).until(() -> status(http, "/readyz") == 200);
            assertThat(status(http, "/healthz")).isEqualTo(200);
            await().until(() -> kubernetes
                    .objects
                    .get("barmancloud.cnpg.io/objectstores/shop/backups")
                    .at("/status/conditions/0/status")
                    .asText()
                    .equals("True"));
            try (TlsClient client = TlsClient.showing(
                    field(child, "grpc_port").orElseThrow(), plugin.self().certificate(), plugin.client("operator"))) {
                ByteString definition = ByteString.copyFromUtf8("""
                        {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                         "metadata": {"name": "orders", "namespace": "shop", "uid": "u-1"},
                         "spec": {"plugins": [{"name": "walarchiver.io", "parameters": {"barmanObjectName": "backups"}}]}}""");
                assertThat(ReconcilerHooksGrpc.newBlockingStub(client.channel())
                                .pre(ReconcilerHooksRequest.newBuilder()
                                        .setClusterDefinition(definition)
                                        .setResourceDefinition(definition)
                                        .build())
                                .getBehavior())
                        .isEqualTo(Behavior.BEHAVIOR_CONTINUE);
                assertThat(kubernetes.objects.has("rbac.authorization.k8s.io/roles/shop/orders-wal-archiver"))
                        .isTrue();

                child.terminate();

                // It is known to be ending, and whoever has not heard of that is answered still.
                await().until(() -> status(http, "/readyz") == 503);
                assertThat(status(http, "/healthz")).isEqualTo(200);
                assertThat(IdentityGrpc.newBlockingStub(client.channel())
                                .probe(ProbeRequest.getDefaultInstance())
                                .getReady())
                        .isTrue();
                assertThat(child.exitCode()).isZero();
            }
        }
    }

    @Test
    void apiOfAnotherAuthorityIsNotTrusted() throws Exception {
        Files.writeString(
                directory.resolve("ca.crt"),
                new TestAuthority("kubernetes").self().certificatePem());
        try (Child child = start()) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> field(child, "http_port").isPresent());
            int http = field(child, "http_port").orElseThrow();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> body(http, "/readyz").contains("not listed yet: listing objectstores"));
            assertThat(status(http, "/readyz")).isEqualTo(503);
            assertThat(kubernetes.requests).isEmpty();
        }
    }

    private Child start() throws IOException {
        Map<String, String> environment = new HashMap<>();
        environment.put("SIDECAR_IMAGE", "registry.example/wal-archiver:1.2.3");
        environment.put("PLUGIN_NAME", "walarchiver.io");
        environment.put("POD_NAME", "wal-archiver-0");
        environment.put("NAMESPACE", "cnpg-system");
        environment.put("KUBERNETES_SERVICE_HOST", "127.0.0.1");
        environment.put("KUBERNETES_SERVICE_PORT", Integer.toString(kubernetes.port()));
        // What is in /var/run/secrets/kubernetes.io/serviceaccount of a Pod.
        environment.put(
                "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN",
                directory.resolve("token").toString());
        environment.put("KUBERNETES_CERTS_CA_FILE", directory.resolve("ca.crt").toString());
        environment.put("KUBECONFIG", directory.resolve("no-kubeconfig").toString());
        return Child.start(
                directory,
                environment,
                "operator",
                "--server-cert=" + secrets.files().certificate(),
                "--server-key=" + secrets.files().key(),
                "--client-cert=" + secrets.files().trustedCallers(),
                "--server-address=:0",
                "--http-address=:0",
                "--log-level=info",
                "--log-format=json",
                "--leader-elect");
    }

    /** A number in the line that says that it serves. */
    private static OptionalInt field(Child child, String name) throws IOException {
        ObjectMapper json = new ObjectMapper();
        for (String line : child.err().split("\n", -1)) {
            if (line.contains(name) && line.endsWith("}")) {
                for (JsonNode pair : json.readTree(line).path("kvpList")) {
                    if (pair.has(name)) {
                        return OptionalInt.of(pair.path(name).asInt());
                    }
                }
            }
        }
        assertThat(child.isRunning()).as(child.err()).isTrue();
        return OptionalInt.empty();
    }

    private static int status(int port, String path) throws IOException, InterruptedException {
        return get(port, path).statusCode();
    }

    private static String body(int port, String path) throws IOException, InterruptedException {
        return get(port, path).body();
    }

    private static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static SSLContext context(Issued issued) throws GeneralSecurityException, IOException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("own", issued.key(), new char[0], new X509Certificate[] {issued.certificate()});
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), null, null);
        return context;
    }
}
