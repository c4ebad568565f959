package io.walarchiver.bridge.operator;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static io.walarchiver.bridge.operator.Documents.SETTINGS;
import static io.walarchiver.bridge.operator.Documents.tree;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.ClusterEvents;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.kubernetes.RecoveryWindowStatus;
import io.walarchiver.bridge.kubernetes.SetClock;
import io.walarchiver.bridge.kubernetes.StoreState;
import io.walarchiver.bridge.kubernetes.StoreWatch;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ClusterReconcilerTest {

    private static final String ROLE = "rbac.authorization.k8s.io/roles/shop/orders-wal-archiver";
    private static final String BINDING = "rbac.authorization.k8s.io/rolebindings/shop/orders-wal-archiver";

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("reconciler-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final SetClock clock = new SetClock(Instant.parse("2026-08-10T00:00:00Z"));
    private final Map<String, String> problems = new ConcurrentHashMap<>();
    private final ClusterReconciler reconciler = new ClusterReconciler(
            SETTINGS,
            api,
            new ClusterEvents(api, "wal-archiver", "operator-1", clock),
            StoreSource.asking(api),
            (namespace, store) -> Optional.ofNullable(problems.get(namespace + "/" + store)),
            scheduler);
    private final ObjectNode cluster = Documents.read("cluster.json");

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void sidecarsMayReadTheStoresAndSecretsOfTheirCluster() {
        store("backups");
        store("old-backups");

        awaitEnd(pre(cluster));

        assertThat(kubernetes.objects.get(ROLE).path("rules")).isEqualTo(tree("""
            [{"apiGroups": ["barmancloud.cnpg.io"], "resources": ["objectstores"],
              "resourceNames": ["backups", "old-backups"], "verbs": ["get", "list", "watch"]},
             {"apiGroups": ["barmancloud.cnpg.io"], "resources": ["objectstores/status"],
              "resourceNames": ["backups", "old-backups"], "verbs": ["patch", "update"]},
             {"apiGroups": [""], "resources": ["secrets"],
              "resourceNames": ["backups-ca", "backups-keys", "old-backups-ca", "old-backups-keys"],
              "verbs": ["get", "list", "watch"]}]"""));
        ObjectNode binding = kubernetes.objects.get(BINDING);
        assertThat(binding.path("roleRef"))
                .isEqualTo(
                        tree(
                                "{\"apiGroup\": \"rbac.authorization.k8s.io\", \"kind\": \"Role\", \"name\": \"orders-wal-archiver\"}"));
        assertThat(binding.path("subjects"))
                .isEqualTo(tree("[{\"kind\": \"ServiceAccount\", \"name\": \"orders\", \"namespace\": \"shop\"}]"));
        for (String key : List.of(ROLE, BINDING)) {
            JsonNode metadata = kubernetes.objects.get(key).path("metadata");
            assertThat(metadata.path("ownerReferences")).isEqualTo(tree("""
                [{"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "name": "orders",
                  "uid": "5f1c7a3e-0000-4000-8000-000000000001", "controller": true, "blockOwnerDeletion": true}]"""));
            assertThat(metadata.at("/labels").toString()).contains("\"walarchiver.io/cluster\":\"orders\"");
            assertThat(metadata.has("annotations")).isFalse();
        }
        assertThat(events()).isEmpty();
    }

    @Test
    void nothingIsWrittenTheSecondTime() {
        store("backups");
        store("old-backups");
        awaitEnd(pre(cluster));
        long requests = kubernetes.requests.size();

        awaitEnd(pre(cluster));

        assertThat(kubernetes.requests.subList((int) requests, kubernetes.requests.size()))
                .allSatisfy(request -> assertThat(request.verb()).isEqualTo("get"));
    }

    @Test
    void ruleWithoutNamesIsLeftOut() {
        kubernetes.objects.apply(
                "objectstores", storeJson("backups", "\"s3Credentials\": {\"inheritFromIAMRole\": true}"));
        ((ObjectNode) cluster.get("spec")).remove("externalClusters");
        awaitEnd(pre(cluster));

        assertThat(kubernetes.objects.get(ROLE).path("rules")).hasSize(2);
        assertEveryRuleHasNames();
    }

    @Test
    void clusterWithoutStoresGetsNoRoleAndLosesWhatItHad() {
        ObjectNode without = cluster.deepCopy();
        ((ObjectNode) without.get("spec")).remove(List.of("plugins", "externalClusters"));
        awaitEnd(pre(without));
        assertThat(kubernetes.objects.has(ROLE)).isFalse();
        assertThat(kubernetes.objects.has(BINDING)).isFalse();

        store("backups");
        store("old-backups");
        awaitEnd(pre(cluster));
        awaitEnd(pre(without));
        assertThat(kubernetes.objects.get(ROLE).path("rules")).isEmpty();
    }

    @Test
    void rightsFollowTheStore() {
        store("backups");
        store("old-backups");
        awaitEnd(pre(cluster));
        kubernetes.objects.apply("objectstores", storeJson("backups", """
            "s3Credentials": {"accessKeyId": {"name": "new", "key": "id"}, "secretAccessKey": {"name": "new", "key": "s"}}"""));

        awaitEnd(pre(cluster));

        assertThat(kubernetes.objects.get(ROLE).at("/rules/2/resourceNames"))
                .isEqualTo(tree("[\"new\", \"old-backups-ca\", \"old-backups-keys\"]"));
    }

    @Test
    void missingStoreIsToldAndHoldsNothingUp() {
        store("old-backups");

        awaitEnd(pre(cluster));

        assertThat(kubernetes.objects.get(ROLE).at("/rules/0/resourceNames"))
                .isEqualTo(tree("[\"backups\", \"old-backups\"]"));
        assertThat(events()).hasSize(1);
        assertThat(events().get(0).path("reason").asText()).isEqualTo("ObjectStoreMissing");
        assertThat(events().get(0).path("message").asText()).contains("backups").doesNotContain("old-backups");
    }

    @Test
    void storeThatCannotBeUsedIsToldOnTheCluster() {
        store("backups");
        store("old-backups");
        problems.put("shop/backups", "the Secret backups-keys is missing: create it");

        awaitEnd(pre(cluster));

        assertThat(events()).hasSize(1);
        assertThat(events().get(0).path("reason").asText()).isEqualTo("ObjectStoreNotReady");
        assertThat(events().get(0).path("message").asText()).contains("backups-keys", "create it");
        assertThat(kubernetes.objects.get(ROLE).at("/rules/0/resourceNames")).hasSize(2);
    }

    @Test
    void rightsToSecretsStayWhileAStoreIsMissingOrBroken() {
        store("backups");
        store("old-backups");
        awaitEnd(pre(cluster));
        JsonNode before = kubernetes.objects.get(ROLE).path("rules");

        kubernetes.objects.remove("barmancloud.cnpg.io/objectstores/shop/backups");
        awaitEnd(pre(cluster));
        assertThat(kubernetes.objects.get(ROLE).path("rules")).isEqualTo(before);

        kubernetes.objects.apply("objectstores", storeJson("backups", "\"tags\": 5"));
        awaitEnd(pre(cluster));
        assertThat(kubernetes.objects.get(ROLE).path("rules")).isEqualTo(before);
    }

    @Test
    void serviceAccountOfTheClusterIsHonouredAndOthersStay() {
        store("backups");
        store("old-backups");
        awaitEnd(pre(cluster));
        ((ObjectNode) cluster.get("spec")).put("serviceAccountName", "mine");

        awaitEnd(pre(cluster));

        assertThat(kubernetes.objects.get(BINDING).path("subjects").findValuesAsText("name"))
                .containsExactly("orders", "mine");
    }

    @Test
    void metadataOfOthersStays() {
        store("backups");
        store("old-backups");
        kubernetes.objects.apply("roles", """
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "orders-wal-archiver",
             "namespace": "shop", "labels": {"team": "a"}, "annotations": {"note": "b"},
             "ownerReferences": [{"kind": "Other"}]}, "rules": [{"apiGroups": ["*"]}]}""");

        awaitEnd(pre(cluster));

        JsonNode role = kubernetes.objects.get(ROLE);
        assertThat(role.at("/metadata/labels/team").asText()).isEqualTo("a");
        assertThat(role.at("/metadata/annotations/note").asText()).isEqualTo("b");
        assertThat(role.at("/metadata/ownerReferences")).hasSize(1);
        assertThat(role.path("rules")).hasSize(3);
        assertEveryRuleHasNames();
    }

    @Test
    void bindingOfAnotherRoleIsToldAndHoldsNothingUp() {
        store("backups");
        store("old-backups");
        kubernetes.objects.apply("rolebindings", """
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata":
             {"name": "orders-wal-archiver", "namespace": "shop"}, "roleRef": {"kind": "Role", "name": "other"}}""");

        awaitEnd(pre(cluster));

        assertThat(events().get(0).path("message").asText()).contains("delete it");
    }

    @Test
    void storeThatABackupNamesIsAddedAndStaysUntilItIsGone() {
        store("backups");
        store("old-backups");
        store("elsewhere");
        awaitEnd(pre(cluster));

        awaitEnd(pre(cluster, backup("walarchiver.io", "elsewhere")));
        awaitEnd(pre(cluster));
        assertThat(kubernetes.objects.get(ROLE).at("/rules/0/resourceNames"))
                .isEqualTo(tree("[\"backups\", \"elsewhere\", \"old-backups\"]"));
        assertThat(kubernetes.objects.get(ROLE).at("/rules/2/resourceNames").toString())
                .contains("elsewhere-keys");

        kubernetes.objects.remove("barmancloud.cnpg.io/objectstores/shop/elsewhere");
        awaitEnd(pre(cluster));
        assertThat(kubernetes.objects.get(ROLE).toString()).doesNotContain("elsewhere");
    }

    @Test
    void backupOfAnotherPluginOrWithoutAStoreChangesNothing() {
        awaitEnd(pre(cluster, backup("other", "elsewhere")));
        awaitEnd(pre(cluster, backup("walarchiver.io", "")));
        awaitEnd(pre(cluster, backup("walarchiver.io", "../x")));
        awaitEnd(reconciler.pre(bytes(cluster), "{\"kind\": \"Pooler\"}".getBytes(StandardCharsets.UTF_8)));

        assertThat(kubernetes.requests).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 422})
    void rightsThatMayNotBeGivenAreToldAndHoldNothingUp(int code) {
        store("backups");
        store("old-backups");
        kubernetes.fail(
                code,
                request -> request.verb().equals("create") && request.resource().equals("roles"));

        awaitEnd(pre(cluster));

        assertThat(events().get(0).path("reason").asText()).isEqualTo("RightsNotGiven");
    }

    @Test
    void apiThatGivesNoAnswerIsAnError() {
        kubernetes.setDown(true);

        StepVerifier.create(pre(cluster))
                .expectError(KubernetesException.Unavailable.class)
                .verify(LIMIT);
    }

    @Test
    void lostRaceIsRunAgain() {
        store("backups");
        store("old-backups");
        kubernetes.fail(
                409,
                request -> request.verb().equals("create") && request.resource().equals("roles"));
        kubernetes.fail(
                409,
                request -> request.verb().equals("create") && request.resource().equals("rolebindings"));

        awaitEnd(pre(cluster));

        assertThat(kubernetes.objects.has(ROLE)).isTrue();
        assertThat(kubernetes.objects.has(BINDING)).isTrue();
    }

    @Test
    void documentsThatCannotBeUnderstoodAreTypedErrors() {
        StepVerifier.create(reconciler.pre(new byte[] {'{'}, new byte[] {'{'}))
                .expectError(InvalidClusterException.class)
                .verify(LIMIT);
        StepVerifier.create(reconciler.pre(bytes(cluster), new byte[] {'{'}))
                .expectError(HookException.InvalidObject.class)
                .verify(LIMIT);
        ((ObjectNode) cluster.get("metadata")).remove("uid");
        StepVerifier.create(pre(cluster))
                .expectError(InvalidClusterException.class)
                .verify(LIMIT);
    }

    @Test
    void roleAllowsWhatASidecarDoesAndNoOtherName() {
        store("backups");
        store("old-backups");
        store("others");
        secret("backups-keys");
        secret("backups-ca");
        secret("others-keys");
        awaitEnd(pre(cluster));
        JsonNode rules = kubernetes.objects.get(ROLE).path("rules");
        kubernetes.allow(request -> allowed(rules, request));

        StoreWatch watch = new StoreWatch(api, "shop", scheduler);
        StoreState state = await(watch.watch("backups").next());
        // The certificate in the Secret is none, but everything could be read.
        assertThat(state.trouble().orElseThrow().reason().word()).isEqualTo("InvalidStore");
        awaitEnd(new RecoveryWindowStatus(api, "shop", scheduler)
                .update("backups", "orders", window -> window.withFailure(clock.instant())));
        assertThat(kubernetes.requests("patch", "objectstores/status")).isEqualTo(1);

        assertThat(await(watch.read("others")).trouble().orElseThrow().reason().word())
                .isEqualTo("AccessDenied");
        StepVerifier.create(new RecoveryWindowStatus(api, "shop", scheduler)
                        .update("others", "orders", window -> window.withFailure(clock.instant())))
                .expectError(KubernetesException.Forbidden.class)
                .verify(LIMIT);
    }

    private static boolean allowed(JsonNode rules, FakeKubernetes.Attributes request) {
        for (JsonNode rule : rules) {
            if (has(rule, "apiGroups", request.group())
                    && has(rule, "resources", request.resource())
                    && has(rule, "resourceNames", request.name())
                    && has(rule, "verbs", request.verb())) {
                return true;
            }
        }
        return false;
    }

    private static boolean has(JsonNode rule, String field, String value) {
        for (JsonNode element : rule.path(field)) {
            if (element.asText().equals(value)) {
                return true;
            }
        }
        return false;
    }

    private void assertEveryRuleHasNames() {
        assertThat(kubernetes.objects.get(ROLE).path("rules"))
                .allSatisfy(rule -> assertThat(rule.path("resourceNames")).isNotEmpty());
    }

    private Mono<Void> pre(ObjectNode definition) {
        return pre(definition, definition);
    }

    private Mono<Void> pre(ObjectNode definition, JsonNode resource) {
        return reconciler.pre(bytes(definition), bytes(resource));
    }

    private static JsonNode backup(String plugin, String store) {
        return tree(
                "{\"kind\": \"Backup\", \"metadata\": {\"name\": \"b\"}, \"spec\": {\"pluginConfiguration\": {\"name\": \""
                        + plugin + "\", \"parameters\": {\"barmanObjectName\": \"" + store + "\"}}}}");
    }

    private List<JsonNode> events() {
        List<JsonNode> events = new ArrayList<>();
        ((ArrayNode) kubernetes.objects.list("/events/shop/", "", 100, "").path("items")).forEach(events::add);
        return events;
    }

    private void store(String name) {
        kubernetes.objects.apply(
                "objectstores",
                storeJson(
                        name,
                        "\"endpointCA\": {\"name\": \"" + name
                                + "-ca\", \"key\": \"pem\"}, \"s3Credentials\": {\"accessKeyId\": {\"name\": \"" + name
                                + "-keys\", \"key\": \"id\"}, \"secretAccessKey\": {\"name\": \"" + name
                                + "-keys\", \"key\": \"id\"}}"));
    }

    private void secret(String name) {
        kubernetes.objects.apply(
                "secrets",
                "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"" + name
                        + "\", \"namespace\": \"shop\"}, \"data\": {\"id\": \"QUtJQQ==\", \"pem\": \"QUtJQQ==\"}}");
    }

    private static String storeJson(String name, String configuration) {
        return "{\"apiVersion\": \"barmancloud.cnpg.io/v1\", \"kind\": \"ObjectStore\", \"metadata\": {\"name\": \""
                + name
                + "\", \"namespace\": \"shop\"}, \"spec\": {\"configuration\": {\"destinationPath\": \"s3://b/p\", "
                + configuration + "}}}";
    }

    private static byte[] bytes(JsonNode tree) {
        return tree.toString().getBytes(StandardCharsets.UTF_8);
    }
}
