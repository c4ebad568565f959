package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static io.walarchiver.bridge.kubernetes.Awaited.awaitEnd;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RecoveryWindowStatusTest {

    private static final String STORE = "barmancloud.cnpg.io/objectstores/shop/backups";
    private static final Instant FIRST = Instant.parse("2026-08-01T10:00:00Z");
    private static final Instant LAST = Instant.parse("2026-08-02T10:00:00Z");
    private static final Set<String> RIGHTS_OF_THE_ORIGINAL = Set.of("get", "list", "watch", "update");

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newParallel("status-test", 2);
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final RecoveryWindowStatus status = new RecoveryWindowStatus(api, "shop", scheduler);

    @BeforeEach
    void createStore() {
        kubernetes.objects.apply(
                "objectstores",
                "{\"apiVersion\": \"barmancloud.cnpg.io/v1\", \"kind\": \"ObjectStore\", \"metadata\": {\"name\":"
                        + " \"backups\", \"namespace\": \"shop\"}, \"spec\": {\"configuration\": {}}}");
    }

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void entryIsWrittenAsTheOriginalWritesIt(boolean patchAllowed) {
        onlyWithRightsOfTheOriginal(!patchAllowed);

        ServerRecoveryWindow written = await(status.update(
                "backups",
                "pg",
                window -> window.withBackups(Optional.of(FIRST), Optional.of(LAST))
                        .withFailure(Instant.parse("2026-08-03T10:00:00.987654Z"))));

        assertThat(entry("pg").toString())
                .isEqualTo("{\"firstRecoverabilityPoint\":\"2026-08-01T10:00:00Z\",\"lastSuccessfulBackupTime\":"
                        + "\"2026-08-02T10:00:00Z\",\"lastFailedBackupTime\":\"2026-08-03T10:00:00Z\"}");
        assertThat(await(status.read("backups"))).containsOnlyKeys("pg").containsEntry("pg", written);
    }

    @Test
    void rightToPatchIsTriedOnceAndItsAbsenceRemembered() {
        onlyWithRightsOfTheOriginal(true);

        for (int i = 0; i < 3; i++) {
            Instant failure = LAST.plusSeconds(i);
            awaitEnd(status.update("backups", "pg", window -> window.withFailure(failure)));
        }

        assertThat(kubernetes.requests("patch", "objectstores/status")).isEqualTo(1);
        assertThat(kubernetes.requests("update", "objectstores/status")).isEqualTo(3);
    }

    @Test
    void patchNamesTheChangedFieldsOnly() {
        kubernetes.objects.apply("objectstores", withStatus("""
                {"serverRecoveryWindow": {"pg": {"firstRecoverabilityPoint": "2026-08-01T10:00:00Z"},
                 "other": {"lastFailedBackupTime": "2026-08-01T00:00:00Z"}}, "more": true}"""));

        awaitEnd(status.update("backups", "pg", window -> window.withFailure(LAST)));

        assertThat(kubernetes.requests("update", "objectstores/status")).isZero();
        assertThat(entry("other").path("lastFailedBackupTime").asText()).isEqualTo("2026-08-01T00:00:00Z");
        assertThat(entry("pg").size()).isEqualTo(2);
        assertThat(kubernetes.objects.get(STORE).at("/status/more").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingIsWrittenWhenNothingChanges(boolean patchAllowed) {
        onlyWithRightsOfTheOriginal(!patchAllowed);
        awaitEnd(status.update("backups", "pg", window -> window.withFailure(LAST)));
        String version = version();

        awaitEnd(status.update("backups", "pg", window -> window.withFailure(LAST)));
        awaitEnd(status.update("backups", "pg", window -> window.withFailure(FIRST)));

        assertThat(version()).isEqualTo(version);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void misspelledKeyOfEarlyReleasesIsReadAndReplaced(boolean patchAllowed) {
        onlyWithRightsOfTheOriginal(!patchAllowed);
        kubernetes.objects.apply(
                "objectstores",
                withStatus(
                        "{\"serverRecoveryWindow\": {\"pg\": {\"lastSuccussfulBackupTime\": \"2026-08-02T10:00:00Z\","
                                + " \"ofALaterRelease\": 1}}}"));

        assertThat(await(status.read("backups")).get("pg"))
                .isEqualTo(new ServerRecoveryWindow(Optional.empty(), Optional.of(LAST), Optional.empty()));
        awaitEnd(status.update(
                "backups", "pg", window -> window.withBackups(Optional.of(FIRST), Optional.of(LAST.plusSeconds(1)))));

        assertThat(entry("pg").has("lastSuccussfulBackupTime")).isFalse();
        assertThat(entry("pg").path("lastSuccessfulBackupTime").asText()).isEqualTo("2026-08-02T10:00:01Z");
        assertThat(entry("pg").path("ofALaterRelease").asInt()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatTheCatalogHasNoMoreIsTakenAway(boolean patchAllowed) {
        onlyWithRightsOfTheOriginal(!patchAllowed);
        awaitEnd(status.update(
                "backups",
                "pg",
                window -> window.withBackups(Optional.of(FIRST), Optional.of(LAST))
                        .withFailure(LAST)));

        awaitEnd(status.update("backups", "pg", window -> window.withBackups(Optional.empty(), Optional.empty())));

        assertThat(entry("pg").toString()).isEqualTo("{\"lastFailedBackupTime\":\"2026-08-02T10:00:00Z\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"serverRecoveryWindow\": 5}",
                "{\"serverRecoveryWindow\": {\"pg\": \"x\"}}",
                "{\"serverRecoveryWindow\": {\"pg\": {\"firstRecoverabilityPoint\": 7, \"lastFailedBackupTime\":"
                        + " \"yesterday\"}}}"
            })
    void nonsenseCountsAsAbsent(String nonsense) {
        onlyWithRightsOfTheOriginal(true);
        kubernetes.objects.apply("objectstores", withStatus(nonsense));

        awaitEnd(status.update("backups", "pg", window -> window.withFailure(LAST)));

        assertThat(await(status.read("backups")).get("pg"))
                .isEqualTo(new ServerRecoveryWindow(Optional.empty(), Optional.empty(), Optional.of(LAST)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void manyWritersOfTwoServersLoseNothing(boolean patchAllowed) {
        onlyWithRightsOfTheOriginal(!patchAllowed);
        kubernetes.objects.apply(
                "objectstores",
                withStatus(
                        "{\"serverRecoveryWindow\": {\"old\": {\"lastFailedBackupTime\": \"2026-08-01T00:00:00Z\"}}}"));
        RecoveryWindowStatus other = new RecoveryWindowStatus(api, "shop", scheduler);
        int rounds = 40;

        // Each writer counts its own changes up by a second: a lost one would be missed at the end.
        Mono<Void> ours = rounds(status, "pg-a", rounds);
        Mono<Void> theirs = rounds(other, "pg-b", rounds);
        Mono<Void> failures = Flux.range(1, rounds)
                .concatMap(i -> other.update("backups", "pg-a", window -> window.withFailure(LAST.plusSeconds(i))))
                .then();
        Mono.when(ours, theirs, failures).block(LIMIT);

        assertThat(await(status.read("backups")).get("pg-a"))
                .isEqualTo(new ServerRecoveryWindow(
                        Optional.of(FIRST.plusSeconds(rounds)),
                        Optional.empty(),
                        Optional.of(LAST.plusSeconds(rounds))));
        assertThat(await(status.read("backups")).get("pg-b"))
                .isEqualTo(ServerRecoveryWindow.EMPTY.withBackups(
                        Optional.of(FIRST.plusSeconds(rounds)), Optional.empty()));
        assertThat(entry("old").path("lastFailedBackupTime").asText()).isEqualTo("2026-08-01T00:00:00Z");
    }

    @Test
    void apiThatIsAwayForAMomentIsAskedAgain() {
        kubernetes.fail(503, request -> request.verb().equals("get"));
        kubernetes.fail(500, request -> request.verb().equals("patch"));

        awaitEnd(status.update("backups", "pg", window -> window.withFailure(LAST)));

        assertThat(entry("pg").has("lastFailedBackupTime")).isTrue();
    }

    @Test
    void endlessConflictsAndFailuresEndWithAnError() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        UnluckyApi conflicts = new UnluckyApi(() -> new KubernetesException.Conflict("again"));
        UnluckyApi silence = new UnluckyApi(() -> new KubernetesException.Unavailable("away", null));

        for (UnluckyApi unlucky : List.of(conflicts, silence)) {
            RecoveryWindowStatus hopeless = new RecoveryWindowStatus(unlucky, "shop", time);
            StepVerifier.create(hopeless.update("backups", "pg", window -> window.withFailure(LAST)))
                    .then(() -> time.advanceTimeBy(Duration.ofMinutes(10)))
                    .expectError(KubernetesException.class)
                    .verify(LIMIT);
        }
        assertThat(conflicts.writes).hasValueGreaterThan(20).hasValueLessThan(100);
        assertThat(silence.writes).hasValueGreaterThan(1).hasValueLessThan(10);
    }

    @Test
    void missingStoreIsNotFoundAndForbiddenIsForbidden() {
        StepVerifier.create(status.update("gone", "pg", window -> window.withFailure(LAST)))
                .expectError(KubernetesException.NotFound.class)
                .verify(LIMIT);
        kubernetes.allow(request -> request.verb().equals("get"));
        StepVerifier.create(status.update("backups", "pg", window -> window.withFailure(LAST)))
                .expectError(KubernetesException.Forbidden.class)
                .verify(LIMIT);
    }

    private static Mono<Void> rounds(RecoveryWindowStatus status, String server, int rounds) {
        return Flux.range(0, rounds)
                .concatMap(i -> status.update(
                        "backups",
                        server,
                        window -> window.withBackups(
                                Optional.of(window.firstRecoverabilityPoint()
                                        .orElse(FIRST)
                                        .plusSeconds(1)),
                                Optional.empty())))
                .then();
    }

    private void onlyWithRightsOfTheOriginal(boolean only) {
        kubernetes.allow(request -> !only || RIGHTS_OF_THE_ORIGINAL.contains(request.verb()));
    }

    private JsonNode entry(String server) {
        return kubernetes
                .objects
                .get(STORE)
                .path("status")
                .path("serverRecoveryWindow")
                .path(server);
    }

    private String version() {
        ObjectNode object = kubernetes.objects.get(STORE);
        return object.at("/metadata/resourceVersion").asText();
    }

    private static String withStatus(String status) {
        return "{\"apiVersion\": \"barmancloud.cnpg.io/v1\", \"kind\": \"ObjectStore\", \"metadata\": {\"name\":"
                + " \"backups\", \"namespace\": \"shop\"}, \"spec\": {\"configuration\": {}}, \"status\": " + status
                + "}";
    }
}
