package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveResult;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreResult;
import io.walarchiver.bridge.cnpgi.wal.WALStatusRequest;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.maintenance.Maintenance;
import io.walarchiver.sidecar.settings.InstanceEnvironment;
import io.walarchiver.sidecar.settings.InstanceSettings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole process beside an instance, over the stores of a Kubernetes API, asked as the instance manager asks. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InstanceTest {

    private static final String STORES = "barmancloud.cnpg.io/objectstores/shop/";

    private static final Instance.Pace FAST = new Instance.Pace(
            new Maintenance.Timing(
                    Duration.ofMillis(200),
                    Duration.ofMillis(500),
                    Duration.ofMillis(500),
                    Duration.ofMillis(500),
                    Optional.empty()),
            Duration.ofMillis(200));

    @TempDir
    private Path directory;

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private FakeCluster server;
    private List<WalFileName> segments;
    private @Nullable Instance instance;
    private @Nullable SocketClient client;

    @BeforeEach
    void prepare() throws IOException {
        server = FakeCluster.create(directory.toRealPath().resolve("pgdata"), SegmentSize.ofMebibytes(1));
        segments = server.readySegments(3);
        Files.createDirectories(directory.resolve("plugins"));
    }

    private void serve() throws IOException {
        instance = Instance.start(
                InstanceSettings.of(
                        InstanceEnvironment.written(directory.resolve("plugins/walarchiver.io"), 5),
                        InstanceEnvironment.of(server.pgdata(), "orders-1", directory.resolve("spool"))),
                kubernetes::connect,
                FAST);
        client = new SocketClient(directory.resolve("plugins/walarchiver.io"));
    }

    @AfterEach
    void end() throws InterruptedException {
        if (client != null) {
            client.close();
        }
        if (instance != null) {
            instance.close();
        }
        kubernetes.close();
    }

    @Test
    void segmentGoesToTheOwnArchiveAndComesBack() throws IOException {
        store("backups");
        serve();
        archive(segments.get(0), cluster());
        assertThat(stored("backups/orders", segments.get(0))).isTrue();

        restore(segments.get(0), cluster());
        assertThat(server.walDirectory().resolve("RECOVERYXLOG"))
                .hasSameBinaryContentAs(
                        server.walDirectory().resolve(segments.get(0).toString()));
        assertThat(wal().status(WALStatusRequest.newBuilder()
                                .setClusterDefinition(bytes(cluster()))
                                .build())
                        .getLastWal())
                .isNotEmpty();
    }

    @Test
    void whatIsArchivedIsReportedInTheStatusOfTheStore() throws IOException {
        store("backups");
        put("clusters", cluster());
        serve();
        archive(segments.get(0), cluster());

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            JsonNode status = kubernetes.objects.get(STORES + "backups").path("status");
            assertThat(status.at("/servers/orders/lastArchivedWal").asText()).startsWith("0000000100000000000000");
            assertThat(status.at("/servers/orders/missingSegments").asLong(-1)).isZero();
            assertThat(status.at("/conditions/0/status").asText()).isEqualTo("True");
        });
    }

    @Test
    void segmentBeforeTheStoreIsThereIsRefusedAndStoredOnceItIsCreated() throws IOException {
        put("clusters", cluster());
        serve();
        Status refused = assertFails(Status.Code.FAILED_PRECONDITION, () -> archive(segments.get(0), cluster()));
        assertThat(refused.getDescription()).contains("there is no ObjectStore \"backups\"", "barmanObjectName");
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(kubernetes.objects.list("/events/shop/", "", 10, ""))
                        .asString()
                        .contains("WalArchivingFailed"));

        store("backups");
        awaitArchived(segments.get(0));
    }

    @Test
    void apiThatIsDownAtTheStartIsUnavailableAndThenFound() throws IOException {
        store("backups");
        kubernetes.setDown(true);
        serve();
        Status refused = assertFails(Status.Code.UNAVAILABLE, () -> archive(segments.get(0), cluster()));
        assertThat(refused.getDescription()).contains("objectstores");

        kubernetes.setDown(false);
        awaitArchived(segments.get(0));
    }

    @Test
    void apiThatGoesAwayLeavesTheLastGoodStore() throws IOException {
        store("backups");
        serve();
        archive(segments.get(0), cluster());
        kubernetes.setDown(true);
        archive(segments.get(1), cluster());
        assertThat(stored("backups/orders", segments.get(1))).isTrue();
    }

    @Test
    void clusterThatArchivesElsewhereIsAnsweredWithoutStoring() throws IOException {
        store("backups");
        serve();
        archive(segments.get(0), cluster().replace("\"isWALArchiver\": true", "\"isWALArchiver\": false"));
        assertThat(stored("backups/orders", segments.get(0))).isFalse();
    }

    @Test
    void formerPrimaryBringsAwayWhatItStillHolds() throws IOException {
        store("backups");
        serve();
        archive(
                segments.get(0),
                cluster().replace("\"currentPrimary\": \"orders-1\"", "\"currentPrimary\": \"orders-2\""));
        assertThat(stored("backups/orders", segments.get(0))).isTrue();
    }

    @Test
    void walComesFromWhereTheRoleSays() throws IOException {
        store("backups");
        store("origin");
        serve();
        copyIntoArchive("origin/old-orders", segments.get(1));
        // The first instance of a recovery, and the designated primary of a replica cluster.
        restore(segments.get(1), recovering("\"status\": {}"));
        Files.delete(server.walDirectory().resolve("RECOVERYXLOG"));
        restore(segments.get(1), recovering("\"status\": {\"currentPrimary\": \"orders-1\"}"));
        // An ordinary standby reads what the Cluster itself has archived, and that is nothing yet.
        assertFails(
                Status.Code.NOT_FOUND,
                () -> restore(segments.get(1), recovering("\"status\": {\"currentPrimary\": \"orders-2\"}")));
    }

    @Test
    void historyOfATimelineThatThePrimaryHasNotReachedIsKeptBackFromAReplica() throws IOException {
        store("backups");
        serve();
        WalFileName history = WalFileName.parse("00000007.history");
        copyIntoArchive("backups/orders", server.write(history, "6\t0/1000000\tno reason\n".getBytes("UTF-8")));
        String replica =
                cluster().replace("orders-1", "orders-2").replace("\"status\": {", "\"status\": {\"timelineID\": 6, ");
        assertFails(Status.Code.NOT_FOUND, () -> restore(history, replica));
        restore(history, replica.replace("\"timelineID\": 6", "\"timelineID\": 7"));
    }

    @Test
    void rotatedCredentialsAreUsedWithoutARestart() throws IOException {
        try (EmbeddedS3 s3 = EmbeddedS3.start()) {
            secret(s3.accessKeyId(), "not the key any more");
            s3Store(s3, "secret");
            serve();
            assertFails(Status.Code.FAILED_PRECONDITION, () -> archive(segments.get(0), cluster()));

            secret(s3.accessKeyId(), s3.secretAccessKey());
            awaitArchived(segments.get(0));
            secret(s3.accessKeyId(), "wrong again");
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                WalFileName.Segment fresh = server.name(40);
                server.write(fresh, server.segmentBytes(fresh.segment()));
                assertFails(Status.Code.FAILED_PRECONDITION, () -> archive(fresh, cluster()));
            });
        }
    }

    @Test
    void missingKeyOfASecretIsNamed() throws IOException {
        try (EmbeddedS3 s3 = EmbeddedS3.start()) {
            secret(s3.accessKeyId(), s3.secretAccessKey());
            s3Store(s3, "elsewhere");
            serve();
            Status refused = assertFails(Status.Code.FAILED_PRECONDITION, () -> archive(segments.get(0), cluster()));
            assertThat(refused.getDescription())
                    .contains("keys", "elsewhere", "secretAccessKey")
                    .doesNotContain(s3.secretAccessKey());
        }
    }

    private void awaitArchived(WalFileName name) {
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
            archive(name, cluster());
            return true;
        });
    }

    @CanIgnoreReturnValue
    private JsonNode put(String plural, String json) {
        return kubernetes.objects.apply(plural, json);
    }

    private void store(String name) throws IOException {
        Files.createDirectories(directory.resolve(name));
        put("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "%s", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "file://%s"}}}
                """.formatted(name, directory.resolve(name)));
    }

    private void s3Store(EmbeddedS3 s3, String key) {
        put("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "backups", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://%s/", "endpointURL": "%s", "s3Credentials": {
                   "accessKeyId": {"name": "keys", "key": "id"},
                   "secretAccessKey": {"name": "keys", "key": "%s"}}}}}
                """.formatted(s3.bucket(), s3.endpoint(), key));
    }

    private void secret(String id, String secret) {
        put("secrets", """
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "shop"},
                 "data": {"id": "%s", "secret": "%s"}}
                """.formatted(base64(id), base64(secret)));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private boolean stored(String archive, WalFileName name) throws IOException {
        Path wals = directory.resolve(archive).resolve("wals");
        if (!Files.exists(wals)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(wals)) {
            return files.anyMatch(file -> String.valueOf(file.getFileName()).startsWith(name.toString()));
        }
    }

    private void copyIntoArchive(String archive, WalFileName name) throws IOException {
        copyIntoArchive(archive, server.walDirectory().resolve(name.toString()));
    }

    private void copyIntoArchive(String archive, Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        Path wals = directory.resolve(archive).resolve("wals");
        Path target = name.endsWith(".history")
                ? wals.resolve(name)
                : wals.resolve(name.substring(0, 16)).resolve(name);
        Files.createDirectories(target.getParent());
        Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
    }

    static String cluster() {
        return """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders", "namespace": "shop", "uid": "1-2-3"},
                 "spec": {"plugins": [{"name": "walarchiver.io", "isWALArchiver": true,
                   "parameters": {"barmanObjectName": "backups"}}]},
                 "status": {"currentPrimary": "orders-1", "targetPrimary": "orders-1"}}""";
    }

    private static String recovering(String status) {
        return """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders", "namespace": "shop", "uid": "1-2-3"},
                 "spec": {"plugins": [{"name": "walarchiver.io", "isWALArchiver": true,
                     "parameters": {"barmanObjectName": "backups"}}],
                   "bootstrap": {"recovery": {"source": "old"}}, "replica": {"enabled": true, "source": "old"},
                   "externalClusters": [{"name": "old", "plugin": {"name": "walarchiver.io",
                     "parameters": {"barmanObjectName": "origin", "serverName": "old-orders"}}}]},
                 %s}""".formatted(status);
    }

    @CanIgnoreReturnValue
    private WALArchiveResult archive(WalFileName name, String cluster) {
        return wal().archive(WALArchiveRequest.newBuilder()
                .setClusterDefinition(bytes(cluster))
                .setSourceFileName(
                        server.walDirectory().resolve(name.toString()).toString())
                .build());
    }

    @CanIgnoreReturnValue
    private WALRestoreResult restore(WalFileName name, String cluster) {
        return wal().restore(WALRestoreRequest.newBuilder()
                .setClusterDefinition(bytes(cluster))
                .setSourceWalName(name.toString())
                .setDestinationFileName(
                        server.walDirectory().resolve("RECOVERYXLOG").toString())
                .build());
    }

    private WALGrpc.WALBlockingStub wal() {
        return WALGrpc.newBlockingStub(Objects.requireNonNull(client).channel())
                .withDeadlineAfter(40, TimeUnit.SECONDS);
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    @CanIgnoreReturnValue
    private static Status assertFails(Status.Code code, ThrowingCallable call) {
        Status[] status = new Status[1];
        assertThatThrownBy(call)
                .asInstanceOf(type(StatusRuntimeException.class))
                .satisfies(failure -> status[0] = failure.getStatus());
        assertThat(status[0].getCode()).as(String.valueOf(status[0])).isEqualTo(code);
        return status[0];
    }
}
