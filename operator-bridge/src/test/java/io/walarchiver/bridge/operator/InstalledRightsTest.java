package io.walarchiver.bridge.operator;

import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static io.walarchiver.bridge.operator.Documents.SETTINGS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.walarchiver.bridge.Repository;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import io.walarchiver.bridge.kubernetes.SetClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The operator half with the rights that are installed, and what is installed with what the operator half makes. */
@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class InstalledRightsTest {

    private static final String ROLE = "rbac.authorization.k8s.io/roles/shop/orders-wal-archiver";
    private static final Set<String> RIGHTS = rights(clusterRole());

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("rights-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final ClusterReconciler reconciler = new ClusterReconciler(
            SETTINGS,
            api,
            new ClusterEvents(api, "wal-archiver", "operator-1", new SetClock(Instant.parse("2026-08-10T00:00:00Z"))),
            StoreSource.asking(api),
            ClusterReconciler.StoreProblems.UNKNOWN,
            scheduler);
    private final ObjectNode cluster = Documents.read("cluster.json");

    @BeforeEach
    void giveTheInstalledRights() {
        kubernetes.allow(request -> RIGHTS.contains(right(request.group(), request.resource(), request.verb())));
    }

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void installedRightsAreEnough() {
        // A store is missing at first, which is said in an event; then it comes, and the role changes.
        store("backups");
        awaitEnd(pre());
        store("old-backups");
        awaitEnd(pre());

        assertThat(kubernetes.objects.get(ROLE).at("/rules/0/resourceNames")).hasSize(2);
        assertThat(kubernetes.requests)
                .extracting(FakeKubernetes.Attributes::verb)
                .contains("get", "create");
        assertThat(kubernetes.requests).anyMatch(request -> request.resource().equals("events"));
        assertThat(kubernetes.requests)
                .allMatch(request -> RIGHTS.contains(right(request.group(), request.resource(), request.verb())));
    }

    @Test
    void installedRightsAreEnoughToLookAfterStores() {
        store("backups");
        store("old-backups");
        awaitEnd(pre());
        ObjectNode role = kubernetes.objects.get(ROLE);
        ((ObjectNode) role.at("/rules/2")).putArray("resourceNames").add("backups-keys");
        kubernetes.objects.replace(ROLE, false, role);
        StoreCache cache =
                new StoreCache(new CollectionWatch(api, scheduler), StoreSource.asking(api), List.of(Scope.EVERYWHERE));
        StoreCare care = new StoreCare(
                api,
                cache,
                StoreCare.Pace.DEFAULT,
                (work, object, failure) -> {
                    throw new AssertionError(work, failure);
                },
                Clock.systemUTC(),
                scheduler);

        Disposable running = care.run().subscribe();
        await().until(() -> kubernetes.requests("update", "objectstores/status") == 2);
        running.dispose();

        assertThat(kubernetes.objects.get(ROLE).at("/rules/2/resourceNames")).hasSize(2);
        assertThat(care.notReady()).isEqualTo(2);
        assertThat(kubernetes.requests)
                .allMatch(request -> RIGHTS.contains(right(request.group(), request.resource(), request.verb())));
    }

    /** Kubernetes refuses a role with more than its maker may do himself. */
    @Test
    void whatIsGrantedIsHeld() {
        store("backups");
        store("old-backups");
        awaitEnd(pre());

        assertThat(rights(kubernetes.objects.get(ROLE))).hasSizeGreaterThan(7).isSubsetOf(RIGHTS);
        JsonNode owner = kubernetes.objects.get(ROLE).at("/metadata/ownerReferences/0");
        assertThat(owner.path("blockOwnerDeletion").asBoolean()).isTrue();
        assertThat(RIGHTS).contains(right("postgresql.cnpg.io", "clusters/finalizers", "update"));
    }

    @Test
    void metricsAreLookedForAtThePortOfTheSidecar() {
        ObjectNode container = new SidecarContainer(SETTINGS, ClusterView.of(cluster), List.of())
                .beside(Documents.tree("{\"env\": [], \"volumeMounts\": []}"), "instance", Map.of());

        assertThat(Repository.text(Repository.path("charts/wal-archiver/templates/podmonitor.yaml")))
                .contains("- port: " + container.at("/ports/0/name").asText() + "\n");
    }

    private Mono<Void> pre() {
        byte[] definition = cluster.toString().getBytes(StandardCharsets.UTF_8);
        return reconciler.pre(definition, definition);
    }

    private void store(String name) {
        kubernetes.objects.apply("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "%1$s", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "s3://b", "s3Credentials": {
                  "accessKeyId": {"name": "%1$s-keys", "key": "id"},
                  "secretAccessKey": {"name": "%1$s-keys", "key": "secret"}}}}}""".formatted(name));
    }

    private static JsonNode clusterRole() {
        YAMLMapper yaml = new YAMLMapper();
        String manifest = Repository.text(Repository.path("charts/manifest.yaml"));
        try (YAMLParser parser = yaml.getFactory().createParser(manifest)) {
            while (parser.nextToken() != null) {
                JsonNode document = yaml.readTree(parser);
                if (document.path("kind").asText().equals("ClusterRole")
                        && document.at("/metadata/name").asText().equals("wal-archiver")) {
                    return document;
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("no ClusterRole wal-archiver in the manifest");
    }

    private static Set<String> rights(JsonNode role) {
        Set<String> rights = new TreeSet<>();
        for (JsonNode rule : role.path("rules")) {
            for (JsonNode group : rule.path("apiGroups")) {
                for (JsonNode resource : rule.path("resources")) {
                    for (JsonNode verb : rule.path("verbs")) {
                        rights.add(right(group.asText(), resource.asText(), verb.asText()));
                    }
                }
            }
        }
        return rights;
    }

    private static String right(String group, String resource, String verb) {
        return verb + " " + group + "/" + resource;
    }
}
