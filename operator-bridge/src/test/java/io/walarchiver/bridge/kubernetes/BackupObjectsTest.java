package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.BackupMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class BackupObjectsTest {

    private static final ArchiveReference ARCHIVE = new ArchiveReference("backups", "pg");
    private static final OperatorGroup VENDOR = new OperatorGroup("postgresql.vendor.example", "v1beta1");

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("backups-test");
    private final ApiConnection api = kubernetes.connect(scheduler);
    private final SetClock clock = new SetClock(Instant.parse("2026-08-10T00:00:00Z"));
    private final BackupObjects backups = new BackupObjects(api, VENDOR, Duration.ofHours(1), clock);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void backupsWithoutABaseBackupAreDeletedAndTheOthersStay() {
        for (int i = 0; i < 10; i++) {
            int number = i;
            add("b" + i, backup -> status(backup).put("backupId", "2026080" + number + "T000000"));
        }

        assertThat(await(backups.deleteMissing(scope(), Set.of("20260802T000000", "20260807T000000"))))
                .containsExactly("b0", "b1", "b3", "b4", "b5", "b6", "b8", "b9");
        assertThat(names()).containsExactly("b2", "b7");
        assertThat(await(backups.deleteMissing(scope(), Set.of("20260802T000000", "20260807T000000"))))
                .isEmpty();
    }

    static Stream<Arguments> whatIsNotCertainlyOurs() {
        return Stream.of(
                kept("of another Cluster", b -> ((ObjectNode) b.at("/spec/cluster")).put("name", "other")),
                kept("failed", b -> status(b).put("phase", "failed")),
                kept("under way", b -> status(b).put("phase", "started")),
                kept("without a phase", b -> status(b).remove("phase")),
                kept("without a status", b -> b.remove("status")),
                kept("made by another method", b -> ((ObjectNode) b.path("spec")).put("method", "volumeSnapshot")),
                kept("made by another plugin", b -> metadata(b).put("pluginName", "other")),
                kept("of a Cluster that had the name before", b -> metadata(b).put("clusterUID", "before")),
                kept("without metadata", b -> status(b).remove("pluginMetadata")),
                kept("without an id", b -> status(b).remove("backupId")),
                kept("just finished", b -> status(b).put("stoppedAt", "2026-08-09T23:30:00Z")),
                kept(
                        "just noted as finished",
                        b -> status(b).put("reconciliationTerminatedAt", "2026-08-09T23:30:00Z")),
                kept("finished nobody knows when", b -> {
                    status(b).put("stoppedAt", "some time ago");
                    ((ObjectNode) b.path("metadata")).remove("creationTimestamp");
                }),
                kept(
                        "noted to be in another store",
                        b -> metadata(b).put("barmanObjectName", "elsewhere").put("serverName", "pg")),
                kept("asked for in another store", b -> parameters(b).put("barmanObjectName", "elsewhere")),
                kept("asked for under another server", b -> parameters(b).put("serverName", "pg-2")),
                kept(
                        "being deleted",
                        b -> ((ObjectNode) b.path("metadata")).put("deletionTimestamp", "2026-08-09T00:00:00Z")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("whatIsNotCertainlyOurs")
    void backupStaysWhenItIsNotCertainlyOurs(String what, Consumer<ObjectNode> change) {
        add("certainly", backup -> {});
        add("kept", change);

        assertThat(await(backups.deleteMissing(scope(), Set.of()))).as(what).containsExactly("certainly");
        assertThat(names()).containsExactly("kept");
    }

    @Test
    void backupNotedToBeInThisArchiveIsOurs() {
        Map<String, String> entries = new BackupMetadata("uid-1", "walarchiver.io", "1", "x", "1", ARCHIVE).entries();
        add("noted", backup -> entries.forEach(metadata(backup)::put));
        add(
                "spelled out",
                backup -> parameters(backup).put("barmanObjectName", "backups").put("serverName", "pg"));
        add("empty", backup -> parameters(backup).put("barmanObjectName", "").put("serverName", ""));

        assertThat(await(backups.deleteMissing(scope(), Set.of()))).containsExactly("empty", "noted", "spelled-out");
        assertThat(BackupMetadata.archive(entries)).contains(ARCHIVE);
        assertThat(entries).containsEntry("clusterUID", "uid-1").containsEntry("pluginName", "walarchiver.io");
    }

    @Test
    void backupThatChangesMeanwhileIsLeftForTheNextTime() {
        add("a", backup -> {});
        add("b", backup -> {});
        kubernetes.fail(
                409,
                request -> request.verb().equals("delete") && request.name().equals("a"));
        kubernetes.fail(
                404,
                request -> request.verb().equals("delete") && request.name().equals("b"));

        assertThat(await(backups.deleteMissing(scope(), Set.of()))).isEmpty();
        assertThat(await(backups.deleteMissing(scope(), Set.of()))).containsExactly("a", "b");
    }

    @Test
    void listThatTookTooLongIsBegunAgain() {
        for (int i = 0; i < 7; i++) {
            add("b" + i, backup -> {});
        }
        kubernetes.fail(410, request -> request.verb().equals("list"));

        assertThat(await(backups.deleteMissing(scope(), Set.of()))).hasSize(7);
    }

    @Test
    void missingRightIsAnErrorAndNothingIsLost() {
        add("a", backup -> {});
        kubernetes.allow(request -> request.verb().equals("list"));

        StepVerifier.create(backups.deleteMissing(scope(), Set.of()))
                .expectError(KubernetesException.Forbidden.class)
                .verify(LIMIT);
        kubernetes.fail(410, request -> true);
        kubernetes.fail(410, request -> true);
        kubernetes.fail(410, request -> true);
        StepVerifier.create(backups.deleteMissing(scope(), Set.of()))
                .expectError(KubernetesException.Gone.class)
                .verify(LIMIT);
        assertThat(names()).containsExactly("a");
    }

    private static BackupObjects.Scope scope() {
        return new BackupObjects.Scope("shop", "pg", "uid-1", "walarchiver.io", ARCHIVE);
    }

    private static Arguments kept(String what, Consumer<ObjectNode> change) {
        return Arguments.of(what, change);
    }

    private void add(String name, Consumer<ObjectNode> change) {
        ObjectNode backup = (ObjectNode) FakeObjects.tree("""
                {"apiVersion": "postgresql.vendor.example/v1beta1", "kind": "Backup",
                 "metadata": {"name": "%s", "namespace": "shop", "creationTimestamp": "2026-08-01T00:00:00Z"},
                 "spec": {"cluster": {"name": "pg"}, "method": "plugin",
                  "pluginConfiguration": {"name": "walarchiver.io", "parameters": {}}},
                 "status": {"phase": "completed", "backupId": "20260101T000000", "stoppedAt": "2026-08-01T01:00:00Z",
                  "backupLabelFile": "%s",
                  "pluginMetadata": {"clusterUID": "uid-1", "pluginName": "walarchiver.io", "timeline": "1"}}}""".formatted(name.replace(' ', '-'), "x".repeat(10_000)));
        change.accept(backup);
        kubernetes.objects.apply("backups", backup.toString());
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        for (JsonNode item : kubernetes
                .objects
                .list("postgresql.vendor.example/backups/shop/", "", 1000, "")
                .path("items")) {
            names.add(item.at("/metadata/name").asText());
        }
        return names;
    }

    private static ObjectNode status(ObjectNode backup) {
        return (ObjectNode) backup.path("status");
    }

    private static ObjectNode metadata(ObjectNode backup) {
        return (ObjectNode) backup.at("/status/pluginMetadata");
    }

    private static ObjectNode parameters(ObjectNode backup) {
        return (ObjectNode) backup.at("/spec/pluginConfiguration/parameters");
    }
}
