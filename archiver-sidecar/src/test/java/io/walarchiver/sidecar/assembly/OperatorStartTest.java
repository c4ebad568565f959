package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.walarchiver.bridge.cnpgi.identity.GetPluginMetadataRequest;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.ProbeRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksGrpc;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksRequest;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerHooksResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the operator process finds when it starts. */
@Timeout(120)
class OperatorStartTest {

    @TempDir
    private Path directory;

    private RunningOperator operator;

    @BeforeEach
    void prepare() throws IOException {
        operator = RunningOperator.prepared(directory);
        operator.secrets.server(operator.certificate);
        operator.secrets.trust(operator.authority.self().certificatePem());
    }

    @AfterEach
    void stop() throws InterruptedException {
        operator.close();
    }

    @Test
    void processStaysUpWhileTheApiIsAwayAndIsReadyWhenItComes() throws Exception {
        operator.kubernetes.setDown(true);
        operator.start(Map.of());

        await().until(() -> operator.get("/readyz").body().contains("not listed yet: listing objectstores"));
        assertThat(operator.get("/readyz").statusCode()).isEqualTo(503);
        assertThat(operator.get("/healthz").statusCode()).isEqualTo(200);
        assertThat(operator.metrics()).contains("wal_archiver_operator_synced 0.0");
        ManagedChannel channel = operator.channel();
        assertThat(IdentityGrpc.newBlockingStub(channel)
                        .probe(ProbeRequest.getDefaultInstance())
                        .getReady())
                .isTrue();

        operator.kubernetes.setDown(false);

        await().until(operator::isReady);
        assertThat(operator.metrics()).contains("wal_archiver_operator_synced 1.0");
    }

    @Test
    void onlyTheNamespacesThatAreNamedAreRead() throws Exception {
        operator.start(Map.of("WATCH_NAMESPACES", "shop, stock"));
        await().until(operator::isReady);
        await().until(() -> operator.kubernetes.requests("watch", "objectstores") == 2);
        assertThat(operator.kubernetes.paths)
                .isNotEmpty()
                .allMatch(path -> path.contains("/namespaces/shop/") || path.contains("/namespaces/stock/"));
    }

    @Test
    void nameOfThePluginIsTheOneThatWasGiven() throws Exception {
        operator.start(Map.of("PLUGIN_NAME", "barman-cloud.cloudnative-pg.io"));
        assertThat(IdentityGrpc.newBlockingStub(operator.channel())
                        .getPluginMetadata(GetPluginMetadataRequest.getDefaultInstance())
                        .getName())
                .isEqualTo("barman-cloud.cloudnative-pg.io");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void addressWithoutAHostIsEveryAddress(String loopback) throws Exception {
        InetAddress address = InetAddress.getByName(loopback);
        Assumptions.assumeTrue(NetworkInterface.getByInetAddress(address) != null, "this machine has no " + loopback);
        operator.start(Map.of(), ":0");
        assertThat(operator.isListening(address)).isTrue();
    }

    @Test
    void callThatRunsIsAnsweredBeforeTheEnd() throws Exception {
        operator.start(Map.of());
        await().until(operator::isReady);
        ManagedChannel channel = operator.channel();
        CountDownLatch release = new CountDownLatch(1);
        operator.kubernetes.allow(request -> !request.resource().equals("roles") || passes(release));
        ByteString cluster = ByteString.copyFromUtf8("""
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders", "namespace": "shop", "uid": "u-1"},
                 "spec": {"plugins": [{"name": "walarchiver.io", "parameters": {"barmanObjectName": "backups"}}]}}""");
        ListenableFuture<ReconcilerHooksResult> call = ReconcilerHooksGrpc.newFutureStub(channel)
                .pre(ReconcilerHooksRequest.newBuilder()
                        .setClusterDefinition(cluster)
                        .setResourceDefinition(cluster)
                        .build());
        await().until(() -> operator.kubernetes.requests("get", "roles") == 1);

        Thread ending = new Thread(operator::end, "ending");
        ending.start();
        await().until(() -> !operator.isListening());
        assertThat(call.isDone()).isFalse();
        release.countDown();

        assertThat(call.get(30, TimeUnit.SECONDS).getBehavior())
                .isEqualTo(ReconcilerHooksResult.Behavior.BEHAVIOR_CONTINUE);
        ending.join(Duration.ofSeconds(30).toMillis());
        assertThat(ending.isAlive()).isFalse();
    }

    private static boolean passes(CountDownLatch release) {
        try {
            return release.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void addressThatIsTakenIsSaid() throws Exception {
        operator.start(Map.of());
        try (RunningOperator second = RunningOperator.prepared(directory.resolve("second"))) {
            assertThatThrownBy(() -> second.start(Map.of(), "127.0.0.1:" + operator.port()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(Integer.toString(operator.port()));
        }
    }
}
