package io.walarchiver.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.ClusterSight;
import io.walarchiver.sidecar.doctor.Finding.Level;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Each cause of trouble is found by its check, and by no other; what may not be seen is said and nothing more. */
@Timeout(60)
class DoctorTest {

    private static final Instant NOW = Instant.parse("2026-08-10T12:00:00Z");
    private static final DoctorOrder EVERYTHING =
            new DoctorOrder(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    private static final String PLUGIN = "walarchiver.io";

    private final FakeApi api = new FakeApi();
    private final Scheduler scheduler = Schedulers.newSingle("doctor-test", true);

    @TempDir
    private Path directory;

    @AfterEach
    void end() {
        api.close();
        scheduler.dispose();
    }

    private Diagnosis examine(DoctorOrder order) throws IOException {
        try (ClusterSight sight = ClusterSight.open(
                Optional.of(api.kubeconfig(directory)), Optional.empty(), Duration.ofSeconds(20), scheduler)) {
            return Doctor.examine(sight, order, Clock.fixed(NOW, ZoneOffset.UTC))
                    .blockOptional(Duration.ofSeconds(50))
                    .orElseThrow();
        }
    }

    private static List<String> troubles(Diagnosis diagnosis) {
        return diagnosis.findings().stream()
                .filter(finding -> finding.level() != Level.OK)
                .map(finding -> finding.level() + " " + finding.check())
                .distinct()
                .toList();
    }

    @Test
    void nothingIsWrongInAHealthyCluster() throws IOException {
        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(troubles(diagnosis)).isEmpty();
        assertThat(diagnosis.isGood()).isTrue();
        assertThat(diagnosis.plugin()).isEqualTo(PLUGIN);
        assertThat(diagnosis.kubernetes()).isEqualTo("v1.34.1");
        // A check that says nothing of a healthy cluster would not be missed.
        assertThat(diagnosis.findings().stream().map(Finding::check).distinct())
                .containsExactly(
                        "operator",
                        "service",
                        "namespace",
                        "endpoints",
                        "server certificate",
                        "client certificate",
                        "cert-manager",
                        "plugin rights",
                        "resource",
                        "cluster",
                        "discovered",
                        "sidecar",
                        "sidecar log",
                        "instance rights",
                        "store",
                        "store secret",
                        "store ready",
                        "archiving",
                        "archive owner",
                        "archive reachable",
                        "waiting WAL",
                        "backup",
                        "schedule");
        assertThat(api.requests).allMatch(request -> request.startsWith("GET "));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.walarchiver.sidecar.doctor.Causes#all")
    void eachCauseIsFoundByItsCheckAlone(String cause, Consumer<FakeApi> injection, String expected)
            throws IOException {
        injection.accept(api);

        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(troubles(diagnosis)).as(diagnosis.findings().toString()).containsExactly(expected.split(", ", -1));
        assertThat(diagnosis.findings())
                .filteredOn(finding -> finding.level() == Level.FAIL || finding.level() == Level.WARN)
                .allSatisfy(finding -> {
                    assertThat(finding.cause()).contains(cause);
                    assertThat(finding.fix()).isNotEmpty();
                });
        assertThat(diagnosis.isGood()).isEqualTo(!expected.startsWith("FAIL"));
    }

    @Test
    void rightsOfSomeNamespacesAreEnoughForClustersThere() throws IOException {
        ObjectNode role = api.object("ClusterRole", "wal-archiver").deepCopy();
        role.put("kind", "Role");
        ((ObjectNode) role.path("metadata")).put("name", "wal-archiver").put("namespace", "shop");
        ObjectNode binding = api.object("ClusterRoleBinding", "wal-archiver").deepCopy();
        binding.put("kind", "RoleBinding");
        ((ObjectNode) binding.path("metadata")).put("namespace", "shop");
        ((ObjectNode) binding.path("roleRef")).put("kind", "Role");
        api.remove("ClusterRoleBinding", "wal-archiver");
        api.put(role);
        api.put(binding);

        assertThat(troubles(examine(EVERYTHING))).isEmpty();
    }

    @Test
    void nameThatWasTakenOverIsFoundByTheService() throws IOException {
        String taken = "barman-cloud.cloudnative-pg.io";
        Parts.labels(api, "Service", "wal-archiver").put("cnpg.io/pluginName", taken);
        ((ObjectNode) api.object("Deployment", "wal-archiver").at("/spec/template/spec/containers/0/env/1"))
                .put("value", taken);
        ((ObjectNode) Parts.sidecar(api).at("/env/0")).put("value", taken);
        Parts.entry(api).put("name", taken);
        ((ObjectNode) api.object("Cluster", "orders").at("/status/pluginStatus/0")).put("name", taken);
        for (String kind : List.of("Backup", "ScheduledBackup")) {
            String name = kind.equals("Backup") ? "orders-20260810" : "orders-daily";
            ((ObjectNode) api.object(kind, name).at("/spec/pluginConfiguration")).put("name", taken);
        }

        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(diagnosis.plugin()).isEqualTo(taken);
        assertThat(troubles(diagnosis)).isEmpty();
    }

    @Test
    void orderLimitsWhatIsLookedAt() throws IOException {
        examineQuietly(new DoctorOrder(
                Optional.of("shop"), Optional.of("orders"), Optional.of("cnpg-system"), Optional.of(PLUGIN)));

        assertThat(api.requests)
                .filteredOn(request -> !request.contains("/namespaces/"))
                .allMatch(request -> request.matches(
                        "GET /(version|apis/(rbac|apiextensions).*/(clusterrole|customresourcedefinition).*)"));
    }

    private void examineQuietly(DoctorOrder order) throws IOException {
        assertThat(troubles(examine(order))).isEmpty();
    }

    @Test
    void clusterThatWasAskedForAndIsNotThereIsAFailure() throws IOException {
        Diagnosis diagnosis =
                examine(new DoctorOrder(Optional.of("shop"), Optional.of("order"), Optional.empty(), Optional.empty()));

        assertThat(troubles(diagnosis)).containsExactly("FAIL cluster");
    }

    @Test
    void clusterWithoutAnyPluginIsToldWhatIsMissing() throws IOException {
        api.remove("Service", "wal-archiver");

        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(troubles(diagnosis)).contains("FAIL service", "SKIPPED endpoints", "SKIPPED plugin rights");
        assertThat(diagnosis.findings())
                .anyMatch(finding -> finding.check().equals("service")
                        && finding.cause().contains("no Service has the label cnpg.io/pluginName=walarchiver.io"));
    }

    /** Each kind of object is hidden in turn: the checks that need it say which right is missing, the others go on. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "services",
                "deployments",
                "endpointslices",
                "secrets",
                "certificates",
                "clusterrolebindings",
                "clusterroles",
                "customresourcedefinitions",
                "clusters",
                "pods",
                "objectstores",
                "backups",
                "scheduledbackups",
                "roles",
                "rolebindings"
            })
    void whatMayNotBeSeenIsSkippedWithTheRightThatIsNeeded(String plural) throws IOException {
        api.fail(".*/" + plural + "(/[^/]*)?", 403);

        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(diagnosis.isGood()).as(diagnosis.findings().toString()).isTrue();
        if (!plural.equals("pods")) {
            // Pods of the plugin only explain what is wrong with its endpoints.
            assertThat(diagnosis.count(Level.SKIPPED)).isPositive();
        }
        assertThat(diagnosis.findings())
                .filteredOn(finding ->
                        finding.level() == Level.SKIPPED && finding.cause().equals("not visible"))
                .isNotEmpty()
                .allMatch(finding -> finding.fix()
                        .matches("needed to look: the right to (get|list) [a-z.]*" + plural
                                + "(\\.[a-z0-9.-]+)? in the (whole cluster|namespace [a-z-]+)"));
    }

    @Test
    void whoMaySeeNothingIsToldSoAndNothingElse() throws IOException {
        api.fail("/apis?/.*", 403);

        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(diagnosis.isGood()).isTrue();
        assertThat(diagnosis.findings()).isNotEmpty().allMatch(finding -> finding.level() == Level.SKIPPED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"services", "clusters", "pods", "objectstores", "secrets", "roles"})
    void apiThatFailsInBetweenSkipsWhatNeededIt(String plural) throws IOException {
        api.fail(".*/" + plural + "(/[^/]*)?", 500);

        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(diagnosis.findings())
                .anyMatch(finding ->
                        finding.level() == Level.SKIPPED && finding.cause().contains("was answered with 500"));
    }

    /** Whatever an object looks like, it is looked at, and the others are, too. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Service",
                "Deployment",
                "EndpointSlice",
                "Secret",
                "Certificate",
                "ClusterRoleBinding",
                "ClusterRole",
                "CustomResourceDefinition",
                "Cluster",
                "Pod",
                "ObjectStore",
                "Backup",
                "ScheduledBackup",
                "Role",
                "RoleBinding"
            })
    void objectsThatMakeNoSenseAreNoCrash(String kind) throws IOException {
        String name =
                switch (kind) {
                    case "EndpointSlice" -> "wal-archiver-x7";
                    case "Secret" -> "s3-keys";
                    case "Certificate" -> "wal-archiver-server";
                    case "CustomResourceDefinition" -> "objectstores.barmancloud.cnpg.io";
                    case "Cluster" -> "orders";
                    case "Pod" -> "orders-1";
                    case "ObjectStore" -> "backups";
                    case "Backup" -> "orders-20260810";
                    case "ScheduledBackup" -> "orders-daily";
                    case "Role", "RoleBinding" -> "orders-wal-archiver";
                    default -> "wal-archiver";
                };
        ObjectNode object = api.object(kind, name);
        for (String field : List.of("spec", "status", "rules", "subjects", "roleRef", "data", "endpoints")) {
            if (object.has(field)) {
                object.put(field, "nonsense\u0007");
            }
        }

        Diagnosis diagnosis = examine(EVERYTHING);

        assertThat(diagnosis.findings()).hasSizeGreaterThan(5);
        assertThat(diagnosis.findings()).allMatch(finding -> finding.cause().indexOf('\u0007') < 0);
    }

    @Test
    void valuesOfSecretsAreNeverSaid() throws IOException {
        Parts.data(api, "s3-keys").put("id", Base64.getEncoder().encodeToString("AKIAVERYSECRET".getBytes()));
        Parts.data(api, "s3-keys").remove("secret");

        assertThat(examine(EVERYTHING).toString()).doesNotContain("AKIAVERYSECRET", "PRIVATE KEY");
    }
}
