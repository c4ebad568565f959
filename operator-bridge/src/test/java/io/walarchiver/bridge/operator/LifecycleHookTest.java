package io.walarchiver.bridge.operator;

import static io.walarchiver.bridge.operator.Documents.SETTINGS;
import static io.walarchiver.bridge.operator.Documents.store;
import static io.walarchiver.bridge.operator.Documents.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.bridge.operator.LifecycleHook.Operation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LifecycleHookTest {

    private final LifecycleHook hook = new LifecycleHook(SETTINGS);
    private final Map<String, ObjectStoreResource> stores =
            new HashMap<>(Map.of("backups", store("backups", ""), "old-backups", store("old-backups", "")));

    @ParameterizedTest
    @EnumSource(Operation.class)
    void instanceGetsTheSidecarAfterTheBootstrap(Operation operation) {
        JsonNode patched = apply(operation, Documents.read("cluster.json"), Documents.read("pod.json"));

        assertThat(names(patched.at("/spec/initContainers"))).containsExactly("bootstrap-controller", "wal-archiver");
        assertThat(names(patched.at("/spec/containers"))).containsExactly("postgres");
        JsonNode sidecar = patched.at("/spec/initContainers/1");
        assertThat(sidecar).isEqualTo(tree("""
            {"name": "wal-archiver", "image": "registry.example/wal-archiver:1.2.3", "imagePullPolicy": "IfNotPresent",
             "restartPolicy": "Always", "command": ["/opt/wal-archiver/bin/wal-archiver", "instance"],
             "env": [
              {"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"},
              {"name": "POD_NAME", "value": "orders-1"},
              {"name": "NAMESPACE", "value": "shop"},
              {"name": "CLUSTER_NAME", "value": "orders"},
              {"name": "PSQL_HISTORY", "value": "/controller/tmp/.psql_history"},
              {"name": "PGPORT", "value": "5432"},
              {"name": "PGHOST", "value": "/controller/run"},
              {"name": "FROM_USER", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
              {"name": "SPOOL_DIRECTORY", "value": "/controller/wal-archiver"},
              {"name": "CUSTOM_CNPG_GROUP", "value": "postgresql.cnpg.io"},
              {"name": "CUSTOM_CNPG_VERSION", "value": "v1"},
              {"name": "PLUGIN_NAME", "value": "walarchiver.io"},
              {"name": "MANAGEMENT_PORT", "value": "9189"},
              {"name": "TMPDIR", "value": "/tmp"}],
             "ports": [{"name": "archiver", "containerPort": 9189, "protocol": "TCP"}],
             "resources": {"requests": {"memory": "192Mi"}},
             "volumeMounts": [
              {"name": "pgdata", "mountPath": "/var/lib/postgresql/data"},
              {"name": "scratch-data", "mountPath": "/controller"},
              {"name": "shm", "mountPath": "/dev/shm"},
              {"name": "pg-wal", "mountPath": "/var/lib/postgresql/wal"},
              {"name": "tbs-hot", "mountPath": "/var/lib/postgresql/tablespaces/hot"},
              {"name": "projected", "mountPath": "/projected"},
              {"name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true},
              {"name": "plugins", "mountPath": "/plugins"},
              {"name": "wal-archiver-tmp", "mountPath": "/tmp"}],
             "startupProbe": {"httpGet": {"path": "/healthz", "port": 9189},
              "failureThreshold": 60, "periodSeconds": 1, "timeoutSeconds": 5},
             "livenessProbe": {"httpGet": {"path": "/healthz", "port": 9189},
              "failureThreshold": 6, "periodSeconds": 10, "timeoutSeconds": 5},
             "securityContext": {"allowPrivilegeEscalation": false, "privileged": false,
              "readOnlyRootFilesystem": true, "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]},
              "seccompProfile": {"type": "RuntimeDefault"}}}"""));
    }

    @Test
    void onlyNamedStoresAreAskedFor() {
        byte[] cluster = bytes(Documents.read("cluster.json"));
        List<String> asked = new ArrayList<>();

        for (String name : List.of("pod.json", "job.json")) {
            assertThat(hook.patch(Operation.CREATE, cluster, bytes(Documents.read(name)), store -> {
                        asked.add(store);
                        return find(store);
                    }))
                    .isNotEmpty();
        }

        assertThat(hook.storeNames(cluster))
                .containsExactly("backups", "old-backups")
                .containsAll(asked);
    }

    @Test
    void nothingElseOfThePodChanges() {
        ObjectNode pod = Documents.read("pod.json");

        ObjectNode patched = (ObjectNode) apply(Operation.CREATE, Documents.read("cluster.json"), pod);

        assertThat(patched.at("/spec/volumes/7")).isEqualTo(tree("{\"name\": \"plugins\", \"emptyDir\": {}}"));
        assertThat(patched.at("/spec/volumes/8")).isEqualTo(tree("{\"name\": \"wal-archiver-tmp\", \"emptyDir\": {}}"));
        assertThat(patched.at("/spec/containers/0/volumeMounts/8"))
                .isEqualTo(tree("{\"name\": \"plugins\", \"mountPath\": \"/plugins\"}"));
        ((ArrayNode) patched.at("/spec/initContainers")).remove(1);
        ((ArrayNode) patched.at("/spec/volumes")).remove(8);
        ((ArrayNode) patched.at("/spec/volumes")).remove(7);
        ((ArrayNode) patched.at("/spec/containers/0/volumeMounts")).remove(8);
        assertThat(patched).isEqualTo(pod);
        assertThat(patched.toString()).isEqualTo(pod.toString());
    }

    @Test
    void answerIsTheSameToTheByte() {
        byte[] cluster = bytes(Documents.read("cluster.json"));
        byte[] pod = bytes(Documents.read("pod.json"));

        byte[] first = hook.patch(Operation.EVALUATE, cluster, pod, this::find);

        for (int i = 0; i < 20; i++) {
            assertThat(new LifecycleHook(SETTINGS).patch(Operation.EVALUATE, cluster, pod, this::find))
                    .isEqualTo(first);
            assertThat(hook.patch(Operation.CREATE, cluster, pod, this::find)).isEqualTo(first);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pod.json", "job.json"})
    void objectThatWasAskedAboutIsNotChangedAgain(String name) {
        ObjectNode cluster = Documents.read("cluster.json");
        JsonNode once = apply(Operation.CREATE, cluster, Documents.read(name));

        assertThat(hook.patch(Operation.EVALUATE, bytes(cluster), bytes(once), this::find))
                .isEmpty();
        assertThat(hook.patch(Operation.CREATE, bytes(cluster), bytes(once), this::find))
                .isEmpty();
    }

    @Test
    void sidecarOfAnEarlierVersionIsReplacedInItsPlace() {
        ObjectNode cluster = Documents.read("cluster.json");
        ObjectNode pod = (ObjectNode) apply(Operation.CREATE, cluster, Documents.read("pod.json"));
        JsonNode expected = pod.deepCopy();
        ObjectNode sidecar = (ObjectNode) pod.at("/spec/initContainers/1");
        sidecar.put("image", "registry.example/wal-archiver:0.9");
        sidecar.remove("livenessProbe");
        ((ArrayNode) sidecar.get("env")).remove(3);
        ((ArrayNode) pod.at("/spec/initContainers")).add(tree("{\"name\": \"another-sidecar\"}"));
        ((ArrayNode) expected.at("/spec/initContainers")).add(tree("{\"name\": \"another-sidecar\"}"));

        assertThat(apply(Operation.EVALUATE, cluster, pod)).isEqualTo(expected);
    }

    @Test
    void absentArraysAreMade() {
        ObjectNode pod = (ObjectNode) tree(
                "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"x\"}, \"spec\": {\"containers\":"
                        + " [{\"name\": \"postgres\"}]}}");

        JsonNode patched = apply(Operation.CREATE, Documents.read("cluster.json"), pod);

        assertThat(names(patched.at("/spec/initContainers"))).containsExactly("wal-archiver");
        assertThat(names(patched.at("/spec/volumes"))).containsExactly("plugins", "wal-archiver-tmp");
        assertThat(names(patched.at("/spec/containers/0/volumeMounts"))).containsExactly("plugins");
    }

    @Test
    void volumeOfAnotherPluginIsShared() {
        ObjectNode pod = Documents.read("pod.json");
        ((ArrayNode) pod.at("/spec/volumes"))
                .insert(0, tree("{\"name\": \"plugins\", \"emptyDir\": {\"sizeLimit\": \"1Mi\"}}"));
        ((ArrayNode) pod.at("/spec/containers/0/volumeMounts"))
                .insert(0, tree("{\"name\": \"plugins\", \"mountPath\": \"/plugins\"}"));

        JsonNode patched = apply(Operation.CREATE, Documents.read("cluster.json"), pod);

        assertThat(names(patched.at("/spec/volumes")).stream().filter("plugins"::equals))
                .hasSize(1);
        assertThat(patched.at("/spec/volumes/0/emptyDir/sizeLimit").asText()).isEqualTo("1Mi");
        assertThat(names(patched.at("/spec/initContainers/1/volumeMounts"))).containsOnlyOnce("plugins");
    }

    @Test
    void settingsOfTheStoreReachTheSidecarAndLoseToThoseOfPostgres() {
        stores.put("backups", store("backups", """
            {"env": [{"name": "AWS_CA", "value": "x"}, {"name": "PGPORT", "value": "1"},
              {"name": "HTTPS_PROXY", "valueFrom": {"secretKeyRef": {"name": "proxy", "key": "url"}}}],
             "resources": {"limits": {"memory": "1Gi", "cpu": 2}}, "logLevel": "debug",
             "additionalContainerArgs": ["--pprof-server=0.0.0.0:6061"]}"""));

        JsonNode sidecar = apply(Operation.CREATE, Documents.read("cluster.json"), Documents.read("pod.json"))
                .at("/spec/initContainers/1");

        List<String> variables = names(sidecar.path("env"));
        assertThat(variables).containsOnlyOnce("PGPORT").containsOnlyOnce("LOG_LEVEL");
        assertThat(variables.subList(variables.size() - 2, variables.size())).containsExactly("AWS_CA", "HTTPS_PROXY");
        assertThat(sidecar.path("resources")).isEqualTo(tree("{\"limits\": {\"memory\": \"1Gi\", \"cpu\": 2}}"));
        assertThat(sidecar.path("args")).isEqualTo(tree("[\"--pprof-server=0.0.0.0:6061\"]"));
    }

    @Test
    void resourcesThatAreEmptyOnPurposeStayEmpty() {
        stores.put("backups", store("backups", "{\"resources\": {}}"));

        JsonNode patched = apply(Operation.CREATE, Documents.read("cluster.json"), Documents.read("pod.json"));

        assertThat(patched.at("/spec/initContainers/1/resources")).isEqualTo(tree("{}"));
    }

    @Test
    void recoveryJobGetsTheSidecarBesideItsOwnContainer() {
        stores.put("old-backups", store("old-backups", "{\"env\": [{\"name\": \"OF_THE_SOURCE\", \"value\": \"1\"}]}"));

        JsonNode spec = apply(Operation.CREATE, Documents.read("cluster.json"), Documents.read("job.json"))
                .at("/spec/template/spec");

        JsonNode sidecar = spec.at("/initContainers/1");
        assertThat(sidecar.path("name").asText()).isEqualTo("wal-archiver");
        assertThat(sidecar.at("/command/1").asText()).isEqualTo("restore-job");
        assertThat(names(sidecar.path("env")))
                .contains("PGDATA", "JOB_ROLE", "OF_THE_SOURCE")
                .doesNotHaveDuplicates();
        assertThat(names(sidecar.path("volumeMounts")))
                .containsExactly("pgdata", "scratch-data", "plugins", "wal-archiver-tmp");
        assertThat(names(spec.at("/containers/0/volumeMounts"))).contains("plugins");
    }

    @Test
    void snapshotRecoveryGetsItToo() {
        String job = Documents.read("job.json").toString().replace("full-recovery", "snapshot-recovery");

        JsonNode patched = apply(Operation.CREATE, Documents.read("cluster.json"), (ObjectNode) tree(job));

        assertThat(names(patched.at("/spec/template/spec/initContainers"))).contains("wal-archiver");
    }

    @ParameterizedTest
    @ValueSource(strings = {"initdb", "import", "pgbasebackup", "join", "major-upgrade"})
    void otherJobsAreLeftAlone(String role) {
        ObjectNode job = (ObjectNode) tree(Documents.read("job.json").toString().replace("full-recovery", role));

        assertThat(hook.patch(Operation.CREATE, bytes(Documents.read("cluster.json")), bytes(job), this::find))
                .isEmpty();
    }

    @Test
    void clusterWithoutUsIsLeftAlone() {
        ObjectNode cluster =
                (ObjectNode) tree(Documents.read("cluster.json").toString().replace("walarchiver.io", "other"));

        for (String name : List.of("pod.json", "job.json")) {
            assertThat(hook.patch(Operation.CREATE, bytes(cluster), bytes(Documents.read(name)), this::find))
                    .isEmpty();
        }
    }

    @Test
    void disabledEntryCountsAsAbsent() {
        ObjectNode cluster = Documents.read("cluster.json");
        ((ObjectNode) cluster.at("/spec/plugins/0")).put("enabled", false);
        ((ObjectNode) cluster.at("/spec/externalClusters/0/plugin")).put("enabled", false);

        for (String name : List.of("pod.json", "job.json")) {
            assertThat(hook.patch(Operation.CREATE, bytes(cluster), bytes(Documents.read(name)), this::find))
                    .isEmpty();
        }
    }

    @Test
    void clusterThatOnlyFollowsGetsTheSidecar() {
        ObjectNode cluster = Documents.read("cluster.json");
        ((ObjectNode) cluster.get("spec")).remove("plugins");
        ((ObjectNode) cluster.get("spec")).set("replica", tree("{\"enabled\": true, \"source\": \"origin\"}"));

        assertThat(names(apply(Operation.CREATE, cluster, Documents.read("pod.json"))
                        .at("/spec/initContainers")))
                .contains("wal-archiver");
    }

    @Test
    void enabledEntryWithoutAStoreGetsTheSidecarThatTheOperatorWaitsFor() {
        ObjectNode cluster = Documents.read("cluster.json");
        ((ObjectNode) cluster.at("/spec/plugins/0")).remove("parameters");

        assertThat(names(apply(Operation.EVALUATE, cluster, Documents.read("pod.json"))
                        .at("/spec/initContainers")))
                .contains("wal-archiver");
    }

    @Test
    void podOfAVendorsOperatorIsAnInstanceToo() {
        String cluster =
                Documents.read("cluster.json").toString().replace("postgresql.cnpg.io/v1", "pg.vendor.example/v2");
        String pod = Documents.read("pod.json").toString().replace("cnpg.io/", "vendor.example/");

        JsonNode env = apply(Operation.CREATE, (ObjectNode) tree(cluster), (ObjectNode) tree(pod))
                .at("/spec/initContainers/1/env");

        assertThat(env.toString())
                .contains("{\"name\":\"CUSTOM_CNPG_GROUP\",\"value\":\"pg.vendor.example\"}")
                .contains("{\"name\":\"CUSTOM_CNPG_VERSION\",\"value\":\"v2\"}");
    }

    @Test
    void missingStoreIsAnErrorAndNotNoChange() {
        stores.remove("backups");

        assertThatThrownBy(() -> apply(Operation.EVALUATE, Documents.read("cluster.json"), Documents.read("pod.json")))
                .isInstanceOfSatisfying(
                        HookException.StoreMissing.class,
                        e -> assertThat(e.kind()).isEqualTo("store_missing"))
                .hasMessageContaining("backups")
                .hasMessageContaining("create it");
    }

    @Test
    void runningInstanceDoesNotNeedTheStoreItWasCreatedFrom() {
        ObjectNode cluster = Documents.read("cluster.json");
        byte[] before = hook.patch(Operation.EVALUATE, bytes(cluster), bytes(Documents.read("pod.json")), this::find);
        stores.remove("old-backups");

        assertThat(hook.patch(Operation.EVALUATE, bytes(cluster), bytes(Documents.read("pod.json")), this::find))
                .isEqualTo(before);
        assertThatThrownBy(() -> apply(Operation.CREATE, cluster, Documents.read("job.json")))
                .isInstanceOf(HookException.StoreMissing.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Service", "Secret", "PersistentVolumeClaim"})
    void otherKindsAreLeftAlone(String kind) {
        String object = "{\"apiVersion\": \"v1\", \"kind\": \"" + kind + "\"}";

        assertThat(hook.patch(
                        Operation.CREATE,
                        bytes(Documents.read("cluster.json")),
                        object.getBytes(StandardCharsets.UTF_8),
                        this::find))
                .isEmpty();
    }

    @Test
    void jobIsNotEvaluated() {
        assertThat(hook.patch(
                        Operation.EVALUATE,
                        bytes(Documents.read("cluster.json")),
                        bytes(Documents.read("job.json")),
                        this::find))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}",
                "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": []}",
                "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"containers\": [{\"name\": \"other\"}, 5]}}"
            })
    void objectThatCannotBeChangedIsATypedError(String object) {
        assertThatThrownBy(() -> hook.patch(
                        Operation.CREATE,
                        bytes(Documents.read("cluster.json")),
                        object.getBytes(StandardCharsets.UTF_8),
                        this::find))
                .isInstanceOf(HookException.InvalidObject.class);
    }

    @Test
    void clusterThatCannotBeUnderstoodIsATypedError() {
        assertThatThrownBy(() ->
                        hook.patch(Operation.CREATE, new byte[] {'{'}, bytes(Documents.read("pod.json")), this::find))
                .isInstanceOf(InvalidClusterException.class);
    }

    private Optional<ObjectStoreResource> find(String name) {
        return Optional.ofNullable(stores.get(name));
    }

    /** Applied twice: by the library that makes patches too, and step by step, as the operator's library does it. */
    private JsonNode apply(Operation operation, ObjectNode cluster, JsonNode object) {
        JsonNode patch = tree(
                new String(hook.patch(operation, bytes(cluster), bytes(object), this::find), StandardCharsets.UTF_8));
        JsonNode patched = JsonPatch.apply(patch, object);
        assertThat(StrictPatch.apply(patch, object)).isEqualTo(patched);
        return patched;
    }

    private static byte[] bytes(JsonNode tree) {
        return tree.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> names(JsonNode elements) {
        List<String> names = new ArrayList<>();
        elements.forEach(element -> names.add(element.path("name").asText()));
        return names;
    }
}
