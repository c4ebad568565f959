package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataRequest;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataResponse;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksGrpc;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksResult;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.operator.StoreCare;
import io.walarchiver.sidecar.grpc.TlsClient;
import io.walarchiver.sidecar.settings.OperatorProcessSettings;
import io.walarchiver.sidecar.tls.MountedSecrets;
import io.walarchiver.sidecar.tls.TestAuthority;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole operator process in this JVM, asked over mTLS, with an API by hand. */
@Timeout(120)
class OperatorProcessTest {

    private static final OperatorProcess.Pace FAST = new OperatorProcess.Pace(
            Duration.ofMillis(50), new StoreCare.Pace(Duration.ofMillis(20), Duration.ofMillis(200), 2));

    @TempDir
    private Path directory;

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final TestAuthority authority = new TestAuthority("authority");
    private OperatorProcess process;
    private TlsClient client;

    @BeforeEach
    void start() throws IOException {
        MountedSecrets secrets = new MountedSecrets(directory);
        secrets.server(authority.server(TlsClient.SERVICE));
        secrets.trust(authority.self().certificatePem());
        process = OperatorProcess.start(
                OperatorProcessSettings.of(
                        new OperatorProcessSettings.Written(
                                secrets.files().certificate(),
                                secrets.files().key(),
                                secrets.files().trustedCallers(),
                                "127.0.0.1:0",
                                "127.0.0.1:0"),
                        Map.of("SIDECAR_IMAGE", "registry.example/wal-archiver:1.2.3")),
                FAST,
                kubernetes::connect);
        client = TlsClient.showing(process.grpcPort(), authority.self().certificate(), authority.client("operator"));
    }

    @AfterEach
    void stop() throws InterruptedException {
        client.close();
        process.close();
        kubernetes.close();
    }

    @Test
    void itPresentsItselfAndBecomesReady() throws Exception {
        GetPluginMetadataResponse metadata = IdentityGrpc.newBlockingStub(client.channel())
                .getPluginMetadata(GetPluginMetadataRequest.getDefaultInstance());
        assertThat(metadata.getName()).isEqualTo("walarchiver.io");
        await().until(() -> get("/readyz").statusCode() == 200);
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        assertThat(get("/metrics").body()).contains("wal_archiver_operator_synced 1.0");
    }

    @Test
    void sidecarsGetTheirRights() {
        ReconcilerHooksResult result = ReconcilerHooksGrpc.newBlockingStub(client.channel())
                .pre(ReconcilerHooksRequest.newBuilder()
                        .setClusterDefinition(ByteString.copyFromUtf8(CLUSTER))
                        .setResourceDefinition(ByteString.copyFromUtf8(CLUSTER))
                        .build());
        assertThat(result.getBehavior()).isEqualTo(ReconcilerHooksResult.Behavior.BEHAVIOR_CONTINUE);
        assertThat(kubernetes.objects.has("rbac.authorization.k8s.io/roles/shop/orders-wal-archiver"))
                .isTrue();
    }

    private static final String CLUSTER = """
            {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
             "metadata": {"name": "orders", "namespace": "shop", "uid": "u-1"},
             "spec": {"plugins": [{"name": "walarchiver.io", "isWALArchiver": true,
               "parameters": {"barmanObjectName": "backups"}}]}}""";

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + process.httpPort() + path))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
