package io.walarchiver.bridge.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.bridge.kubernetes.StaleServers;
import io.walarchiver.bridge.operator.StaleStatus.Removal;
import io.walarchiver.bridge.operator.StoreCache.StoreId;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class StaleStatusTest {

    private static final String SERVERS = """
            {"orders": {"waitingFiles": 0}, "gone": {"waitingFiles": 3}}""";

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final StoreObjects objects = new StoreObjects(kubernetes);
    private final Scheduler scheduler = Schedulers.newSingle("stale-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final List<Removal> removals = new CopyOnWriteArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final List<Disposable> running = new ArrayList<>();

    @BeforeEach
    void haveAStoreWithTheStatusOfTwoServers() {
        objects.store("shop", "backups", "keys");
        ObjectNode store = kubernetes.objects.get(StoreObjects.key("shop", "backups"));
        store.putObject("status").set("servers", Documents.tree(SERVERS));
        ObjectNode unused = kubernetes.objects.apply("objectstores", store.toString());
        ObjectNode alsoUnused = kubernetes.objects.apply("clusters", """
                {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
                 "metadata": {"name": "orders", "namespace": "shop"},
                 "spec": {"plugins": [{"name": "walarchiver.io", "parameters": {"barmanObjectName": "backups"}}]}}""");
    }

    @AfterEach
    void close() {
        running.forEach(Disposable::dispose);
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void serverThatNoClusterMentionsIsTakenOutAndTold() {
        start();

        await().until(() -> !removals.isEmpty());
        assertThat(removals).containsExactly(new Removal(new StoreId("shop", "backups"), List.of("gone")));
        assertThat(kubernetes
                        .objects
                        .get(StoreObjects.key("shop", "backups"))
                        .at("/status/servers")
                        .fieldNames())
                .toIterable()
                .containsExactly("orders");
        assertThat(failures).isEmpty();
    }

    @Test
    void withoutTheRightToListClustersAllStaysAndThatIsSaid() {
        kubernetes.allow(request -> !request.resource().equals("clusters"));
        start();

        await().until(() -> failures.size() > 1);
        assertThat(failures).containsOnly("stale-servers shop/backups");
        assertThat(removals).isEmpty();
        assertThat(kubernetes.objects.get(StoreObjects.key("shop", "backups")).at("/status/servers"))
                .hasSize(2);
    }

    private void start() {
        StoreCache cache =
                new StoreCache(new CollectionWatch(api, scheduler), StoreSource.asking(api), List.of(Scope.EVERYWHERE));
        running.add(cache.follow().subscribe());
        await().until(cache::isSynced);
        running.add(new StaleStatus(
                        cache,
                        new StaleServers(api, OperatorGroup.ORIGINAL, Duration.ZERO, Clock.systemUTC(), scheduler),
                        Duration.ofMillis(50),
                        (work, object, failure) -> failures.add(work + " " + object),
                        scheduler)
                .run()
                .subscribe(removals::add));
    }
}
