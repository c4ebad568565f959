package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bridge.kubernetes.StoreTrouble.Reason;
import io.walarchiver.bridge.objectstore.CompressionAlgorithm;
import io.walarchiver.bridge.objectstore.S3Access;
import io.walarchiver.bridge.objectstore.SecretText;
import io.walarchiver.bridge.objectstore.StoreProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class StoreWatchTest {

    private static final String STORE = "barmancloud.cnpg.io/objectstores/shop/backups";
    private static final String SECRET = "/secrets/shop/keys";
    private static final String CREDENTIALS =
            "\"s3Credentials\": {\"accessKeyId\": {\"name\": \"keys\", \"key\": \"id\"},"
                    + " \"secretAccessKey\": {\"name\": \"keys\", \"key\": \"secret\"}}";

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("store-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final StoreWatch watch = new StoreWatch(api, "shop", scheduler);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void storeAndItsSecretsMakeAConfiguration() {
        store(CREDENTIALS + ", \"wal\": {\"compression\": \"zstd\"}");
        secret("keys", "id", "AKIA", "secret", "one");

        StoreState state = await(watch.watch("backups").next());

        assertThat(state.trouble()).isEmpty();
        assertThat(state.isCurrent()).isTrue();
        assertThat(state.generation()).isEqualTo(1);
        assertThat(state.configuration().orElseThrow().wal().compression()).isEqualTo(CompressionAlgorithm.ZSTD);
        assertThat(keys(state)).isEqualTo(new S3Access.StaticKeys(text("AKIA"), text("one"), Optional.empty()));
        assertThat(await(watch.read("backups"))).isEqualTo(state);
    }

    @Test
    void rotatedSecretTakesEffect() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .assertNext(state -> assertThat(keys(state).secretAccessKey()).isEqualTo(text("one")))
                .then(() -> secret("keys", "id", "AKIA", "secret", "two"))
                .assertNext(state -> assertThat(keys(state).secretAccessKey()).isEqualTo(text("two")))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void changedStoreTakesEffectWithTheSecretsItNamesNow() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");
        secret("others", "id", "AKIB", "secret", "three");

        StepVerifier.create(watch.watch("backups"))
                .expectNextCount(1)
                .then(() -> store(CREDENTIALS.replace("keys", "others")))
                .assertNext(state -> {
                    assertThat(state.trouble()).isEmpty();
                    assertThat(state.generation()).isEqualTo(2);
                    assertThat(keys(state).secretAccessKey()).isEqualTo(text("three"));
                })
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void writtenStatusDisturbsNobody() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .expectNextCount(1)
                .then(() -> kubernetes.objects.replace(
                        STORE, true, kubernetes.objects.get(STORE).set("status", kubernetes.objects.get(SECRET))))
                .then(() -> secret("keys", "id", "AKIA", "secret", "two"))
                .assertNext(state -> assertThat(keys(state).secretAccessKey()).isEqualTo(text("two")))
                .thenCancel()
                .verify(LIMIT);
        assertThat(kubernetes.requests("list", "secrets")).isEqualTo(1);
    }

    @Test
    void missingStoreSaysSoAndIsTakenUpWhenItComes() {
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .assertNext(state -> {
                    assertThat(state.configuration()).isEmpty();
                    assertThat(trouble(state).reason()).isEqualTo(Reason.STORE_MISSING);
                    assertThat(trouble(state).message())
                            .contains("backups")
                            .contains("shop")
                            .contains("create it");
                })
                .then(() -> store(CREDENTIALS))
                .assertNext(state -> assertThat(state.isCurrent()).isTrue())
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void missingSecretSaysWhichAndIsTakenUpWhenItComes() {
        store(CREDENTIALS);

        StepVerifier.create(watch.watch("backups"))
                .assertNext(state -> {
                    assertThat(state.configuration()).isEmpty();
                    assertThat(trouble(state).reason()).isEqualTo(Reason.SECRET_MISSING);
                    assertThat(trouble(state).message()).contains("no Secret \"keys\" in the namespace shop");
                })
                .then(() -> secret("keys", "id", "AKIA"))
                .assertNext(state -> {
                    assertThat(trouble(state).reason()).isEqualTo(Reason.INVALID_STORE);
                    assertThat(trouble(state).message())
                            .contains("no text under the key \"secret\"")
                            .contains("it has id");
                })
                .then(() -> secret("keys", "id", "AKIA", "secret", "one"))
                .assertNext(state -> assertThat(state.isCurrent()).isTrue())
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void lastGoodConfigurationStaysWhenThingsGoAway() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .expectNextCount(1)
                .then(() -> kubernetes.objects.remove(SECRET))
                .assertNext(state -> assertKept(state, Reason.SECRET_MISSING))
                .then(() -> secret("keys", "id", "AKIA", "secret", "one"))
                .assertNext(state -> assertThat(state.isCurrent()).isTrue())
                .then(() -> kubernetes.objects.remove(STORE))
                .assertNext(state -> assertKept(state, Reason.STORE_MISSING))
                .then(() -> store(CREDENTIALS + ", \"wal\": {\"compression\": \"rot13\"}"))
                .assertNext(state -> assertKept(state, Reason.INVALID_STORE))
                .then(() -> store(CREDENTIALS + ", \"tags\": 5"))
                .assertNext(state -> assertKept(state, Reason.INVALID_STORE))
                .then(() -> store(CREDENTIALS))
                .assertNext(state -> assertThat(state.isCurrent()).isTrue())
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void rotationIsFollowedWhileTheStoreIsBroken() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .expectNextCount(1)
                .then(() -> kubernetes.objects.remove(STORE))
                .expectNextCount(1)
                .then(() -> secret("keys", "id", "AKIA", "secret", "two"))
                .assertNext(state -> {
                    assertThat(trouble(state).reason()).isEqualTo(Reason.STORE_MISSING);
                    assertThat(keys(state).secretAccessKey()).isEqualTo(text("two"));
                })
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void apiThatGoesAwayIsTroubleAndNotTheEnd() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .expectNextCount(1)
                .then(() -> kubernetes.setDown(true))
                .assertNext(state -> assertKept(state, Reason.API_UNAVAILABLE))
                .then(() -> {
                    secret("keys", "id", "AKIA", "secret", "two");
                    kubernetes.setDown(false);
                })
                .thenConsumeWhile(state ->
                        !state.isCurrent() || keys(state).secretAccessKey().equals(text("one")))
                .assertNext(state -> assertThat(keys(state).secretAccessKey()).isEqualTo(text("two")))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void forgottenVersionsAreReadAnew() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .expectNextCount(1)
                .then(() -> {
                    kubernetes.setDown(true);
                    secret("keys", "id", "AKIA", "secret", "two");
                    kubernetes.objects.compact();
                    kubernetes.setDown(false);
                })
                .thenConsumeWhile(state ->
                        !state.isCurrent() || keys(state).secretAccessKey().equals(text("one")))
                .assertNext(state -> assertThat(keys(state).secretAccessKey()).isEqualTo(text("two")))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void deniedSecretIsNotTakenForAMissingOne() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");
        kubernetes.allow(request -> !request.resource().equals("secrets"));

        StepVerifier.create(watch.watch("backups"))
                .assertNext(state -> {
                    assertThat(trouble(state).reason()).isEqualTo(Reason.ACCESS_DENIED);
                    assertThat(trouble(state).message()).contains("keys").contains("Role");
                })
                .then(() -> kubernetes.allow(request -> true))
                .assertNext(state -> assertThat(state.isCurrent()).isTrue())
                .thenCancel()
                .verify(LIMIT);
        assertThat(await(watch.read("backups")).isCurrent()).isTrue();
    }

    @Test
    void onlyNamesAreAskedForAndOnlyRead() {
        store(CREDENTIALS + ", \"endpointCA\": {\"name\": \"ca\", \"key\": \"pem\"}");
        secret("keys", "id", "AKIA", "secret", "one");
        Map<String, Set<String>> names = Map.of("objectstores", Set.of("backups"), "secrets", Set.of("keys", "ca"));
        kubernetes.allow(request -> Set.of("get", "list", "watch").contains(request.verb())
                && names.getOrDefault(request.resource(), Set.of()).contains(request.name()));

        StoreState state = await(watch.watch("backups").next());

        assertThat(trouble(state).reason()).isEqualTo(Reason.SECRET_MISSING);
        assertThat(trouble(state).message()).contains("\"ca\"").doesNotContain("\"keys\"");
        assertThat(kubernetes.requests.stream()
                        .map(FakeKubernetes.Attributes::name)
                        .collect(Collectors.toUnmodifiableSet()))
                .containsExactlyInAnyOrder("backups", "keys", "ca");
    }

    @Test
    void certificatesOfTheEndpointComeOutOfTheirSecret() {
        String pem = "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n";
        store(CREDENTIALS
                + ", \"endpointURL\": \"https://s3.example\", \"endpointCA\": {\"name\": \"ca\", \"key\": \"pem\"}");
        secret("keys", "id", "AKIA", "secret", "one");
        secret("ca", "pem", pem);

        StepVerifier.create(watch.watch("backups"))
                .assertNext(state -> {
                    assertThat(trouble(state).reason()).isEqualTo(Reason.INVALID_STORE);
                    assertThat(trouble(state).message()).contains("endpointCA").doesNotContain("not one");
                })
                .then(() -> secret("ca", "pem", certificate()))
                .assertNext(state -> assertThat(((StoreProvider.S3)
                                        state.configuration().orElseThrow().provider())
                                .certificates())
                        .contains(certificate()))
                .thenCancel()
                .verify(LIMIT);
    }

    @Test
    void binaryEntryOfASecretIsNoConcernOfAStoreThatDoesNotNameIt() {
        store(CREDENTIALS);
        kubernetes.objects.apply(
                "secrets",
                "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"keys\", \"namespace\": \"shop\"},"
                        + " \"data\": {\"id\": \"QUtJQQ==\", \"secret\": \"b25l\", \"blob\": \"//79\"}}");

        assertThat(await(watch.watch("backups").next()).isCurrent()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Not A Name", "../secrets", "a,b"})
    void nameThatNoStoreCanHaveIsAMissingStore(String name) {
        StepVerifier.create(watch.watch(name))
                .assertNext(state -> assertThat(trouble(state).reason()).isEqualTo(Reason.STORE_MISSING))
                .thenCancel()
                .verify(LIMIT);
        assertThat(trouble(await(watch.read(name))).reason()).isEqualTo(Reason.STORE_MISSING);
        assertThat(kubernetes.requests).isEmpty();
    }

    @Test
    void silentApiIsTroubleAfterTheTimeOfARequest() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");
        try (ApiConnection impatient = kubernetes.connect(
                new ApiConnection.Settings(Duration.ofMillis(500), Duration.ofSeconds(60), 3), scheduler)) {
            kubernetes.hang(request -> request.resource().equals("objectstores"));

            StepVerifier.create(new StoreWatch(impatient, "shop", scheduler).watch("backups"))
                    .assertNext(state -> assertThat(trouble(state).reason()).isEqualTo(Reason.API_UNAVAILABLE))
                    .thenConsumeWhile(state -> !state.isCurrent())
                    .assertNext(
                            state -> assertThat(keys(state).secretAccessKey()).isEqualTo(text("one")))
                    .thenCancel()
                    .verify(LIMIT);
        }
    }

    @Test
    void cancelEndsAllWatches() {
        store(CREDENTIALS);
        secret("keys", "id", "AKIA", "secret", "one");

        StepVerifier.create(watch.watch("backups"))
                .expectNextCount(1)
                .then(() -> Awaitility.await().atMost(LIMIT).until(() -> kubernetes.openWatches() == 2))
                .thenCancel()
                .verify(LIMIT);

        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            store(CREDENTIALS);
            secret("keys", "id", "AKIA", "secret", "one");
            assertThat(kubernetes.openWatches()).isZero();
        });
    }

    private static void assertKept(StoreState state, Reason reason) {
        assertThat(trouble(state).reason()).isEqualTo(reason);
        assertThat(state.isCurrent()).isFalse();
        assertThat(keys(state).secretAccessKey()).isEqualTo(text("one"));
    }

    private static StoreTrouble trouble(StoreState state) {
        return state.trouble().orElseThrow();
    }

    private static S3Access.StaticKeys keys(StoreState state) {
        StoreProvider.S3 s3 =
                (StoreProvider.S3) state.configuration().orElseThrow().provider();
        return (S3Access.StaticKeys) s3.access();
    }

    private static SecretText text(String value) {
        return new SecretText(value);
    }

    /** The one of the store file with every field. */
    private static String certificate() {
        try (InputStream file = StoreWatchTest.class.getResourceAsStream("/objectstore/every-field.yaml")) {
            String yaml = new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
            String end = "-----END CERTIFICATE-----";
            return yaml.substring(yaml.indexOf("-----BEGIN CERTIFICATE-----"), yaml.indexOf(end) + end.length())
                    .replaceAll("\n +", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void store(String configuration) {
        kubernetes.objects.apply(
                "objectstores",
                "{\"apiVersion\": \"barmancloud.cnpg.io/v1\", \"kind\": \"ObjectStore\", \"metadata\": {\"name\":"
                        + " \"backups\", \"namespace\": \"shop\", \"managedFields\": [{\"manager\": \"x\"}]}, \"spec\":"
                        + " {\"configuration\": {\"destinationPath\": \"s3://b/p\", " + configuration + "}}}");
    }

    private void secret(String name, String... keysAndValues) {
        StringBuilder data = new StringBuilder();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            data.append(i == 0 ? "" : ", ")
                    .append('"')
                    .append(keysAndValues[i])
                    .append("\": \"")
                    .append(Base64.getEncoder().encodeToString(keysAndValues[i + 1].getBytes(StandardCharsets.UTF_8)))
                    .append('"');
        }
        kubernetes.objects.apply(
                "secrets",
                "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"" + name
                        + "\", \"namespace\": \"shop\"}, \"type\": \"Opaque\", \"data\": {" + data + "}}");
    }
}
