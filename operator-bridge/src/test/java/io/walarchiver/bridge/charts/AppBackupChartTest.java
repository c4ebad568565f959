package io.walarchiver.bridge.charts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.bridge.Repository;
import io.walarchiver.bridge.objectstore.ManifestCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart for one application. */
@Timeout(120)
final class AppBackupChartTest {

    private static final String STORE = "store: {destinationPath: \"s3://bucket/shop\"}\ncluster: orders\n";
    private static final String EXTERNAL = STORE + """
            credentials:
              region: fra1
              externalSecret:
                storeRef: {name: vault}
                accessKeyId: {key: a, property: b}
                secretAccessKey: {key: c}
            """;
    private static final String VALUES =
            STORE + "credentials: {from: values, region: fra1, values: {accessKeyId: \"7\", secretAccessKey: \"8\"}}";
    private static final String EXISTING =
            STORE + "credentials: {from: existing, secretName: s, keys: {sessionToken: t, accessKeyId: id}}";
    private static final String ROLE = STORE + "credentials: {from: role, region: eu-central-1}";
    private static final Path EXAMPLE = Chart.APP_BACKUP.directory().resolve("examples/grafana-digitalocean");

    @BeforeEach
    void helm() {
        Chart.assumeHelm();
    }

    @Test
    void helmFindsNothingToComplainOf() {
        assertThat(Chart.APP_BACKUP.lint()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void storeIsUsableAndEveryObjectIsKnown(String values) {
        Chart.Objects objects = render(values);

        assertThat(objects.all()).allSatisfy(object -> {
            if (KubernetesModels.knows(object)) {
                KubernetesModels.check(object);
            } else {
                assertThat(object.path("kind").asText())
                        .isIn("ObjectStore", "ExternalSecret", "ScheduledBackup", "Cluster");
            }
        });
        JsonNode store = objects.one("ObjectStore");
        assertThat(ManifestCheck.problems(store)).isEmpty();
        // What the store refers to is made by the chart or said to exist.
        Set<String> made = new TreeSet<>(Set.of("s"));
        objects.ofKind("Secret")
                .forEach(secret -> secret.path("stringData")
                        .fieldNames()
                        .forEachRemaining(
                                key -> made.add(secret.at("/metadata/name").asText() + "/" + key)));
        objects.ofKind("ExternalSecret").forEach(secret -> {
            String name = secret.at("/spec/target/name").asText();
            secret.at("/spec/data")
                    .forEach(entry ->
                            made.add(name + "/" + entry.path("secretKey").asText()));
            secret.at("/spec/target/template/data").fieldNames().forEachRemaining(key -> made.add(name + "/" + key));
        });
        store.at("/spec/configuration/s3Credentials").forEach(reference -> {
            if (reference.isObject() && !reference.path("name").asText().equals("s")) {
                assertThat(made)
                        .contains(reference.path("name").asText() + "/"
                                + reference.path("key").asText());
            }
        });
    }

    static Stream<String> combinations() {
        return Stream.of(
                EXTERNAL,
                VALUES,
                EXISTING,
                ROLE,
                EXTERNAL + "pluginName: barman-cloud.cloudnative-pg.io",
                EXTERNAL + "createCluster: {enabled: true}",
                VALUES + "\nsnippet: {create: false}\nscheduledBackup: {enabled: false}",
                ROLE.replace(
                        "store: {",
                        "store: {name: other, endpointURL: \"https://e:9000\", endpointCA: {name: s, key: ca.crt}, tags: {a: b},"
                                + " historyTags: {c: d}, s3: {checksumMode: \"off\"}, sidecar: {logLevel: debug}, wal: {compression: lz4,"
                                + " maxParallel: 8}, data: {jobs: 4}, retentionPolicy: 4w, "));
    }

    @Test
    void scheduledBackupGoesThroughThePlugin() {
        JsonNode backup = render(EXTERNAL + "pluginName: other.example.org")
                .one("ScheduledBackup")
                .path("spec");

        assertThat(backup.path("method").asText()).isEqualTo("plugin");
        assertThat(backup.at("/pluginConfiguration/name").asText()).isEqualTo("other.example.org");
        assertThat(backup.at("/cluster/name").asText()).isEqualTo("orders");
        assertThat(backup.path("immediate").asBoolean()).isTrue();
        assertThat(backup.path("schedule").asText().split(" ")).hasSize(6);
    }

    @Test
    void snippetIsWhatThePluginReads() {
        JsonNode snippet = render(EXTERNAL).one("ConfigMap").path("data");
        JsonNode archive = Chart.parse(snippet.path("archive.yaml").asText()).get(0);
        JsonNode entry = archive.at("/spec/plugins/0");

        assertThat(entry.path("name").asText()).isEqualTo("walarchiver.io");
        assertThat(entry.path("isWALArchiver").asBoolean()).isTrue();
        assertThat(entry.at("/parameters/barmanObjectName").asText())
                .isEqualTo(
                        render(EXTERNAL).one("ObjectStore").at("/metadata/name").asText());
        assertThat(entry.at("/parameters/serverName").asText()).isEqualTo("orders");
        JsonNode restore = Chart.parse(snippet.path("restore.yaml").asText()).get(0);
        assertThat(restore.at("/spec/externalClusters/0/name"))
                .isEqualTo(restore.at("/spec/bootstrap/recovery/source"));
        assertThat(restore.at("/spec/externalClusters/0/plugin/parameters")).isEqualTo(entry.path("parameters"));
    }

    @Test
    void clusterOfTheChartKeepsWhatWasAskedAndGetsThePlugin() {
        JsonNode cluster = render(EXTERNAL
                        + "createCluster: {enabled: true, spec: {instances: 1, plugins: [{name: x}]}, recoverFrom: old,"
                        + " recoveryTarget: {targetTime: \"2026-08-01 10:00:00+00\"}}")
                .one("Cluster");

        assertThat(cluster.at("/metadata/name").asText()).isEqualTo("orders");
        assertThat(cluster.at("/spec/instances").asInt()).isEqualTo(1);
        assertThat(cluster.at("/spec/plugins").findValuesAsText("name")).containsExactly("x", "walarchiver.io");
        assertThat(cluster.at("/spec/bootstrap/recovery/source").asText()).isEqualTo("origin");
        assertThat(cluster.at("/spec/bootstrap/recovery/recoveryTarget/targetTime")
                        .asText())
                .startsWith("2026-08-01");
        assertThat(cluster.at("/spec/externalClusters/0/plugin/parameters/serverName")
                        .asText())
                .isEqualTo("old");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cluster: orders",
                STORE,
                STORE + "credentials: {from: values}",
                STORE + "credentials: {from: keys}",
                STORE + "unknown: 1",
                "{cluster: Orders, store: {create: false}}",
                "{cluster: orders, store: {destinationPath: bucket}}",
                ROLE + "\nscheduledBackup: {schedule: \"0 2 * * *\"}",
                ROLE + "\ncreateCluster: {enabled: true, recoverFrom: orders}",
            })
    void mistakesInValuesAreFoundBeforeAnythingIsInstalled(String values) {
        assertThatThrownBy(() -> render(values)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void storeThatIsThereIsOnlyReferredTo() {
        Chart.Objects objects = render("{cluster: orders, store: {create: false, name: shared}}");

        assertThat(objects.kinds()).containsExactly("ConfigMap", "ScheduledBackup");
        assertThat(objects.one("ConfigMap").toString()).contains("barmanObjectName: shared");
    }

    @Test
    void exampleIsWhatTheChartMakes() {
        String rendered =
                Chart.APP_BACKUP.text("grafana-backup", "grafana", Repository.text(EXAMPLE.resolve("values.yaml")));
        Repository.assertDerived(EXAMPLE.resolve("rendered.yaml"), rendered);
    }

    @Test
    void clustersOfTheExampleUseItsStore() {
        Chart.Objects objects = new Chart.Objects(Chart.parse(Repository.text(EXAMPLE.resolve("rendered.yaml"))));
        JsonNode snippet = Chart.parse(
                        objects.one("ConfigMap").at("/data").get("archive.yaml").asText())
                .get(0);
        JsonNode cluster =
                Chart.parse(Repository.text(EXAMPLE.resolve("cluster.yaml"))).get(0);
        JsonNode restored =
                Chart.parse(Repository.text(EXAMPLE.resolve("restore.yaml"))).get(0);

        assertThat(cluster.at("/spec/plugins")).isEqualTo(snippet.at("/spec/plugins"));
        assertThat(objects.one("ScheduledBackup").at("/spec/cluster/name")).isEqualTo(cluster.at("/metadata/name"));
        assertThat(restored.at("/spec/externalClusters/0/plugin/parameters"))
                .isEqualTo(cluster.at("/spec/plugins/0/parameters"));
        // Whoever restores must not write among the files restored from.
        assertThat(restored.at("/spec/plugins/0/parameters/serverName"))
                .isNotEqualTo(cluster.at("/spec/plugins/0/parameters/serverName"));
    }

    @Test
    void bothVariantsOfTheExampleDifferOnlyInTheirSecret() {
        Chart.Objects one = new Chart.Objects(Chart.parse(Repository.text(EXAMPLE.resolve("rendered.yaml"))));
        Chart.Objects other = new Chart.Objects(Chart.parse(Chart.APP_BACKUP.text(
                "grafana-backup", "grafana", Repository.text(EXAMPLE.resolve("values-plain-secret.yaml")))));

        assertThat(one.one("ObjectStore")).isEqualTo(other.one("ObjectStore"));
        assertThat(other.ofKind("ExternalSecret")).isEmpty();
        assertThat(List.of(one.one("ScheduledBackup"), one.one("ConfigMap")))
                .isEqualTo(List.of(other.one("ScheduledBackup"), other.one("ConfigMap")));
    }

    private static Chart.Objects render(String values) {
        return new Chart.Objects(Chart.parse(Chart.APP_BACKUP.text("orders-backup", "shop", values)));
    }
}
