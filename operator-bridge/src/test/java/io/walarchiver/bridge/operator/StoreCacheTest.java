package io.walarchiver.bridge.operator;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.operator.StoreCache.Change;
import io.walarchiver.bridge.operator.StoreCache.StoreId;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class StoreCacheTest {

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final StoreObjects objects = new StoreObjects(kubernetes);
    private final Scheduler scheduler = Schedulers.newSingle("cache-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final StoreCache cache = cache(Scope.EVERYWHERE);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void storesOfAllNamespacesAreListedPageByPageAndThenFollowed() {
        for (String namespace : List.of("a", "b", "c", "d")) {
            objects.store(namespace, "backups", "keys");
        }

        StepVerifier.create(cache.follow())
                .expectNext(changed("a"), changed("b"), changed("c"), changed("d"))
                .then(() -> objects.store("e", "backups", "keys"))
                .expectNext(changed("e"))
                .then(() -> objects.store("a", "backups", "others"))
                .expectNext(changed("a"))
                .then(() -> kubernetes.objects.remove(StoreObjects.key("b", "backups")))
                .expectNext(new Change(new StoreId("b", "backups"), true))
                .then(() -> assertThat(cache.size()).isEqualTo(4))
                .thenCancel()
                .verify(LIMIT);
        // The pages of this connection have three objects.
        assertThat(kubernetes.requests("list", "objectstores")).isEqualTo(2);
        assertThat(cache.known("a", "backups").orElseThrow().secretNames()).containsExactly("others");
    }

    @Test
    void nobodyIsAskedForAStoreThatIsKnown() {
        objects.store("shop", "backups", "keys");
        StepVerifier.create(cache.follow())
                .expectNextCount(1)
                .then(() -> {
                    assertThat(cache.isSynced()).isTrue();
                    assertThat(await(cache.find("shop", "backups"))).isPresent();
                })
                .thenCancel()
                .verify(LIMIT);
        assertThat(kubernetes.requests("get", "objectstores")).isZero();
    }

    @Test
    void storeThatIsNotKnownYetIsLookedForInTheApi() {
        objects.store("shop", "backups", "keys");

        assertThat(cache.isSynced()).isFalse();
        assertThat(await(cache.find("shop", "backups"))).isPresent();
        assertThat(await(cache.find("shop", "others"))).isEmpty();
        assertThat(await(cache.find("", "Not A Name"))).isEmpty();
    }

    @Test
    void whatWasKnownStaysWhileTheApiIsAway() {
        objects.store("shop", "backups", "keys");
        StepVerifier.create(cache.follow())
                .expectNextCount(1)
                .then(() -> kubernetes.setDown(true))
                .then(() -> {
                    assertThat(await(cache.find("shop", "backups"))).isPresent();
                    assertThatThrownBy(() -> await(cache.find("shop", "others")))
                            .isInstanceOf(KubernetesException.Unavailable.class);
                })
                .thenCancel()
                .verify(LIMIT);
        assertThat(cache.isSynced()).isTrue();
    }

    @Test
    void brokenWatchIsFollowedByAListThatTellsWhatWasMissed() {
        objects.store("shop", "backups", "keys");
        objects.store("shop", "old", "keys");
        StepVerifier.create(cache.follow())
                .expectNextCount(2)
                .then(() -> kubernetes.setDown(true))
                .then(() -> {
                    kubernetes.objects.remove(StoreObjects.key("shop", "old"));
                    objects.store("shop", "new", "keys");
                })
                .then(() -> kubernetes.setDown(false))
                // In whichever order: some of it may still have been seen.
                .expectNextCount(2)
                .thenCancel()
                .verify(LIMIT);
        assertThat(cache.stores())
                .containsExactlyInAnyOrder(new StoreId("shop", "backups"), new StoreId("shop", "new"));
    }

    @Test
    void writtenStatusIsNoChangeAndAStoreMadeAnewIs() {
        objects.store("shop", "backups", "keys");
        StepVerifier.create(cache.follow())
                .expectNextCount(1)
                .then(() -> kubernetes.objects.replace(
                        StoreObjects.key("shop", "backups"),
                        true,
                        kubernetes
                                .objects
                                .get(StoreObjects.key("shop", "backups"))
                                .set("status", Documents.tree("{\"observedGeneration\": 1}"))))
                .then(() -> objects.store("shop", "later", "keys"))
                .expectNext(new Change(new StoreId("shop", "later"), false))
                .then(() -> {
                    kubernetes.objects.remove(StoreObjects.key("shop", "backups"));
                    objects.store("shop", "backups", "keys");
                })
                .expectNext(
                        new Change(new StoreId("shop", "backups"), true),
                        new Change(new StoreId("shop", "backups"), false))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void storeThatCannotBeReadIsNoMissingStore() {
        objects.store("shop", "backups", "s3://b", "\"tags\": 5");
        StepVerifier.create(cache.follow())
                .expectNextCount(1)
                .then(() -> assertThatThrownBy(() -> await(cache.find("shop", "backups")))
                        .isInstanceOf(InvalidStoreException.class)
                        .hasMessageContaining("spec.configuration.tags"))
                .thenCancel()
                .verify(LIMIT);
        assertThat(cache.known("shop", "backups")).isEmpty();
    }

    @Test
    void onlyTheNamespacesThatWereNamedAreLookedAt() {
        objects.store("shop", "backups", "keys");
        objects.store("stock", "backups", "keys");
        objects.store("secret", "backups", "keys");
        StoreCache some = cache(Scope.of("shop"), Scope.of("stock"));

        StepVerifier.create(some.follow()
                        .map(change -> change.store().namespace())
                        .take(2)
                        .sort())
                .expectNext("shop", "stock")
                .expectComplete()
                .verify(LIMIT);
        assertThat(some.size()).isEqualTo(2);
        assertThat(kubernetes.paths)
                .allMatch(path -> path.contains("/namespaces/shop/") || path.contains("/namespaces/stock/"));
    }

    @Test
    void namespaceThatMayNotBeSeenKeepsTheOthersFromNothing() {
        objects.store("shop", "backups", "keys");
        StoreCache some = cache(Scope.of("gone"), Scope.of("shop"));
        kubernetes.hide("gone");

        StepVerifier.create(some.follow())
                .expectNextCount(1)
                .then(() -> Awaitility.await().until(some::isSynced))
                .thenCancel()
                .verify(LIMIT);
        assertThat(some.trouble().orElseThrow()).contains("look whether the plugin's roles");
    }

    @Test
    void missingDefinitionIsSaid() {
        for (int i = 0; i < 100; i++) {
            kubernetes.fail(404, request -> true);
        }
        StepVerifier.create(cache.follow())
                .then(() -> Awaitility.await()
                        .untilAsserted(() -> assertThat(cache.trouble().orElse(""))
                                .contains("install the CustomResourceDefinition")))
                .thenCancel()
                .verify(LIMIT);
        assertThat(cache.isSynced()).isFalse();
    }

    private static Change changed(String namespace) {
        return new Change(new StoreId(namespace, "backups"), false);
    }

    private StoreCache cache(Scope... scopes) {
        return new StoreCache(new CollectionWatch(api, scheduler), StoreSource.asking(api), List.of(scopes));
    }
}
