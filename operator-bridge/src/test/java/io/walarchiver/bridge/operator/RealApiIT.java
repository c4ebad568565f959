package io.walarchiver.bridge.operator;

import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static io.walarchiver.bridge.operator.Documents.SETTINGS;
import static io.walarchiver.bridge.operator.Documents.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.walarchiver.bridge.Repository;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ArchiveReport;
import io.walarchiver.bridge.kubernetes.ArchiveReports;
import io.walarchiver.bridge.kubernetes.BackupObjects;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.CurrentPrimary;
import io.walarchiver.bridge.kubernetes.KubeApiServer;
import io.walarchiver.bridge.kubernetes.KubernetesApi.Part;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.kubernetes.ObjectReference;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.bridge.kubernetes.RecoveryWindowStatus;
import io.walarchiver.bridge.kubernetes.ResourceKind;
import io.walarchiver.bridge.kubernetes.ServerRecoveryWindow;
import io.walarchiver.bridge.kubernetes.StaleServers;
import io.walarchiver.bridge.kubernetes.StoreState;
import io.walarchiver.bridge.kubernetes.StoreWatch;
import io.walarchiver.bridge.kubernetes.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/**
 * Resource, rights and calls with a real API server, where there is one. The operator half has the ClusterRole of the
 * chart, the sidecar what the operator half gives it and what CloudNativePG gives every instance.
 */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.MethodName.class)
final class RealApiIT {

    private static final String STORES = InstalledCluster.STORES;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final OperatorGroup GROUP = OperatorGroup.ORIGINAL;

    private final Scheduler scheduler = Schedulers.newParallel("real-api-test", 2);
    private InstalledCluster installed;
    private KubeApiServer server;
    private ApiConnection operator;
    private ApiConnection sidecar;
    private ObjectNode cluster;

    @BeforeAll
    void install() {
        installed = new InstalledCluster(scheduler);
        server = installed.server;
        operator = installed.operator;
        sidecar = installed.sidecar;
        cluster = installed.cluster;
    }

    @AfterAll
    void close() {
        if (installed != null) {
            installed.close();
        }
        scheduler.dispose();
    }

