package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.bridge.objectstore.ManifestCheck;
import io.walarchiver.bridge.objectstore.ResourceSchema;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What is written into the status of a store has a place in the schema, or the API server would drop it in silence. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class WrittenStatusTest {

    private static final Instant NOW = Instant.parse("2026-08-01T10:00:00.5Z");

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newParallel("written-status-test", 2);
    private final ApiConnection api = kubernetes.connect(scheduler);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void everyFieldThatIsWrittenIsInTheSchemaAndTheOtherWayRound() {
        kubernetes.objects.apply("objectstores", """
                {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
                 "metadata": {"name": "backups", "namespace": "shop"},
                 "spec": {"configuration": {"destinationPath": "file:///backups"}}}""");
        Verdict verdict = new Verdict(false, "AccessDenied", "give the right to write");
        ArchiveReports reports = new ArchiveReports(api, "shop", new SetClock(NOW), scheduler);

        await(reports.writeReady("backups", verdict, 3));
        await(reports.write(
                "backups",
                "pg",
                new ArchiveReport(
                        Optional.of("00000001000000000000000A"),
                        Optional.of(NOW),
                        OptionalLong.of(3),
                        Optional.of(NOW),
                        OptionalLong.of(0),
                        OptionalLong.of(5_000_000_000L),
                        verdict,
                        new Verdict(true, "Fine", "as it should be")),
                3));
        await(new RecoveryWindowStatus(api, "shop", scheduler)
                .update(
                        "backups",
                        "pg",
                        window -> window.withBackups(Optional.of(NOW), Optional.of(NOW))
                                .withFailure(NOW)));

        JsonNode store = kubernetes.objects.get("barmancloud.cnpg.io/objectstores/shop/backups");
        assertThat(ManifestCheck.problems(store)).isEmpty();
        JsonNode schema = ResourceSchema.schema().at("/properties/status/properties");
        sameFields(schema, store.path("status"));
        sameFields(
                schema.at("/conditions/items/properties"),
                store.path("status").path("conditions").get(0));
        for (String map : new String[] {"servers", "serverRecoveryWindow"}) {
            sameFields(
                    schema.path(map).at("/additionalProperties/properties"),
                    store.path("status").path(map).path("pg"));
        }
        sameFields(
                schema.at("/servers/additionalProperties/properties/conditions/items/properties"),
                store.at("/status/servers/pg/conditions/0"));
    }

    private static void sameFields(JsonNode properties, JsonNode written) {
        assertThat(properties.fieldNames())
                .toIterable()
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(() -> written.fieldNames());
    }
}
