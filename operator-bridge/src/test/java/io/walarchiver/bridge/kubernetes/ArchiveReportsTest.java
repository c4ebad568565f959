package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ArchiveReportsTest {

    private static final String STORE = "barmancloud.cnpg.io/objectstores/shop/backups";
    private static final Verdict GOOD = new Verdict(true, "Fine", "as it should be");

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newParallel("report-test", 2);
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final SetClock clock = new SetClock(Instant.parse("2026-08-01T10:00:00.5Z"));
    private final ArchiveReports reports = new ArchiveReports(api, "shop", clock, scheduler);

    @BeforeEach
    void createStore() {
        kubernetes.objects.apply(
                "objectstores",
                "{\"apiVersion\": \"barmancloud.cnpg.io/v1\", \"kind\": \"ObjectStore\", \"metadata\": {\"name\":"
                        + " \"backups\", \"namespace\": \"shop\"}, \"spec\": {}, \"status\": {\"serverRecoveryWindow\":"
                        + " {\"pg\": {\"lastFailedBackupTime\": \"2026-08-01T00:00:00Z\"}}}}");
    }

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void reportAndConditionsAreWrittenBesideWhatIsThere() {
        assertThat(await(reports.write("backups", "pg", report(GOOD), 7))).isTrue();

        assertThat(status().path("servers").path("pg")).isEqualTo(json("""
                {"lastArchivedWal": "00000001000000000000000A", "lastArchivedTime": "2026-08-01T09:59:59Z",
                 "waitingFiles": 3, "missingSegments": 0, "sizeBytes": 5000000000,
                 "conditions": [
                  {"lastTransitionTime": "2026-08-01T10:00:00Z", "type": "ArchiveReachable", "status": "True",
                   "reason": "Fine", "message": "as it should be", "observedGeneration": 7},
                  {"lastTransitionTime": "2026-08-01T10:00:00Z", "type": "Archiving", "status": "True",
                   "reason": "Fine", "message": "as it should be", "observedGeneration": 7}],
                 "reportedTime": "2026-08-01T10:00:00Z"}"""));
        assertThat(status().path("observedGeneration").asInt()).isEqualTo(7);
        assertThat(status().path("conditions").size()).isEqualTo(2);
        assertThat(status().at("/serverRecoveryWindow/pg/lastFailedBackupTime").asText())
                .isEqualTo("2026-08-01T00:00:00Z");
    }

    @Test
    void reportWithoutNewsIsWrittenAgainAfterAWhileOnly() {
        await(reports.write("backups", "pg", report(GOOD), 7));
        String version = version();

        clock.advance(Duration.ofMinutes(9));
        assertThat(await(reports.write("backups", "pg", report(GOOD), 7))).isTrue();
        assertThat(version()).isEqualTo(version);

        clock.advance(Duration.ofMinutes(2));
        await(reports.write("backups", "pg", report(GOOD), 7));
        assertThat(status().at("/servers/pg/reportedTime").asText()).isEqualTo("2026-08-01T10:11:00Z");
    }

    @Test
    void timeOfAConditionChangesWithItsStatusOnly() {
        await(reports.write("backups", "pg", report(GOOD), 7));
        clock.advance(Duration.ofMinutes(20));
        await(reports.write("backups", "pg", report(new Verdict(true, "Other", "still")), 8));
        assertThat(condition("Archiving").path("lastTransitionTime").asText()).isEqualTo("2026-08-01T10:00:00Z");
        assertThat(status().at("/servers/pg/conditions/1/reason").asText()).isEqualTo("Other");
        assertThat(condition("Archiving").path("observedGeneration").asInt()).isEqualTo(8);

        await(reports.write("backups", "pg", report(new Verdict(false, "DiskFull", "make room")), 8));
        assertThat(condition("Archiving").path("lastTransitionTime").asText()).isEqualTo("2026-08-01T10:20:00Z");
        assertThat(condition("Archiving").path("status").asText()).isEqualTo("False");
        assertThat(condition("Archiving").path("reason").asText()).isEqualTo("DiskFull");
    }

    @Test
    void conditionOfAStoreHoldsWhenItHoldsForEveryServerThatReportsYet() {
        await(reports.write("backups", "pg-a", report(GOOD), 1));
        await(reports.write("backups", "pg-b", report(new Verdict(false, "Denied", "give the rights")), 1));
        assertThat(condition("Archiving").path("status").asText()).isEqualTo("False");
        assertThat(condition("Archiving").path("message").asText()).isEqualTo("pg-b: give the rights");

        await(reports.write("backups", "pg-a", report(GOOD), 2));
        assertThat(condition("Archiving").path("status").asText()).isEqualTo("False");

        clock.advance(Duration.ofHours(2));
        await(reports.write("backups", "pg-a", report(GOOD), 2));
        assertThat(condition("Archiving").path("status").asText()).isEqualTo("True");
        assertThat(condition("Archiving").path("message").asText()).isEqualTo("pg-a");
    }

    @Test
    void resourceWithoutOurFieldsIsFoundOutAndLeftAlone() {
        kubernetes.objects.prune("barmancloud.cnpg.io/objectstores", ArchiveReportsTest::pruneAsTheOriginal);

        assertThat(await(reports.write("backups", "pg", report(GOOD), 7))).isFalse();
        assertThat(await(reports.writeReady("backups", GOOD, 7))).isFalse();
        long requests = kubernetes.requests.size();
        assertThat(await(reports.write("backups", "pg", report(GOOD), 7))).isFalse();
        assertThat(kubernetes.requests).hasSize((int) requests);
        assertThat(status().toString())
                .isEqualTo("{\"serverRecoveryWindow\":{\"pg\":{\"lastFailedBackupTime\":\"2026-08-01T00:00:00Z\"}}}");

        kubernetes.objects.prune("barmancloud.cnpg.io/objectstores", object -> {});
        clock.advance(Duration.ofHours(2));
        assertThat(await(reports.write("backups", "pg", report(GOOD), 7))).isTrue();
    }

    @Test
    void readinessIsACondition() {
        assertThat(await(reports.writeReady("backups", new Verdict(false, "SecretMissing", "create it"), 3)))
                .isTrue();
        await(reports.write("backups", "pg", report(GOOD), 2));

        assertThat(condition("Ready").path("status").asText()).isEqualTo("False");
        assertThat(condition("Ready").path("message").asText()).isEqualTo("create it");
        assertThat(status().path("observedGeneration").asInt()).isEqualTo(3);
        assertThat(status().path("conditions").size()).isEqualTo(3);
    }

    @Test
    void reportsWindowsAndReadinessWrittenAtOnceAllArrive() {
        RecoveryWindowStatus windows = new RecoveryWindowStatus(api, "shop", scheduler);
        kubernetes.allow(request -> !request.verb().equals("patch"));
        int rounds = 15;

        Mono<Void> a = Flux.range(1, rounds)
                .concatMap(i -> reports.write("backups", "pg-a", report(GOOD, i), 1))
                .then();
        Mono<Void> b = Flux.range(1, rounds)
                .concatMap(i -> reports.write("backups", "pg-b", report(GOOD, i), 1))
                .then();
        Mono<Void> c = Flux.range(1, rounds)
                .concatMap(i -> windows.update(
                        "backups", "pg-a", window -> window.withFailure(Instant.ofEpochSecond(2_000_000_000L + i))))
                .then();
        Mono<Void> d = Flux.range(1, rounds)
                .concatMap(i -> reports.writeReady("backups", new Verdict(true, "Round" + i, "x"), i))
                .then();
        Mono.when(a, b, c, d).block(LIMIT.multipliedBy(3));

        assertThat(status().at("/servers/pg-a/waitingFiles").asInt()).isEqualTo(rounds);
        assertThat(status().at("/servers/pg-b/waitingFiles").asInt()).isEqualTo(rounds);
        assertThat(status().at("/serverRecoveryWindow/pg-a/lastFailedBackupTime")
                        .asText())
                .isEqualTo(Instant.ofEpochSecond(2_000_000_000L + rounds).toString());
        assertThat(condition("Ready").path("reason").asText()).isEqualTo("Round15");
    }

    @Test
    void verdictHasAReasonThatKubernetesTakesAndABoundedMessage() {
        for (String reason : List.of("", "two words", "-x", "x,")) {
            assertThatThrownBy(() -> new Verdict(true, reason, "")).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(new Verdict(false, "TooLong", "x".repeat(50_000)).message()).hasSizeLessThan(2000);
    }

    private static ArchiveReport report(Verdict archiving) {
        return report(archiving, 3);
    }

    private static ArchiveReport report(Verdict archiving, long waiting) {
        return new ArchiveReport(
                Optional.of("00000001000000000000000A"),
                Optional.of(Instant.parse("2026-08-01T09:59:59.9Z")),
                OptionalLong.of(waiting),
                Optional.empty(),
                OptionalLong.of(0),
                OptionalLong.of(5_000_000_000L),
                GOOD,
                archiving);
    }

    private static void pruneAsTheOriginal(ObjectNode object) {
        if (object.get("status") instanceof ObjectNode status) {
            status.retain("serverRecoveryWindow");
        }
    }

    private JsonNode status() {
        return kubernetes.objects.get(STORE).path("status");
    }

    private JsonNode condition(String type) {
        for (JsonNode condition : status().path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        throw new AssertionError("no condition " + type);
    }

    private String version() {
        return kubernetes.objects.get(STORE).at("/metadata/resourceVersion").asText();
    }

    private static JsonNode json(String text) {
        return FakeObjects.tree(text);
    }
}
