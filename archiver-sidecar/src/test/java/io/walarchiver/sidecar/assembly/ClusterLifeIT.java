package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.walarchiver.bridge.cnpgi.backup.BackupGrpc;
import io.walarchiver.bridge.cnpgi.backup.BackupRequest;
import io.walarchiver.bridge.cnpgi.backup.BackupResult;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksGrpc;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreRequest;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreResponse;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.sidecar.grpc.SocketClient;
import io.walarchiver.sidecar.maintenance.Maintenance;
import io.walarchiver.sidecar.settings.InstanceEnvironment;
import io.walarchiver.sidecar.settings.InstanceSettings;
import io.walarchiver.sidecar.settings.RestoreJobSettings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A Cluster from its first segment to its recovery, with real servers, a real store, and nothing but what Kubernetes gives: an
 * ObjectStore, a Secret, and a Cluster that names the plugin. Only the operator and the API are played.
 */
@Timeout(600)
class ClusterLifeIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String PLUGIN = "barman-cloud.cloudnative-pg.io";

    private static final Instance.Pace FAST = new Instance.Pace(
            new Maintenance.Timing(
                    Duration.ofMillis(200),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(1),
                    Optional.empty()),
            Duration.ofMillis(500));

    @TempDir
    private Path directory;

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private EmbeddedS3 s3;
    private Path sockets;

    @BeforeEach
    void start() throws IOException {
        directory = directory.toRealPath();
        sockets = Files.createTempDirectory("cl-");
        s3 = EmbeddedS3.start();
        put("secrets", """
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "shop"},
                 "data": {"id": "%s", "secret": "%s"}}
                """.formatted(base64(s3.accessKeyId()), base64(s3.secretAccessKey())));
        put("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "backups", "namespace": "shop"},
                 "spec": {"retentionPolicy": "7d",
                   "configuration": {"destinationPath": "s3://%s/all", "endpointURL": "%s",
                     "data": {"compression": "gzip", "immediateCheckpoint": true}, "wal": {"compression": "gzip"},
                     "s3Credentials": {"accessKeyId": {"name": "keys", "key": "id"},
                       "secretAccessKey": {"name": "keys", "key": "secret"}}}}}
                """.formatted(s3.bucket(), s3.endpoint()));
    }

    @AfterEach
    void stop() {
        kubernetes.close();
        s3.close();
        Standalone.deleteTree(sockets);
    }

    @ParameterizedTest
    @CsvSource({"14, false", "18, true"})
    void lostClusterIsRecoveredFromItsObjectStore(int version, boolean toAMoment) throws Exception {
        PostgresBinaries binaries = PostgresBinaries.of(version);
        Path lost = directory.resolve("lost/pgdata");
        Files.createDirectories(lost.getParent());
        String unused = binaries.initdb(lost);
        put("clusters", orders());
        long rows;
        String moment;
        try (Instance instance =
                        Instance.start(instanceSettings(lost, "orders-1", "orders"), kubernetes::connect, FAST);
                InstanceManager manager = InstanceManager.start(lost, orders(), socket());
                PostgresServer server = binaries.start(lost, settings(manager.settings()))) {
            assertThat(instance.httpPort()).isPresent();
            server.execute("CREATE TABLE t (id bigserial, filler text)");
            Rows.insert(server, 2000);
            BackupResult backup = backup();
            assertThat(backup.getOnline()).isTrue();
            assertThat(backup.getInstanceId()).isEqualTo("orders-1");
            assertThat(backup.getStoppedAt()).isGreaterThanOrEqualTo(backup.getStartedAt());
            assertThat(backup.getStartedAt()).isPositive();
            Rows.insert(server, 3000);
            rows = Rows.count(server);
            moment = server.query(
                    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
            server.execute("SELECT pg_create_restore_point('something between')");
            Rows.insert(server, 500);
            Rows.archiveEverything(server, PATIENCE);
            assertReported(backup);
        }
        Standalone.deleteTree(lost);

        Path fresh = directory.resolve("fresh/pgdata");
        Files.createDirectories(fresh.getParent());
        String recovering = recovering(toAMoment ? "\"recoveryTarget\": {\"targetTime\": \"" + moment + "\"}," : "");
        try (RestoreJob job = RestoreJob.start(jobSettings(fresh), kubernetes::connect);
                SocketClient client = new SocketClient(socket())) {
            assertThat(job.httpPort()).isPresent();
            RestoreResponse response = RestoreJobHooksGrpc.newBlockingStub(client.channel())
                    .withDeadlineAfter(120, TimeUnit.SECONDS)
                    .restore(RestoreRequest.newBuilder()
                            .setClusterDefinition(ByteString.copyFromUtf8(recovering))
                            .build());
            try (InstanceManager manager = InstanceManager.start(fresh, recovering, socket())) {
                Files.writeString(
                        fresh.resolve("postgresql.auto.conf"),
                        withCommand(response.getRestoreConfig(), manager)
                                + (toAMoment
                                        // As the instance manager writes it: the server does not read RFC 3339 here.
                                        ? "recovery_target_time = '"
                                                + moment.replace('T', ' ').replace("Z", "+00") + "'\n"
                                        : ""),
                        StandardOpenOption.APPEND);
                Path unusedSignal = Files.createFile(fresh.resolve("recovery.signal"));
                PostgresBinaries.handOver(fresh);
                try (PostgresServer server = binaries.start(fresh, settings(List.of("archive_mode", "off")))) {
                    Rows.awaitPrimary(server, PATIENCE);
                    assertThat(Rows.count(server)).isEqualTo(toAMoment ? rows : rows + 500);
                }
            }
        }
    }

    /** The command is the instance manager's, which is played here. */
    private static String withCommand(String config, InstanceManager manager) {
        assertThat(config).contains("recovery_target_action = promote", "restore_command = '/controller/manager");
        return config.replaceAll(
                "restore_command = '[^']*'",
                Matcher.quoteReplacement("restore_command = '" + manager.restoreCommand() + "'"));
    }

    /** What {@code kubectl get objectstore} shows. */
    private void assertReported(BackupResult backup) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode status = kubernetes
                    .objects
                    .get("barmancloud.cnpg.io/objectstores/shop/backups")
                    .path("status");
            assertThat(status.at("/serverRecoveryWindow/orders/firstRecoverabilityPoint")
                            .asText())
                    .as(String.valueOf(status))
                    .isNotEmpty();
            assertThat(status.at("/serverRecoveryWindow/orders/lastSuccessfulBackupTime")
                            .asText())
                    .isNotEmpty();
            assertThat(status.at("/servers/orders/lastArchivedWal").asText())
                    .isGreaterThanOrEqualTo(backup.getEndWal());
            assertThat(status.at("/servers/orders/missingSegments").asLong(-1)).isZero();
        });
    }

    private BackupResult backup() throws InterruptedException {
        try (SocketClient client = new SocketClient(socket())) {
            return BackupGrpc.newBlockingStub(client.channel())
                    .withDeadlineAfter(120, TimeUnit.SECONDS)
                    .backup(BackupRequest.newBuilder()
                            .setClusterDefinition(ByteString.copyFromUtf8(orders()))
                            .setBackupDefinition(ByteString.copyFromUtf8("""
                                    {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Backup",
                                     "metadata": {"name": "nightly", "namespace": "shop"},
                                     "spec": {"cluster": {"name": "orders"}, "method": "plugin",
                                       "pluginConfiguration": {"name": "%s"}}}
                                    """.formatted(PLUGIN)))
                            .build());
        }
    }

    private Path socket() {
        return sockets.resolve(PLUGIN);
    }

    private Map<String, String> environment(Path pgdata, String pod, String cluster) {
        Map<String, String> environment =
                new HashMap<>(InstanceEnvironment.of(pgdata, pod, pgdata.resolveSibling("spool")));
        environment.put("CLUSTER_NAME", cluster);
        environment.put("PLUGIN_NAME", PLUGIN);
        return environment;
    }

    private InstanceSettings.Written written() {
        return InstanceEnvironment.written(socket(), 5);
    }

    private InstanceSettings instanceSettings(Path pgdata, String pod, String cluster) {
        return InstanceSettings.of(written(), environment(pgdata, pod, cluster));
    }

    private RestoreJobSettings.OnKubernetes jobSettings(Path pgdata) {
        Map<String, String> environment = environment(pgdata, "orders-again-1-full-recovery-x7k2p", "orders-again");
        environment.put("JOB_ROLE", "full-recovery");
        return RestoreJobSettings.of(
                written(), directory.resolve("tablespaces"), directory.resolve("wal"), environment);
    }

    private Map<String, String> settings(List<String> pairs) {
        Map<String, String> all = new HashMap<>(Map.of("unix_socket_directories", sockets.toString()));
        for (int i = 0; i < pairs.size(); i += 2) {
            all.put(pairs.get(i), pairs.get(i + 1));
        }
        return all;
    }

    private static String orders() {
        return """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders", "namespace": "shop", "uid": "1-2-3"},
                 "spec": {"plugins": [{"name": "%s", "isWALArchiver": true,
                   "parameters": {"barmanObjectName": "backups"}}]},
                 "status": {"currentPrimary": "orders-1", "targetPrimary": "orders-1"}}""".formatted(PLUGIN);
    }

    private static String recovering(String target) {
        return """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders-again", "namespace": "shop", "uid": "4-5-6"},
                 "spec": {"bootstrap": {"recovery": {%s "source": "origin"}},
                   "externalClusters": [{"name": "origin", "plugin": {"name": "%s",
                     "parameters": {"barmanObjectName": "backups", "serverName": "orders"}}}]}}
                """.formatted(target, PLUGIN);
    }

    private void put(String plural, String json) {
        JsonNode unused = kubernetes.objects.apply(plural, json);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
