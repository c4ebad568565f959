package io.walarchiver.bridge.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What follows when a store changes, with the rights of the chart, on a real API server where there is one. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RealStoreCareIT {

    private static final String STORE = InstalledCluster.STORES + "/backups";
    private static final String ROLE = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles/orders-wal-archiver";

    @Test
    void roleAndConditionFollowTheStore() {
        Scheduler scheduler = Schedulers.newParallel("real-care-test", 2);
        List<String> failures = new CopyOnWriteArrayList<>();
        try (InstalledCluster installed = new InstalledCluster(scheduler)) {
            StoreCache cache = new StoreCache(
                    new CollectionWatch(installed.operator, scheduler),
                    StoreSource.asking(installed.operator),
                    List.of(Scope.EVERYWHERE));
            StoreCare care = new StoreCare(
                    installed.operator,
                    cache,
                    new StoreCare.Pace(Duration.ofMillis(50), Duration.ofSeconds(1), 5),
                    (work, object, failure) -> failures.add(work + " " + object + ": " + failure.getMessage()),
                    Clock.systemUTC(),
                    scheduler);
            Disposable running = care.run().subscribe();
            try {
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> ready(installed).has("status"));
                assertThat(cache.isSynced()).isTrue();

                ObjectNode store = (ObjectNode) installed.server.get(STORE);
                ((ObjectNode) store.at("/spec/configuration/s3Credentials/accessKeyId")).put("name", "another");
                assertThat(installed.server.send("PUT", STORE, store).code()).isEqualTo(200);

                await().atMost(Duration.ofSeconds(60))
                        .until(() -> installed
                                .server
                                .get(ROLE)
                                .path("rules")
                                .toString()
                                .contains("\"another\""));
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> ready(installed).path("observedGeneration").asInt() == 2);
                assertThat(ready(installed).path("status").asText()).isEqualTo("False");
                assertThat(ready(installed).path("message").asText()).contains("another");
                assertThat(failures).isEmpty();
            } finally {
                running.dispose();
            }
        } finally {
            scheduler.dispose();
        }
    }

    private static JsonNode ready(InstalledCluster installed) {
        for (JsonNode condition : installed.server.get(STORE).at("/status/conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition;
            }
        }
        return Documents.tree("{}");
    }
}
