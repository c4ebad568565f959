package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class StaleServersTest {

    private static final String STORE = "barmancloud.cnpg.io/objectstores/shop/backups";

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("stale-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final SetClock clock = new SetClock(Instant.parse("2026-08-10T00:00:00Z"));
    private final StaleServers servers =
            new StaleServers(api, OperatorGroup.ORIGINAL, Duration.ofDays(30), clock, scheduler);

    @BeforeEach
    void createStore() {
        store("{\"serverRecoveryWindow\": {\"pg\": {}, \"gone\": {\"lastFailedBackupTime\": \"2026-01-01T00:00:00Z\"}},"
                + " \"servers\": {\"gone\": {\"sizeBytes\": 1}, \"gone-too\": {}}, \"conditions\": []}");
        cluster("pg", "{\"name\": \"walarchiver.io\", \"parameters\": {\"barmanObjectName\": \"backups\"}}");
    }

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void entryOfNobodyGoesAfterItsTime() {
        assertThat(await(servers.prune("shop", "backups"))).isEmpty();
        clock.advance(Duration.ofDays(29));
        assertThat(await(servers.prune("shop", "backups"))).isEmpty();
        clock.advance(Duration.ofDays(1));

        assertThat(await(servers.prune("shop", "backups"))).containsExactly("gone", "gone-too");
        assertThat(kubernetes.objects.get(STORE).path("status"))
                .isEqualTo(FakeObjects.tree(
                        "{\"serverRecoveryWindow\": {\"pg\": {}}, \"servers\": {}, \"conditions\": []}"));
    }

    @Test
    void entryThatChangesBeginsItsTimeAnew() {
        await(servers.prune("shop", "backups"));
        clock.advance(Duration.ofDays(29));
        store("{\"serverRecoveryWindow\": {\"gone\": {\"lastFailedBackupTime\": \"2026-08-09T00:00:00Z\"}}}");
        assertThat(await(servers.prune("shop", "backups"))).isEmpty();
        clock.advance(Duration.ofDays(29));
        assertThat(await(servers.prune("shop", "backups"))).isEmpty();
        clock.advance(Duration.ofDays(1));
        assertThat(await(servers.prune("shop", "backups"))).containsExactly("gone");
    }

    @Test
    void entryThatIsMentionedForAMomentBeginsItsTimeAnew() {
        await(servers.prune("shop", "backups"));
        clock.advance(Duration.ofDays(29));
        cluster("gone", "{\"name\": \"walarchiver.io\", \"parameters\": {\"barmanObjectName\": \"backups\"}}");
        await(servers.prune("shop", "backups"));
        kubernetes.objects.remove("postgresql.cnpg.io/clusters/shop/gone");
        clock.advance(Duration.ofDays(29));

        assertThat(await(servers.prune("shop", "backups"))).containsExactly("gone-too");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"plugins\": [{\"name\": \"any\", \"enabled\": false, \"parameters\": {\"barmanObjectName\": \"backups\","
                        + " \"serverName\": \"gone\"}}]",
                "\"externalClusters\": [{\"name\": \"x\", \"plugin\": {\"name\": \"any\", \"parameters\":"
                        + " {\"barmanObjectName\": \"backups\", \"serverName\": \"gone\"}}}]"
            })
    void mentionOfAnyKindKeepsAnEntry(String spec) {
        kubernetes.objects.apply("clusters", clusterJson("another", spec));

        assertThat(twice()).containsExactly("gone-too");
    }

    @Test
    void clusterOfAnotherStoreKeepsNothing() {
        cluster("gone", "{\"name\": \"walarchiver.io\", \"parameters\": {\"barmanObjectName\": \"other\"}}");

        assertThat(twice()).containsExactly("gone", "gone-too");
    }

    @ParameterizedTest
    @ValueSource(strings = {"backups", "scheduledbackups"})
    void backupThatNamesAServerKeepsItsEntry(String plural) {
        kubernetes.objects.apply(
                plural,
                "{\"apiVersion\": \"postgresql.cnpg.io/v1\", \"metadata\": {\"name\": \"b\", \"namespace\": \"shop\"},"
                        + " \"spec\": {\"pluginConfiguration\": {\"parameters\": {\"serverName\": \"gone\"}}}}");

        assertThat(twice()).containsExactly("gone-too");
    }

    @ParameterizedTest
    @ValueSource(strings = {"clusters", "backups", "scheduledbackups"})
    void whatCannotBeListedMightMentionAnyServer(String plural) {
        await(servers.prune("shop", "backups"));
        clock.advance(Duration.ofDays(60));
        kubernetes.allow(request -> !request.resource().equals(plural));

        StepVerifier.create(servers.prune("shop", "backups"))
                .expectError(KubernetesException.Forbidden.class)
                .verify(LIMIT);
        assertThat(kubernetes.requests("update", "objectstores/status")).isZero();
    }

    @Test
    void clusterThatCannotBeUnderstoodMightMentionAnyServer() {
        await(servers.prune("shop", "backups"));
        clock.advance(Duration.ofDays(60));
        kubernetes.objects.apply("clusters", clusterJson("odd", "\"plugins\": \"none\""));

        StepVerifier.create(servers.prune("shop", "backups"))
                .expectError(InvalidClusterException.class)
                .verify(LIMIT);
    }

    @Test
    void entryThatChangesAtTheLastMomentStays() {
        await(servers.prune("shop", "backups"));
        clock.advance(Duration.ofDays(60));
        List<String> seen = new ArrayList<>();
        kubernetes.allow(request -> {
            if (request.verb().equals("update") && seen.isEmpty()) {
                seen.add("first");
                store("{\"serverRecoveryWindow\": {\"gone\": {\"lastFailedBackupTime\": \"2026-08-09T00:00:00Z\"}},"
                        + " \"servers\": {\"gone-too\": {}}}");
            }
            return true;
        });

        assertThat(await(servers.prune("shop", "backups"))).containsExactly("gone-too");
        ObjectNode object = kubernetes.objects.get(STORE);
        assertThat(object.at("/status/serverRecoveryWindow/gone").isObject()).isTrue();
    }

    private List<String> twice() {
        assertThat(await(servers.prune("shop", "backups"))).isEmpty();
        clock.advance(Duration.ofDays(31));
        return await(servers.prune("shop", "backups"));
    }

    private void store(String status) {
        kubernetes.objects.apply(
                "objectstores",
                "{\"apiVersion\": \"barmancloud.cnpg.io/v1\", \"kind\": \"ObjectStore\", \"metadata\": {\"name\":"
                        + " \"backups\", \"namespace\": \"shop\"}, \"spec\": {}, \"status\": " + status + "}");
    }

    private void cluster(String name, String plugin) {
        kubernetes.objects.apply("clusters", clusterJson(name, "\"plugins\": [" + plugin + "]"));
    }

    private static String clusterJson(String name, String spec) {
        return "{\"apiVersion\": \"postgresql.cnpg.io/v1\", \"kind\": \"Cluster\", \"metadata\": {\"name\": \"" + name
                + "\", \"namespace\": \"shop\"}, \"spec\": {" + spec + "}}";
    }
}
