package io.walarchiver.bridge.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClusterViewTest {

    @Test
    void fieldsAnArchiverNeedsAreReadAndTheRestIsPassedOver() throws IOException {
        ClusterView cluster = replicaCluster();

        assertThat(cluster.name()).isEqualTo("orders-eu");
        assertThat(cluster.namespace()).contains("shop");
        assertThat(cluster.annotation(ClusterView.SKIP_EMPTY_WAL_ARCHIVE_CHECK)).contains("enabled");
        assertThat(cluster.plugins())
                .containsExactly(
                        new PluginEntry("other.example.org", true, false, Map.of()),
                        new PluginEntry(
                                "walarchiver.io",
                                true,
                                true,
                                Map.of("barmanObjectName", "store-eu", "unknownParameter", "ignored")));
        assertThat(cluster.externalClusters().stream().map(ExternalCluster::name))
                .containsExactly("origin", "orders-us", "archive-only");
        assertThat(cluster.externalCluster("orders-us").orElseThrow().hasConnectionParameters())
                .isTrue();
        assertThat(cluster.externalCluster("origin").orElseThrow().hasConnectionParameters())
                .isFalse();
        assertThat(cluster.externalCluster("archive-only").orElseThrow().plugin())
                .isEmpty();
        assertThat(cluster.externalCluster("nobody")).isEmpty();
        assertThat(cluster.replicaSource()).contains("orders-us");
        assertThat(cluster.recoverySource()).contains("origin");
        assertThat(cluster.isReplicaCluster()).isTrue();
        assertThat(cluster.currentPrimary()).contains("orders-eu-1");
        assertThat(cluster.targetPrimary()).contains("orders-eu-2");
        assertThat(cluster.timelineId()).isEqualTo(4);
        assertThat(cluster).hasToString("Cluster shop/orders-eu");
    }

    @Test
    void barestClusterIsAccepted() {
        ClusterView cluster = parse("{\"metadata\": {\"name\": \"pg\"}}");

        assertThat(cluster.plugins()).isEmpty();
        assertThat(cluster.externalClusters()).isEmpty();
        assertThat(cluster.currentPrimary()).isEmpty();
        assertThat(cluster.isReplicaCluster()).isFalse();
        assertThat(cluster.timelineId()).isZero();
    }

    @Test
    void nullsAndEmptyTextsCountAsAbsent() {
        ClusterView cluster = parse("{\"metadata\": {\"name\": \"pg\", \"annotations\": null}, \"spec\": {\"plugins\":"
                + " null, \"replica\": null, \"bootstrap\": {\"recovery\": {\"source\": \"\"}}}, \"status\":"
                + " {\"currentPrimary\": \"\", \"timelineID\": null}}");

        assertThat(cluster.plugins()).isEmpty();
        assertThat(cluster.recoverySource()).isEmpty();
        assertThat(cluster.currentPrimary()).isEmpty();
        assertThat(cluster.timelineId()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"source\": \"x\"}; true",
                "{\"source\": \"x\", \"enabled\": false}; false",
                "{\"source\": \"x\", \"enabled\": true, \"primary\": \"pg\"}; true",
                "{\"source\": \"x\", \"primary\": \"pg\"}; false",
                "{\"source\": \"x\", \"primary\": \"pg\", \"self\": \"site-b\"}; true",
                "{\"source\": \"x\", \"primary\": \"site-b\", \"self\": \"site-b\"}; false"
            })
    void replicaClusterIsRecognised(String replica, boolean expected) {
        ClusterView cluster = parse("{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"replica\": " + replica + "}}");

        assertThat(cluster.isReplicaCluster()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{\"metadata\": ",
                "{}",
                "{\"metadata\": {\"name\": \"\"}}",
                "{\"metadata\": {\"name\": 5}}",
                "{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"plugins\": {}}}",
                "{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"plugins\": [{}]}}",
                "{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"plugins\": [{\"name\": \"a\", \"enabled\": \"no\"}]}}",
                "{\"metadata\": {\"name\": \"pg\"}, \"spec\": {\"plugins\": [{\"name\": \"a\", \"parameters\": {\"b\": 1}}]}}",
                "{\"metadata\": {\"name\": \"pg\"}, \"status\": {\"currentPrimary\": 1}, \"spec\": {\"externalClusters\": [7]}}"
            })
    void whatIsNotAClusterIsRefusedWithAReason(String json) {
        assertThatThrownBy(() -> parse(json))
                .isInstanceOf(InvalidClusterException.class)
                .hasMessageContaining("Cluster");
    }

    static ClusterView replicaCluster() throws IOException {
        try (InputStream json =
                Objects.requireNonNull(ClusterViewTest.class.getResourceAsStream("/cluster/replica-cluster.json"))) {
            return ClusterView.parse(json.readAllBytes());
        }
    }

    static ClusterView parse(String json) {
        return ClusterView.parse(json.getBytes(StandardCharsets.UTF_8));
    }
}
