package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi.Part;
import io.walarchiver.bridge.kubernetes.KubernetesApi.WatchEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ApiConnectionTest {

    private static final ObjectReference STORE = new ObjectReference(ResourceKind.OBJECT_STORES, "shop", "backups");

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("api-test");
    private final ApiConnection api = kubernetes.connect(scheduler);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void objectIsReadAndItsStatusReplacedOnce() {
        store("{}");

        ObjectNode read = await(api.get(STORE));
        read.putObject("status").put("x", 1);

        assertThat(await(api.replace(STORE, Part.STATUS, read)).at("/status/x").asInt())
                .isEqualTo(1);
        StepVerifier.create(api.replace(STORE, Part.STATUS, read)).verifyError(KubernetesException.Conflict.class);
    }

    @Test
    void mergePatchLeavesOtherFieldsAlone() {
        store("{\"a\": 1}");
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("status").put("b", 2);

        ObjectNode patched = await(api.mergePatch(STORE, Part.STATUS, patch));

        assertThat(patched.at("/status/a").asInt()).isEqualTo(1);
        assertThat(patched.at("/status/b").asInt()).isEqualTo(2);
    }

    @Test
    void listIsReadPageByPage() {
        for (int i = 0; i < 8; i++) {
            kubernetes.objects.apply(
                    "backups",
                    "{\"apiVersion\": \"postgresql.cnpg.io/v1\", \"metadata\": {\"name\": \"b" + i
                            + "\", \"namespace\": \"shop\"}}");
        }

        List<String> names = api.list(OperatorGroup.ORIGINAL.backups(), "shop")
                .map(object -> object.at("/metadata/name").asText())
                .collectList()
                .block(LIMIT);

        assertThat(names).containsExactly("b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7");
        assertThat(kubernetes.requests("list", "backups")).isEqualTo(3);
    }

    @Test
    void watchTellsWhatHappensAfterTheList() {
        store("{}");
        String version = await(api.listByName(STORE)).resourceVersion();

        StepVerifier.create(api.watch(STORE, version))
                .then(() -> store("{\"a\": 1}"))
                .assertNext(event -> {
                    assertThat(event.type()).isEqualTo(WatchEvent.Type.MODIFIED);
                    assertThat(event.object().at("/status/a").asInt()).isEqualTo(1);
                })
                .then(() -> kubernetes.objects.remove("barmancloud.cnpg.io/objectstores/shop/backups"))
                .assertNext(event -> assertThat(event.type()).isEqualTo(WatchEvent.Type.DELETED))
                .then(kubernetes.objects::wakeWatches)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void watchFromAForgottenVersionIsGone() {
        store("{}");
        String version = await(api.listByName(STORE)).resourceVersion();
        store("{\"a\": 1}");
        kubernetes.objects.compact();

        StepVerifier.create(api.watch(STORE, version))
                .expectError(KubernetesException.Gone.class)
                .verify(LIMIT);
    }

    @Test
    void cancelledWatchGivesItsConnectionBack() {
        store("{}");
        for (int i = 0; i < 20; i++) {
            String version = await(api.listByName(STORE)).resourceVersion();
            int step = i;
            StepVerifier.create(api.watch(STORE, version))
                    .then(() -> store("{\"a\": " + step + "}"))
                    .expectNextCount(1)
                    .thenCancel()
                    .verify(LIMIT);
        }
        assertThat(kubernetes.requests("watch", "objectstores")).isEqualTo(20);
        // The server notices at its next word.
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            store("{}");
            assertThat(kubernetes.openWatches()).isZero();
        });
    }

    @Test
    void signalsComeOnTheSchedulerOfTheCaller() {
        store("{}");

        String thread =
                api.get(STORE).map(o -> Thread.currentThread().getName()).block(LIMIT);

        assertThat(thread).startsWith("api-test");
    }

    @Test
    void silenceEndsAfterTheTimeOfTheRequest() {
        try (ApiConnection impatient = kubernetes.connect(
                new ApiConnection.Settings(Duration.ofMillis(300), Duration.ofSeconds(60), 3), scheduler)) {
            kubernetes.hang(request -> true);

            StepVerifier.create(impatient.get(STORE))
                    .expectErrorSatisfies(e -> assertThat(e)
                            .isInstanceOf(KubernetesException.Unavailable.class)
                            .hasMessageContaining("reading objectstores.barmancloud.cnpg.io shop/backups"))
                    .verify(LIMIT);
        }
    }

    @Test
    void watchThatNobodyEndsIsEndedByUs() {
        try (ApiConnection impatient = kubernetes.connect(
                new ApiConnection.Settings(Duration.ofMillis(300), Duration.ofMillis(200), 3), scheduler)) {
            kubernetes.hang(request -> request.verb().equals("watch"));

            StepVerifier.create(impatient.watch(STORE, "1").onErrorComplete())
                    .expectComplete()
                    .verify(LIMIT);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "401, forbidden",
        "403, forbidden",
        "404, not_found",
        "409, conflict",
        "410, gone",
        "400, rejected",
        "422, rejected",
        "429, unavailable",
        "500, unavailable",
        "503, unavailable",
        "504, unavailable"
    })
    void everyStatusHasItsMeaning(int code, String kind) {
        kubernetes.fail(code, request -> true);

        StepVerifier.create(api.get(STORE))
                .expectErrorSatisfies(e -> {
                    assertThat(((KubernetesException) e).kind()).isEqualTo(kind);
                    assertThat(e).hasMessageContaining("by script");
                })
                .verify(LIMIT);
    }

    @Test
    void noServerIsUnavailable() {
        kubernetes.close();

        StepVerifier.create(api.get(STORE))
                .expectError(KubernetesException.Unavailable.class)
                .verify(LIMIT);
    }

    @Test
    void answerThatIsNoJsonIsUnavailableAndNotQuoted() {
        kubernetes.garble(request -> request.verb().equals("get"));
        kubernetes.garble(request -> request.verb().equals("watch"));

        for (Publisher<?> answer : List.of(api.get(STORE), api.watch(STORE, "1"))) {
            StepVerifier.create(answer)
                    .expectErrorSatisfies(e -> assertThat(e)
                            .isInstanceOf(KubernetesException.Unavailable.class)
                            .hasMessageNotContaining("secret-value"))
                    .verify(LIMIT);
        }
    }

    @Test
    void renewedTokenIsReadFromItsFile(@TempDir Path directory) throws IOException {
        store("{}");
        Path token = Files.writeString(directory.resolve("token"), "one");
        Map<String, String> properties = Map.of(
                "kubernetes.master", kubernetes.address(),
                "kubernetes.auth.tryKubeConfig", "false",
                "kubernetes.auth.serviceAccount.token", token.toString());
        properties.forEach(System::setProperty);
        try (ApiConnection pod = ApiConnection.fromSurroundings(ApiConnection.Settings.DEFAULT, scheduler)) {
            kubernetes.demand("one");
            assertThat(await(pod.get(STORE)).isEmpty()).isFalse();

            kubernetes.demand("two");
            StepVerifier.create(pod.get(STORE))
                    .expectError(KubernetesException.Forbidden.class)
                    .verify(LIMIT);
            Files.writeString(token, "two");
            assertThat(await(pod.get(STORE)).isEmpty()).isFalse();
            StepVerifier.create(pod.watch(STORE, "1"))
                    .expectNextCount(1)
                    .thenCancel()
                    .verify(LIMIT);
        } finally {
            properties.keySet().forEach(System::clearProperty);
        }
    }

    @Test
    void objectThatHasChangedIsNotDeleted() {
        ObjectNode read = store("{}");
        store("{\"a\": 1}");

        StepVerifier.create(api.delete(STORE, read)).verifyError(KubernetesException.Conflict.class);
        awaitEnd(api.delete(STORE, await(api.get(STORE))));

        assertThat(kubernetes.objects.has("barmancloud.cnpg.io/objectstores/shop/backups"))
                .isFalse();
    }

    @Test
    void hugeObjectIsReadAndWatched() {
        String huge = "{\"a\": \"" + "x".repeat(3 << 20) + "\"}";
        store(huge);

        String version = await(api.listByName(STORE)).resourceVersion();
        StepVerifier.create(api.watch(STORE, version))
                .then(() -> store(huge))
                .assertNext(event ->
                        assertThat(event.object().at("/status/a").asText()).hasSize(3 << 20))
                .thenCancel()
                .verify(LIMIT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../x", "a/b", "a,metadata.name=b", "A", "-a", "a?b", "ä"})
    void whatCannotBeANameIsNotAskedFor(String name) {
        assertThat(ObjectReference.isName(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "backups", "a.b-c", "0"})
    void whatCanBeANameIs(String name) {
        assertThat(ObjectReference.isName(name)).isTrue();
    }

    private ObjectNode store(String status) {
        return kubernetes.objects.apply(
                "objectstores",
                "{\"apiVersion\": \"barmancloud.cnpg.io/v1\", \"kind\": \"ObjectStore\", \"metadata\": {\"name\":"
                        + " \"backups\", \"namespace\": \"shop\"}, \"spec\": {}, \"status\": " + status + "}");
    }
}
