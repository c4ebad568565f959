package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.bridge.cluster.ClusterView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ClusterEventsTest {

    private static final ClusterView CLUSTER = ClusterView.of(FakeObjects.tree(
            "{\"apiVersion\": \"postgresql.cnpg.io/v1\", \"kind\": \"Cluster\", \"metadata\": {\"name\": \"pg\","
                    + " \"namespace\": \"shop\", \"uid\": \"uid-1\"}}"));

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("events-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final SetClock clock = new SetClock(Instant.parse("2026-08-10T00:00:00.7Z"));
    private final ClusterEvents events = new ClusterEvents(api, "wal-archiver", "pg-1", clock);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void eventIsAboutTheCluster() {
        awaitEnd(events.warn(CLUSTER, "RetentionPolicyFailed", "the bucket is locked: lift the lock"));

        JsonNode event = events().get(0);
        assertThat(event.path("involvedObject"))
                .isEqualTo(
                        FakeObjects.tree("{\"apiVersion\": \"postgresql.cnpg.io/v1\", \"kind\": \"Cluster\", \"name\":"
                                + " \"pg\", \"namespace\": \"shop\", \"uid\": \"uid-1\"}"));
        assertThat(event.path("type").asText()).isEqualTo("Warning");
        assertThat(event.path("reason").asText()).isEqualTo("RetentionPolicyFailed");
        assertThat(event.path("message").asText()).isEqualTo("the bucket is locked: lift the lock");
        assertThat(event.path("count").asInt()).isEqualTo(1);
        assertThat(event.path("lastTimestamp").asText()).isEqualTo("2026-08-10T00:00:00Z");
        assertThat(event.at("/source/component").asText()).isEqualTo("wal-archiver");
    }

    @Test
    void sameEventAgainRaisesTheCount() {
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));
        clock.advance(Duration.ofMinutes(5));
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "no connection"));
        awaitEnd(events.inform(CLUSTER, "BackupFailed", "disk full"));

        assertThat(events()).hasSize(3);
        assertThat(counts()).containsExactlyInAnyOrder(2, 1, 1);
    }

    @Test
    void eventThatRepeatsQuicklyIsWrittenOnceInAWhileWithAllItsOccurrences() {
        for (int i = 0; i < 100; i++) {
            awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));
        }
        assertThat(kubernetes.requests).hasSize(1);

        clock.advance(Duration.ofMinutes(2));
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));
        assertThat(kubernetes.requests).hasSize(2);
        assertThat(counts()).containsExactly(101);
    }

    @Test
    void eventThatTheApiForgotIsWrittenAnew() {
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));
        kubernetes.objects.remove(
                "/events/shop/" + events().get(0).at("/metadata/name").asText());
        clock.advance(Duration.ofHours(2));

        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));
        clock.advance(Duration.ofHours(2));
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));

        assertThat(counts()).containsExactly(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 409, 422, 500})
    void eventThatCannotBeWrittenFailsNobody(int code) {
        kubernetes.fail(code, request -> true);

        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));
        clock.advance(Duration.ofMinutes(2));
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "disk full"));

        assertThat(counts()).containsExactly(2);
    }

    @Test
    void clusterWithoutANamespaceAndALongMessageFailNobody() {
        awaitEnd(events.warn(ClusterView.of(FakeObjects.tree("{\"metadata\": {\"name\": \"pg\"}}")), "X", "y"));
        assertThat(kubernetes.requests).isEmpty();

        awaitEnd(events.warn(CLUSTER, "X", "y".repeat(100_000)));
        assertThat(events().get(0).path("message").asText()).hasSize(1024).endsWith("…");
    }

    @Test
    void manyDifferentEventsAreNotRememberedForEver() {
        for (int i = 0; i < 200; i++) {
            awaitEnd(events.warn(CLUSTER, "BackupFailed", "attempt " + i));
        }
        clock.advance(Duration.ofMinutes(5));
        awaitEnd(events.warn(CLUSTER, "BackupFailed", "attempt 0"));

        assertThat(events()).hasSize(201);
    }

    private List<JsonNode> events() {
        List<JsonNode> events = new ArrayList<>();
        kubernetes.objects.list("/events/shop/", "", 1000, "").path("items").forEach(events::add);
        return events;
    }

    private List<Integer> counts() {
        return events().stream().map(event -> event.path("count").asInt()).toList();
    }
}
