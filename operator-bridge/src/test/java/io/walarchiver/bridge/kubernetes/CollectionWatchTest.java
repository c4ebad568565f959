package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bridge.kubernetes.CollectionWatch.Observation;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CollectionWatchTest {

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("collection-test");
    private final ApiConnection api = kubernetes.connect(scheduler);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void objectsAreListedAndThenWatched() {
        object("a", "one");

        StepVerifier.create(observe(api, Scope.EVERYWHERE))
                .expectNext(new Observation.Listed<>(List.of("a/one")))
                .then(() -> object("b", "two"))
                .expectNext(new Observation.Present<>("b/two"))
                .then(() -> kubernetes.objects.remove("barmancloud.cnpg.io/objectstores/a/one"))
                .expectNext(new Observation.Gone<>("a/one"))
                .thenCancel()
                .verify(LIMIT);
        Awaitility.await().until(() -> {
            // What is cancelled is found out when something is written to it.
            object("c", "another");
            return kubernetes.openWatches() == 0;
        });
    }

    @Test
    void watchThatIsTooLateIsFollowedByANewList() {
        object("a", "one");
        kubernetes.fail(410, request -> request.verb().equals("watch"));

        StepVerifier.create(observe(api, Scope.of("a")))
                .expectNext(new Observation.Listed<>(List.of("a/one")))
                .expectNext(new Observation.Listed<>(List.of("a/one")))
                .then(() -> object("a", "two"))
                .expectNext(new Observation.Present<>("a/two"))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void watchThatTheApiEndsIsFollowedByANewList() {
        ApiConnection impatient = kubernetes.connect(
                new ApiConnection.Settings(Duration.ofSeconds(20), Duration.ofSeconds(1), 3), scheduler);
        object("a", "one");

        StepVerifier.create(observe(impatient, Scope.EVERYWHERE).take(3))
                .expectNext(new Observation.Listed<>(List.of("a/one")))
                .expectNext(new Observation.Listed<>(List.of("a/one")))
                .expectNext(new Observation.Listed<>(List.of("a/one")))
                .expectComplete()
                .verify(LIMIT);
        impatient.close();
    }

    @Test
    void listThatFailsInTheMiddleIsNoList() {
        for (int i = 0; i < 5; i++) {
            object("a", "store-" + i);
        }
        StepVerifier.create(observe(api, Scope.EVERYWHERE)
                        .doOnSubscribe(start ->
                                kubernetes.fail(503, request -> kubernetes.requests("list", "objectstores") == 2)))
                .assertNext(first -> assertThat(first).isInstanceOf(Observation.Failed.class))
                .assertNext(second -> assertThat(second)
                        .isInstanceOfSatisfying(
                                Observation.Listed.class,
                                listed -> assertThat(listed.objects()).hasSize(5)))
                .thenCancel()
                .verify(LIMIT);
    }

    private Flux<Observation<String>> observe(ApiConnection from, Scope scope) {
        return new CollectionWatch(from, scheduler)
                .observe(
                        ResourceKind.OBJECT_STORES,
                        scope,
                        object -> object.at("/metadata/namespace").asText() + "/"
                                + object.at("/metadata/name").asText());
    }

    private void object(String namespace, String name) {
        kubernetes.objects.apply("objectstores", """
            {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
             "metadata": {"name": "%s", "namespace": "%s"}, "spec": {}}""".formatted(name, namespace));
    }
}
