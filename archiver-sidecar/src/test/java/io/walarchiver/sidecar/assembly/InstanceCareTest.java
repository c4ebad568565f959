package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import io.walarchiver.bridge.cnpgi.metrics.CollectMetric;
import io.walarchiver.bridge.cnpgi.metrics.CollectMetricsRequest;
import io.walarchiver.bridge.cnpgi.metrics.MetricsGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveResult;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.operator.ClusterReconciler;
import io.walarchiver.bridge.operator.OperatorSettings;
import io.walarchiver.bridge.operator.StoreSource;
import io.walarchiver.sidecar.cli.HandMadeArchive;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.maintenance.Maintenance;
import io.walarchiver.sidecar.settings.InstanceEnvironment;
import io.walarchiver.sidecar.settings.InstanceSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;

/** What an instance does by itself for its archive, with no more rights than it has in a cluster. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InstanceCareTest {

    private static final String OLD = "20200101T000000";
    private static final String KEPT = "20210101T000000";
    private static final String STORE = "barmancloud.cnpg.io/objectstores/shop/backups";
    private static final String ROLE = "rbac.authorization.k8s.io/roles/shop/orders-wal-archiver";
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Instance.Pace FAST = new Instance.Pace(
            new Maintenance.Timing(
                    Duration.ofMillis(100),
                    Duration.ofMinutes(10),
                    Duration.ofMillis(200),
                    Duration.ofMillis(200),
                    Optional.empty()),
            Duration.ofMillis(200));

    @TempDir
    private Path directory;

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final List<AutoCloseable> open = new ArrayList<>();
    private HandMadeArchive archive;
    private String uid;

    @BeforeEach
    void makeAnArchiveWithAnOldBackup() throws IOException {
        archive = HandMadeArchive.create(directory.toRealPath());
        archive.addBackup(OLD, Instant.parse("2020-01-01T00:00:00Z"));
        archive.addBackup(KEPT, Instant.parse("2021-01-01T00:00:00Z"));
        Files.createDirectories(directory.resolve("plugins"));
        put("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "backups", "namespace": "shop"},
                 "spec": {"retentionPolicy": "7d", "instanceSidecarConfiguration": {"retentionPolicyIntervalSeconds": 1},
                   "configuration": {"destinationPath": "file://%s"}}}
                """.formatted(archive.bucket()));
        uid = put("clusters", cluster("orders-1")).at("/metadata/uid").asText();
        backup("old", OLD);
        backup("kept", KEPT);
    }

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        kubernetes.close();
    }

    @Test
    void primaryKeepsTheRetentionPolicyAndBackupObjectsAndStatusFollow() throws IOException {
        serve();
        await().atMost(Duration.ofSeconds(40)).untilAsserted(() -> {
            assertThat(kubernetes.objects.has("postgresql.cnpg.io/backups/shop/old"))
                    .isFalse();
            assertThat(window().path("firstRecoverabilityPoint").asText()).startsWith("2021-01-01");
        });
        assertThat(archive.base(OLD).resolve("backup.info")).doesNotExist();
        assertThat(archive.base(KEPT).resolve("backup.info")).exists();
        assertThat(kubernetes.objects.has("postgresql.cnpg.io/backups/shop/kept"))
                .isTrue();
        assertThat(window().path("lastSuccessfulBackupTime").asText()).startsWith("2031");
    }

    @Test
    void pauseIsAsTheStoreSays() throws IOException {
        serve();
        await().atMost(Duration.ofSeconds(40))
                .until(() -> !kubernetes.objects.has("postgresql.cnpg.io/backups/shop/old"));
        // The next round would be in ten minutes by the usual pause.
        backup("late", OLD);
        await().atMost(Duration.ofSeconds(40))
                .until(() -> !kubernetes.objects.has("postgresql.cnpg.io/backups/shop/late"));
    }

    @Test
    void standbyLeavesTheArchiveAlone() throws IOException {
        put("clusters", cluster("orders-2"));
        serve();
        // The last of some rounds has begun, so those before it are over.
        await().atMost(Duration.ofSeconds(40)).until(() -> kubernetes.requests("get", "clusters") >= 1);
        assertThat(archive.base(OLD).resolve("backup.info")).exists();
        assertThat(kubernetes.objects.has("postgresql.cnpg.io/backups/shop/old"))
                .isTrue();
        assertThat(kubernetes.requests("delete", "backups")).isZero();
    }

    @Test
    void exporterOfTheInstanceShowsTheWindow() throws IOException, InterruptedException {
        serve();
        await().atMost(Duration.ofSeconds(40)).until(() -> window().has("firstRecoverabilityPoint"));
        try (SocketClient client = new SocketClient(directory.resolve("plugins/walarchiver.io"))) {
            List<CollectMetric> metrics = MetricsGrpc.newBlockingStub(client.channel())
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .collect(CollectMetricsRequest.newBuilder()
                            .setClusterDefinition(ByteString.copyFromUtf8(cluster("orders-1")))
                            .build())
                    .getMetricsList();
            assertThat(metrics)
                    .extracting(CollectMetric::getFqName)
                    .contains("barman_cloud_cloudnative_pg_io_first_recoverability_point");
            assertThat(metrics.get(1).getValue())
                    .isGreaterThan(Instant.parse("2031-01-01T00:00:00Z").getEpochSecond());
        }
    }

    /** What the plugin grants, and what every instance of the operator may do anyway: no request is for more. */
    @Test
    void rightsOfAnInstanceAreEnough() throws IOException, InterruptedException {
        reconcile();
        JsonNode role = kubernetes.objects.get(ROLE);
        kubernetes.requests.clear();
        Set<FakeKubernetes.Attributes> refused = new HashSet<>();
        kubernetes.allow(request -> {
            boolean allowed = isGranted(role, request) || isInstanceManagers(request);
            if (!allowed) {
                refused.add(request);
            }
            return allowed;
        });
        serve();
        try (SocketClient client = new SocketClient(directory.resolve("plugins/walarchiver.io"))) {
            archiveOneSegment(client);
        }
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(kubernetes.objects.has("postgresql.cnpg.io/backups/shop/old"))
                    .isFalse();
            assertThat(window().has("firstRecoverabilityPoint")).isTrue();
            assertThat(kubernetes
                            .objects
                            .get(STORE)
                            .at("/status/servers/db/lastArchivedWal")
                            .asText())
                    .isNotEmpty();
        });
        assertThat(refused).isEmpty();
    }

    private void archiveOneSegment(SocketClient client) throws IOException {
        var name = archive.cluster().name(1);
        WALArchiveResult unused = WALGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(40, TimeUnit.SECONDS)
                .archive(WALArchiveRequest.newBuilder()
                        .setClusterDefinition(ByteString.copyFromUtf8(cluster("orders-1")))
                        .setSourceFileName(archive.cluster()
                                .walDirectory()
                                .resolve(name.toString())
                                .toString())
                        .build());
    }

    private void reconcile() {
        ApiConnection api = kubernetes.connect(Schedulers.boundedElastic());
        open.add(api);
        byte[] cluster = cluster("orders-1")
                .replace("\"name\": \"orders\"", "\"name\": \"orders\", \"uid\": \"" + uid + "\"")
                .getBytes(StandardCharsets.UTF_8);
        new ClusterReconciler(
                        new OperatorSettings(
                                "walarchiver.io",
                                "1.2.3",
                                "registry.example/wal-archiver:1.2.3",
                                List.of("/opt/wal-archiver/bin/wal-archiver"),
                                9189,
                                JSON.createObjectNode()),
                        api,
                        new ClusterEvents(api, "wal-archiver", "operator-1", Clock.systemUTC()),
                        StoreSource.asking(api),
                        ClusterReconciler.StoreProblems.UNKNOWN,
                        Schedulers.boundedElastic())
                .pre(cluster, cluster)
                .block(Duration.ofSeconds(30));
    }

    private static boolean isGranted(JsonNode role, FakeKubernetes.Attributes request) {
        for (JsonNode rule : role.path("rules")) {
            if (has(rule.path("apiGroups"), request.group())
                    && has(rule.path("resources"), request.resource())
                    && has(rule.path("verbs"), request.verb())
                    && has(rule.path("resourceNames"), request.name())) {
                return true;
            }
        }
        return false;
    }

    /** The part of the role of CloudNativePG's instance manager that is used here. */
    private static boolean isInstanceManagers(FakeKubernetes.Attributes request) {
        String what = request.group() + "/" + request.resource();
        return switch (what) {
            case "postgresql.cnpg.io/clusters" ->
                request.verb().equals("get") && request.name().equals("orders");
            case "postgresql.cnpg.io/backups" -> Set.of("get", "list", "delete").contains(request.verb());
            case "/events" -> Set.of("create", "patch").contains(request.verb());
            default -> false;
        };
    }

    private static boolean has(JsonNode list, String text) {
        for (JsonNode each : list) {
            if (each.asText().equals(text)) {
                return true;
            }
        }
        return false;
    }

    private JsonNode window() {
        return kubernetes.objects.get(STORE).at("/status/serverRecoveryWindow/db");
    }

    private void serve() throws IOException {
        open.add(Instance.start(
                InstanceSettings.of(
                        InstanceEnvironment.written(directory.resolve("plugins/walarchiver.io"), 5),
                        InstanceEnvironment.of(archive.cluster().pgdata(), "orders-1", directory.resolve("spool"))),
                kubernetes::connect,
                FAST));
    }

    private void backup(String name, String id) {
        put("backups", """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Backup", "metadata": {"name": "%s", "namespace": "shop"},
                 "spec": {"cluster": {"name": "orders"}, "method": "plugin"},
                 "status": {"phase": "completed", "backupId": "%s", "stoppedAt": "2020-01-01T01:00:00Z",
                   "pluginMetadata": {"clusterUID": "%s", "pluginName": "walarchiver.io"}}}
                """.formatted(name, id, uid));
    }

    @CanIgnoreReturnValue
    private JsonNode put(String plural, String json) {
        return kubernetes.objects.apply(plural, json);
    }

    private static String cluster(String primary) {
        return """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders", "namespace": "shop"},
                 "spec": {"plugins": [{"name": "walarchiver.io", "isWALArchiver": true,
                   "parameters": {"barmanObjectName": "backups", "serverName": "db"}}]},
                 "status": {"currentPrimary": "%s", "targetPrimary": "%1$s"}}""".formatted(primary);
    }
}