    @Test
    void resourceIsEstablishedAndItsSchemaStructural() {
        JsonNode conditions = server.get(
                        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/objectstores.barmancloud.cnpg.io")
                .at("/status/conditions");

        List<String> held = new ArrayList<>();
        conditions.forEach(condition -> {
            if (condition.path("status").asText().equals("True")) {
                held.add(condition.path("type").asText());
            }
        });
        assertThat(held).contains("NamesAccepted", "Established").doesNotContain("NonStructuralSchema");
    }

    @Test
    void manifestsOfTheReferencePluginAreTakenAsTheyAre() throws IOException {
        int stores = 0;
        try (InputStream file =
                Objects.requireNonNull(RealApiIT.class.getResourceAsStream("/objectstore/reference-manifests.yaml"))) {
            for (JsonNode document :
                    InstalledCluster.documents(new String(file.readAllBytes(), StandardCharsets.UTF_8))) {
                if (!document.path("kind").asText().equals("ObjectStore")) {
                    continue;
                }
                stores++;
                ((ObjectNode) document.path("metadata")).put("namespace", "shop");
                KubeApiServer.Answer answer = server.tryToCreate(document);
                assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
                assertThat(missing("", document.path("spec"), answer.body().path("spec")))
                        .isEmpty();
            }
        }
        assertThat(stores).isGreaterThan(3);
    }

    @Test
    void everythingTheChartInstallsIsTakenWithoutAnUnknownField() {
        List<String> taken = new ArrayList<>();
        for (JsonNode document : InstalledCluster.documents(Repository.text(Repository.path("charts/manifest.yaml")))) {
            String kind = document.path("kind").asText();
            boolean another = document.path("apiVersion").asText().startsWith("cert-manager.io/");
            if (another) {
                continue;
            }
            KubeApiServer.Answer answer = server.tryToCreate(document);
            // Some are there already.
            assertThat(answer.code()).as(kind + answer.body()).isIn(201, 409);
            taken.add(kind);
        }
        assertThat(taken).contains("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "ClusterRole");
    }

    @Test
    void podWithTheSidecarIsTakenWithoutAnUnknownField() throws IOException {
        byte[] pod = InstalledCluster.bytes(Documents.read("pod.json"));
        byte[] patch = new LifecycleHook(SETTINGS)
                .patch(
                        LifecycleHook.Operation.CREATE,
                        InstalledCluster.bytes(cluster),
                        pod,
                        name -> Optional.of(Documents.store(name, "")));
        ObjectNode patched = (ObjectNode) JsonPatch.apply(JSON.readTree(patch), JSON.readTree(pod));
        ((ObjectNode) patched.path("metadata")).put("namespace", "shop");

        KubeApiServer.Answer answer = server.tryToCreate(patched);

        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
        JsonNode container = answer.body().at("/spec/initContainers/1");
        assertThat(container.path("name").asText()).isEqualTo("wal-archiver");
        assertThat(container.path("restartPolicy").asText()).isEqualTo("Always");
        assertThat(container.has("startupProbe")).isTrue();
        assertThat(missing("", patched.at("/spec/initContainers/1"), container)).isEmpty();
    }

    @Test
    void operatorMayGiveTheSidecarsTheirRights() {
        JsonNode role = server.get("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles/orders-wal-archiver");
        JsonNode binding =
                server.get("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/orders-wal-archiver");

        assertThat(new InstanceRights(ClusterView.of(cluster), SETTINGS.pluginName())
                        .missing((ObjectNode) role, name -> Optional.of(Documents.store(name, ""))))
                .extracting(Right::resource)
                .containsOnly("secrets"); // The CA of those in Documents, which these stores do not name.
        assertThat(binding.at("/subjects/0/name").asText()).isEqualTo("orders");
        // A second time nothing is refused, and nothing is written.
        awaitEnd(installed.pre());
        assertThat(server.get("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles/orders-wal-archiver")
                        .at("/metadata/resourceVersion"))
                .isEqualTo(role.at("/metadata/resourceVersion"));
    }

    /** The account of the sidecars cannot widen its own rights, which shows that the API checks what is granted. */
    @Test
    void sidecarsMayNotGiveThemselvesRights() {
        assertThatThrownBy(() -> await(sidecar.get(new ObjectReference(
                        new ResourceKind("rbac.authorization.k8s.io", "v1", "roles"), "shop", "orders-wal-archiver"))))
                .isInstanceOf(KubernetesException.Forbidden.class);
    }

    @Test
    void roleThatAllowsMoreThanItsMakerMayDoIsRefused() {
        ObjectNode role = (ObjectNode) tree("""
                {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                 "metadata": {"name": "more", "namespace": "shop"},
                 "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["delete"]}]}""");

        StepVerifier.create(operator.create(new ResourceKind("rbac.authorization.k8s.io", "v1", "roles"), "shop", role))
                .expectErrorMatches(failure -> failure instanceof KubernetesException.Forbidden
                        && String.valueOf(failure.getMessage()).contains("attempting to grant RBAC permissions"))
                .verify(Duration.ofSeconds(30));
    }

    @Test
    void sidecarReadsItsStoresAndReportsOnThem() {
        StoreState state = await(new StoreWatch(sidecar, "shop", scheduler).read("backups"));
        assertThat(state.trouble()).isEmpty();
        assertThat(state.configuration()).isPresent();

        ArchiveReports reports = new ArchiveReports(sidecar, "shop", Clock.systemUTC(), scheduler);
        Verdict fine = new Verdict(true, "Fine", "as it should be");
        assertThat(await(reports.writeReady("backups", fine, state.generation())))
                .isTrue();
        assertThat(await(reports.write("backups", "orders", report(fine), state.generation())))
                .isTrue();
        awaitEnd(new RecoveryWindowStatus(sidecar, "shop", scheduler)
                .update(
                        "backups",
                        "orders",
                        known -> new ServerRecoveryWindow(
                                Optional.of(Instant.parse("2026-08-01T00:00:00Z")),
                                Optional.of(Instant.parse("2026-08-02T00:00:00Z")),
                                Optional.empty())));

        JsonNode status = server.get(STORES + "/backups").path("status");
        assertThat(status.at("/servers/orders/lastArchivedWal").asText()).isEqualTo("00000001000000000000000A");
        assertThat(status.at("/servers/orders/sizeBytes").asLong()).isEqualTo(5_000_000_000L);
        assertThat(status.path("conditions")).hasSize(3);
        assertThat(status.at("/serverRecoveryWindow/orders/lastSuccessfulBackupTime")
                        .asText())
                .isEqualTo("2026-08-02T00:00:00Z");
    }

    @Test
    void sidecarSeesItsClusterDeletesBackupsAndMakesEvents() {
        assertThat(await(new CurrentPrimary(sidecar, GROUP, "shop", "orders", "orders-1").clusterIfPrimary())
                        .name())
                .isEqualTo("orders");
        installed.backup("gone", "20260801T000000");
        installed.backup("kept", "20260802T000000");

        List<String> deleted = await(
                new BackupObjects(sidecar, GROUP, Duration.ZERO, Clock.offset(Clock.systemUTC(), Duration.ofHours(1)))
                        .deleteMissing(
                                new BackupObjects.Scope(
                                        "shop",
                                        "orders",
                                        installed.uid(),
                                        SETTINGS.pluginName(),
                                        new ArchiveReference("backups", "orders")),
                                Set.of("20260802T000000")));

        assertThat(deleted).containsExactly("gone");
        awaitEnd(new ClusterEvents(sidecar, "wal-archiver", "orders-1", Clock.systemUTC())
                .warn(ClusterView.of(cluster), "ArchiveUnreachable", "said by a test"));
        JsonNode events = server.get("/api/v1/namespaces/shop/events").path("items");
        assertThat(events)
                .anyMatch(event -> event.path("message").asText().equals("said by a test")
                        && event.at("/involvedObject/uid").asText().equals(installed.uid()));
    }

    @Test
    void sidecarMayDoNothingElse() {
        ObjectReference own = new ObjectReference(ResourceKind.OBJECT_STORES, "shop", "backups");
        ObjectReference other = new ObjectReference(ResourceKind.OBJECT_STORES, "shop", "others");
        ObjectNode store = await(sidecar.get(own));
        ObjectNode patch = JSON.createObjectNode();
        patch.putObject("spec").put("retentionPolicy", "1d");

        for (Mono<?> call : List.<Mono<?>>of(
                sidecar.get(other),
                sidecar.mergePatch(other, Part.STATUS, JSON.createObjectNode()),
                sidecar.mergePatch(own, Part.WHOLE, patch),
                sidecar.delete(own, store),
                sidecar.list(ResourceKind.OBJECT_STORES, "shop").collectList(),
                sidecar.get(new ObjectReference(ResourceKind.SECRETS, "shop", "others-keys")),
                sidecar.listByName(new ObjectReference(ResourceKind.SECRETS, "shop", "others-keys")),
                sidecar.list(ResourceKind.SECRETS, "shop").collectList(),
                sidecar.get(new ObjectReference(ResourceKind.SECRETS, "cnpg-system", "backups-keys")),
                sidecar.list(GROUP.scheduledBackups(), "shop").collectList())) {
            StepVerifier.create(call)
                    .expectError(KubernetesException.Forbidden.class)
                    .verify(Duration.ofSeconds(30));
        }
    }

    /** Whoever takes old entries out of a store's status has to see who is still there: the operator half does. */
    @Test
    void staleServersAreLookedForByTheOperatorOnly() {
        StepVerifier.create(new StaleServers(operator, GROUP, Duration.ofDays(1), Clock.systemUTC(), scheduler)
                        .prune("shop", "backups"))
                .expectNext(List.of())
                .expectComplete()
                .verify(Duration.ofSeconds(30));
        StepVerifier.create(new StaleServers(sidecar, GROUP, Duration.ofDays(1), Clock.systemUTC(), scheduler)
                        .prune("shop", "backups"))
                .expectError(KubernetesException.Forbidden.class)
                .verify(Duration.ofSeconds(30));
    }

    @Test
    void rotatedSecretAndChangedStoreAreSeenWithoutAskingAgain() {
        installed.store("watched-by-name");
        StepVerifier.create(new StoreWatch(operator, "shop", scheduler)
                        .watch("watched-by-name")
                        .map(state -> state.trouble().isPresent()))
                .expectNext(false)
                .then(() -> server.send(
                        "DELETE", "/api/v1/namespaces/shop/secrets/watched-by-name-keys", JSON.missingNode()))
                .thenConsumeWhile(trouble -> !trouble)
                .expectNext(true)
                .then(() -> installed.keys("watched-by-name"))
                .thenConsumeWhile(trouble -> trouble)
                .expectNext(false)
                .thenCancel()
                .verify(Duration.ofSeconds(60));
    }

    @Test
    void versionThatIsTooOldToWatchFromIsToldApart() {
        StepVerifier.create(sidecar.watch(new ObjectReference(ResourceKind.OBJECT_STORES, "shop", "backups"), "1"))
                .expectError(KubernetesException.Gone.class)
                .verify(Duration.ofSeconds(30));
    }

    @Test
    void writingOverAChangeIsAConflictAndTriedAgain() {
        ObjectReference reference = new ObjectReference(ResourceKind.OBJECT_STORES, "shop", "backups");
        ObjectNode before = await(sidecar.get(reference));
        ArchiveReports reports = new ArchiveReports(sidecar, "shop", Clock.systemUTC(), scheduler);
        Verdict fine = new Verdict(true, "Fine", "as it should be");
        assertThat(await(reports.write("backups", "conflicting", report(fine), 1)))
                .isTrue();

        StepVerifier.create(sidecar.replace(reference, Part.STATUS, before))
                .expectError(KubernetesException.Conflict.class)
                .verify(Duration.ofSeconds(30));
        // Two writers at once: both arrive.
        awaitEnd(Mono.when(
                reports.write("backups", "first", report(fine), 1),
                reports.write("backups", "second", report(fine), 1)));
        assertThat(server.get(STORES + "/backups").at("/status/servers").has("first"))
                .isTrue();
        assertThat(server.get(STORES + "/backups").at("/status/servers").has("second"))
                .isTrue();
    }

    private static ArchiveReport report(Verdict verdict) {
        return new ArchiveReport(
                Optional.of("00000001000000000000000A"),
                Optional.of(Instant.parse("2026-08-01T10:00:00Z")),
                OptionalLong.of(3),
                Optional.of(Instant.parse("2026-08-01T10:00:00Z")),
                OptionalLong.of(0),
                OptionalLong.of(5_000_000_000L),
                verdict,
                verdict);
    }

    /** What of a document did not arrive, by its path. Defaults may have been added. */
    private static List<String> missing(String path, JsonNode sent, JsonNode arrived) {
        List<String> missing = new ArrayList<>();
        if (sent.isObject()) {
            sent.properties()
                    .forEach(field -> missing.addAll(
                            missing(path + "/" + field.getKey(), field.getValue(), arrived.path(field.getKey()))));
        } else if (sent.isArray()) {
            for (int i = 0; i < sent.size(); i++) {
                missing.addAll(missing(path + "/" + i, sent.get(i), arrived.path(i)));
            }
        } else if (!sent.asText().equals(arrived.asText())) {
            missing.add(path);
        }
        return missing;
    }
}
