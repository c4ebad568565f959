package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.walarchiver.bridge.cnpgi.identity.GetPluginCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksGrpc;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreRequest;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreResponse;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreResult;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.sidecar.cli.HandMadeArchive;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.net.UnixHttp;
import io.walarchiver.sidecar.settings.InstanceEnvironment;
import io.walarchiver.sidecar.settings.RestoreJobSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A recovery job with the environment that it has in a Pod, over the stores of a Kubernetes API. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RestoreJobOnKubernetesTest {

    @TempDir
    private Path directory;

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private HandMadeArchive archive;
    private Path pgdata;
    private @Nullable RestoreJob job;
    private @Nullable SocketClient client;

    @BeforeEach
    void makeAnArchive() throws IOException {
        archive = HandMadeArchive.create(directory.toRealPath());
        pgdata = directory.toRealPath().resolve("new/pgdata");
        Files.createDirectories(directory.resolve("new"));
        Files.createDirectories(directory.resolve("plugins"));
        Files.createDirectories(directory.resolve("tablespaces/hot"));
    }

    @AfterEach
    void end() throws InterruptedException {
        if (client != null) {
            client.close();
        }
        if (job != null) {
            job.close();
        }
        kubernetes.close();
    }

    private void serve(String role) throws IOException {
        Map<String, String> environment = new HashMap<>(
                InstanceEnvironment.of(pgdata, "orders-1-full-recovery-x7k2p", directory.resolve("spool")));
        environment.put("JOB_ROLE", role);
        job = RestoreJob.start(
                RestoreJobSettings.of(
                        InstanceEnvironment.written(directory.resolve("plugins/walarchiver.io"), 0),
                        directory.resolve("tablespaces"),
                        directory.resolve("wal"),
                        environment),
                kubernetes::connect);
        client = new SocketClient(directory.resolve("plugins/walarchiver.io"));
    }

    @Test
    void backupAndWalComeFromTheStoreOfTheApi() throws IOException {
        store();
        serve("full-recovery");
        RestoreResponse response = hooks().restore(request());
        assertThat(response.getRestoreConfig()).contains("recovery_target_action = promote");
        assertThat(pgdata.resolve("base/1/1259")).exists();
        restoreWal();
        assertThat(pgdata.resolve("pg_wal/RECOVERYXLOG")).exists();
    }

    @Test
    void walWaitsForAStoreThatCannotBeReadYet() throws IOException {
        kubernetes.setDown(true);
        serve("snapshot-recovery");
        Files.createDirectories(pgdata.resolve("pg_wal"));
        Thread recovery = new Thread(this::restoreWal);
        recovery.start();
        await().atMost(Duration.ofSeconds(30)).until(() -> kubernetes.requests("list", "objectstores") >= 2);
        assertThat(pgdata.resolve("pg_wal/RECOVERYXLOG")).doesNotExist();
        store();
        kubernetes.setDown(false);
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(pgdata.resolve("pg_wal/RECOVERYXLOG")));
    }

    @Test
    void recoveryFromASnapshotOffersWalOnly() throws IOException {
        serve("snapshot-recovery");
        assertThat(IdentityGrpc.newBlockingStub(Objects.requireNonNull(client).channel())
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                        .getCapabilitiesList())
                .singleElement()
                .asString()
                .contains("TYPE_WAL_SERVICE");
    }

    @Test
    void missingStoreIsToldToTheCallerAndInAnEvent() throws IOException {
        serve("full-recovery");
        assertThatThrownBy(() -> hooks().restore(request()))
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure ->
                        assertThat(failure.getStatus().getDescription()).contains("there is no ObjectStore \"old\""));
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(kubernetes.objects.list("/events/shop/", "", 10, ""))
                        .asString()
                        .contains("RecoveryFailed", "there is no ObjectStore"));
        assertThat(pgdata).doesNotExist();
    }

    @Test
    void probesAreAnsweredBeforeAnythingIsRestored() throws IOException {
        kubernetes.setDown(true);
        serve("full-recovery");
        int port = Objects.requireNonNull(job).httpPort().orElseThrow();
        assertThat(UnixHttp.get(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                                "/healthz",
                                "*/*",
                                Duration.ofSeconds(20))
                        .status())
                .isEqualTo(200);
    }

    private void store() {
        put("""
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "old", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "file://%s"}}}
                """.formatted(archive.bucket()));
    }

    @CanIgnoreReturnValue
    private JsonNode put(String json) {
        return kubernetes.objects.apply("objectstores", json);
    }

    private RestoreJobHooksGrpc.RestoreJobHooksBlockingStub hooks() {
        return RestoreJobHooksGrpc.newBlockingStub(
                        Objects.requireNonNull(client).channel())
                .withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    private void restoreWal() {
        WALRestoreResult unused = WALGrpc.newBlockingStub(
                        Objects.requireNonNull(client).channel())
                .withDeadlineAfter(80, TimeUnit.SECONDS)
                .restore(WALRestoreRequest.newBuilder()
                        .setClusterDefinition(ByteString.copyFromUtf8(cluster()))
                        .setSourceWalName(archive.cluster().name(2).toString())
                        .setDestinationFileName(pgdata + "/pg_wal/RECOVERYXLOG")
                        .build());
    }

    private static RestoreRequest request() {
        return RestoreRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster()))
                .build();
    }

    private static String cluster() {
        return """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders", "namespace": "shop", "uid": "1-2-3"}, "spec": {
                  "tablespaces": [{"name": "hot"}],
                  "bootstrap": {"recovery": {"source": "origin"}},
                  "externalClusters": [{"name": "origin", "plugin": {"name": "walarchiver.io",
                    "parameters": {"barmanObjectName": "old", "serverName": "db"}}}]}}
                """;
    }
}
