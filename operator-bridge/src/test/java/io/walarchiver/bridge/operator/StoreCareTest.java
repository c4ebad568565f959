package io.walarchiver.bridge.operator;

import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static io.walarchiver.bridge.operator.Documents.SETTINGS;
import static io.walarchiver.bridge.operator.Documents.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What follows when a store changes. */
@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class StoreCareTest {

    private static final String ROLE = "rbac.authorization.k8s.io/roles/shop/orders-wal-archiver";
    private static final StoreCare.Pace FAST = new StoreCare.Pace(Duration.ofMillis(10), Duration.ofMillis(100), 3);

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final StoreObjects objects = new StoreObjects(kubernetes);
    private final Scheduler scheduler = Schedulers.newSingle("care-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final List<Disposable> running = new ArrayList<>();

    @AfterEach
    void close() {
        running.forEach(Disposable::dispose);
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void rolesOfTheClustersFollowTheStore() {
        objects.store("shop", "backups", "keys");
        objects.store("shop", "old-backups", "old-keys");
        giveRights();
        start();

        objects.store("shop", "backups", "new-keys");

        await().until(() -> secretsOfTheRole().contains("new-keys"));
        assertThat(secretsOfTheRole()).containsExactly("new-keys", "old-keys");
        assertThat(kubernetes.objects.get(ROLE).at("/rules/0/resourceNames"))
                .isEqualTo(tree("[\"backups\", \"old-backups\"]"));
        // What follows is what the operator's next question would make of it.
        long updates = kubernetes.requests("update", "roles");
        giveRights();
        assertThat(kubernetes.requests("update", "roles")).isEqualTo(updates);
    }

    @Test
    void storeThatAppearsLaterGivesItsSecrets() {
        objects.store("shop", "old-backups", "old-keys");
        giveRights();
        assertThat(secretsOfTheRole()).containsExactly("old-keys");
        start();

        objects.store("shop", "backups", "keys");

        await().until(() -> secretsOfTheRole().equals(List.of("keys", "old-keys")));
    }

    @Test
    void rightsToSecretsStayWhenAStoreIsDeleted() {
        objects.store("shop", "backups", "keys");
        objects.store("shop", "old-backups", "old-keys");
        giveRights();
        StoreCare care = start();
        JsonNode before = kubernetes.objects.get(ROLE);

        kubernetes.objects.remove(StoreObjects.key("shop", "backups"));
        objects.store("shop", "last", "s3://b", "\"googleCredentials\": {}");

        await().until(() -> care.problem("shop", "last").isPresent());
        assertThat(kubernetes.objects.get(ROLE)).isEqualTo(before);
    }

    @Test
    void rolesOfOthersAreLeftAlone() {
        objects.store("shop", "backups", "keys");
        ObjectNode foreign = kubernetes.objects.apply("roles", """
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "orders-barman-cloud",
              "namespace": "shop", "labels": {"barmancloud.cnpg.io/cluster": "orders"}},
             "rules": [{"apiGroups": ["barmancloud.cnpg.io"], "resources": ["objectstores"], "verbs": ["get"],
              "resourceNames": ["backups"]}]}""");
        start();

        await().until(() -> objects.ready("shop", "backups").has("status"));
        assertThat(kubernetes.objects.get("rbac.authorization.k8s.io/roles/shop/orders-barman-cloud"))
                .isEqualTo(foreign);
    }

    @Test
    void usableStoreIsReady() {
        objects.store("shop", "backups", "keys");
        objects.secret("shop", "keys", "id", "secret");
        StoreCare care = start();

        await().until(() ->
                objects.ready("shop", "backups").path("status").asText().equals("True"));
        assertThat(objects.ready("shop", "backups").path("observedGeneration").asInt())
                .isEqualTo(1);
        assertThat(kubernetes.objects.get(StoreObjects.key("shop", "backups")).at("/status/observedGeneration"))
                .isEqualTo(tree("1"));
        assertThat(care.notReady()).isZero();
        assertThat(care.problem("shop", "backups")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            s3://b    | "s3Credentials": {"inheritFromIAMRole": true}, "azureCredentials": {} | InvalidStore | only one provider
            gs://b    | "s3Credentials": {"inheritFromIAMRole": true}                         | InvalidStore | expected s3://
            s3://b    | "azureCredentials": {"inheritFromAzureAD": true}                      | InvalidStore | not supported
            s3://b    | "googleCredentials": {"gkeEnvironment": true}                         | InvalidStore | not supported
            s3://b    | "wal": {"compression": "gzip"}                                        | InvalidStore | is required for an s3://
            s3://b    | "s3Credentials": {"accessKeyId": {"name": "none", "key": "id"}, "secretAccessKey": {"name": "none", "key": "id"}} | SecretMissing | none
            s3://b    | "s3Credentials": {"accessKeyId": {"name": "keys", "key": "no"}, "secretAccessKey": {"name": "keys", "key": "id"}} | InvalidStore | no
            """)
    void storeThatCannotBeUsedSaysWhyAndWhatToDo(
            String destination, String configuration, String reason, String message) {
        objects.secret("shop", "keys", "id");
        objects.store("shop", "backups", destination, configuration);
        StoreCare care = start();

        await().until(() ->
                objects.ready("shop", "backups").path("status").asText().equals("False"));
        JsonNode ready = objects.ready("shop", "backups");
        assertThat(ready.path("reason").asText()).isEqualTo(reason);
        assertThat(ready.path("message").asText()).contains(message).doesNotContain("AKIA", "QUtJQQ");
        assertThat(care.problem("shop", "backups"))
                .contains(ready.path("message").asText());
        assertThat(care.notReady()).isEqualTo(1);
    }

    @Test
    void secretThatIsMadeLaterIsFound() {
        objects.store("shop", "backups", "keys");
        start();
        await().until(() ->
                objects.ready("shop", "backups").path("reason").asText().equals("SecretMissing"));

        objects.secret("shop", "keys", "id", "secret");

        await().until(() ->
                objects.ready("shop", "backups").path("status").asText().equals("True"));
    }

    @Test
    void secretThatIsLostLaterIsNoticed() {
        objects.store("shop", "backups", "keys");
        objects.secret("shop", "keys", "id", "secret");
        start();
        await().until(() ->
                objects.ready("shop", "backups").path("status").asText().equals("True"));

        kubernetes.objects.remove("/secrets/shop/keys");

        await().until(() ->
                objects.ready("shop", "backups").path("reason").asText().equals("SecretMissing"));
    }

    @Test
    void replicasWriteAConditionOnce() {
        StoreCare one = start();
        StoreCare other = start();
        objects.store("shop", "backups", "none");

        await().until(() -> one.notReady() == 1 && other.notReady() == 1);
        String key = StoreObjects.key("shop", "backups");
        await().until(() -> objects.ready("shop", "backups").has("status"));
        JsonNode written = kubernetes.objects.get(key);
        long reads = kubernetes.requests("get", "objectstores");
        // Several more rounds of both.
        await().until(() -> kubernetes.requests("get", "objectstores") > reads + 12);
        assertThat(kubernetes.objects.get(key)).isEqualTo(written);
        assertThat(failures).isEmpty();
    }

    @Test
    void refusedConditionIsToldAndKnownAllTheSame() {
        // As a definition of the resource with rules does on Kubernetes 1.29 with a store from before the rules.
        for (int i = 0; i < 3; i++) {
            kubernetes.fail(422, request -> request.resource().equals("objectstores/status"));
        }
        objects.store("shop", "backups", "none");
        StoreCare care = start();

        await().until(() -> !failures.isEmpty());
        assertThat(failures.get(0)).isEqualTo("condition shop/backups");
        assertThat(care.problem("shop", "backups").orElseThrow()).contains("none");
        // And tried again.
        await().until(() -> objects.ready("shop", "backups").has("status"));
    }

    @Test
    void rolesThatCannotBeListedKeepNoConditionBack() {
        kubernetes.allow(request -> !request.resource().equals("roles"));
        objects.store("shop", "backups", "keys");
        start();

        await().until(() -> objects.ready("shop", "backups").has("status"));
        assertThat(failures).containsExactly("roles shop");
    }

    @Test
    void deletedStoreIsForgotten() {
        objects.store("shop", "backups", "none");
        StoreCare care = start();
        await().until(() -> care.notReady() == 1);

        kubernetes.objects.remove(StoreObjects.key("shop", "backups"));

        await().until(() -> care.notReady() == 0);
    }

    private StoreCare start() {
        StoreCache cache =
                new StoreCache(new CollectionWatch(api, scheduler), StoreSource.asking(api), List.of(Scope.EVERYWHERE));
        StoreCare care = new StoreCare(
                api,
                cache,
                FAST,
                (work, object, failure) -> failures.add(work + " " + object),
                Clock.systemUTC(),
                scheduler);
        running.add(care.run().subscribe());
        await().until(cache::isSynced);
        return care;
    }

    private void giveRights() {
        byte[] cluster = Documents.read("cluster.json").toString().getBytes(StandardCharsets.UTF_8);
        awaitEnd(new ClusterReconciler(
                        SETTINGS,
                        api,
                        new ClusterEvents(api, "wal-archiver", "operator-1", Clock.systemUTC()),
                        StoreSource.asking(api),
                        ClusterReconciler.StoreProblems.UNKNOWN,
                        scheduler)
                .pre(cluster, cluster));
    }

    private List<String> secretsOfTheRole() {
        List<String> names = new ArrayList<>();
        kubernetes.objects.get(ROLE).at("/rules/2/resourceNames").forEach(name -> names.add(name.asText()));
        return names;
    }
}
