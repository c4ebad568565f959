package io.walarchiver.bridge.charts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.bridge.Repository;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart of the plugin. */
@Timeout(120)
final class PluginChartTest {

    private static final String EVERYTHING = """
            certificates: {mode: generated}
            networkPolicy: {enabled: true}
            monitoring: {podMonitor: {enabled: true}, prometheusRule: {enabled: true}, dashboard: {enabled: true}}
            """;

    private static final Map<String, String> RENDERED = new HashMap<>();

    private static @Nullable FakeCluster cluster;

    @BeforeAll
    static void start() throws IOException {
        Chart.assumeHelm();
        cluster = new FakeCluster();
    }

    @AfterAll
    static void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void helmFindsNothingToComplainOf() {
        assertThat(Chart.PLUGIN.lint()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("combinations")
    void everyObjectIsWhatKubernetesKnows(String values) {
        Chart.Objects objects = new Chart.Objects(Chart.parse(rendered(values)));

        List<String> identities = new ArrayList<>();
        for (JsonNode object : objects.all()) {
            assertThat(object.at("/metadata/name").asText()).matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
            identities.add(object.path("kind").asText() + " "
                    + object.at("/metadata/namespace").asText() + " "
                    + object.at("/metadata/name").asText());
            object.at("/metadata/labels")
                    .forEach(label -> assertThat(label.asText())
                            .hasSizeLessThan(64)
                            .matches("([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"));
            if (KubernetesModels.knows(object)) {
                KubernetesModels.check(object);
            } else {
                assertThat(object.path("apiVersion").asText()).isIn("cert-manager.io/v1", "monitoring.coreos.com/v1");
            }
        }
        assertThat(identities).doesNotHaveDuplicates().hasSizeGreaterThan(5);
    }

    static Stream<String> combinations() {
        return Stream.concat(
                Stream.of(
                        "",
                        EVERYTHING,
                        "openshift: true",
                        "certificates: {mode: existing}",
                        "certificates: {certManager: {issuerRef: {name: ours, kind: ClusterIssuer}}}",
                        "{crds: {create: false}, rbac: {create: false}, serviceAccount: {create: false, name: x}}",
                        "{watchNamespaces: [a, b], rbac: {cnpgGroup: pg.example.org}}",
                        "pluginName: barman-cloud.cloudnative-pg.io",
                        "{replicaCount: 1, podDisruptionBudget: {enabled: false}, updateStrategy: {type: Recreate}}",
                        "fullnameOverride: a-name-that-is-far-longer-than-anything-anybody-would-ever-want-to-type"),
                PluginValues.effects().values().stream());
    }

    @Test
    void operatorFindsThePluginAndItsCertificates() {
        JsonNode service = Chart.PLUGIN.render("").one("Service");
        JsonNode deployment = Chart.PLUGIN.render("").one("Deployment");

        assertThat(service.at("/metadata/labels").get("cnpg.io/pluginName").asText())
                .isEqualTo("walarchiver.io");
        JsonNode annotations = service.at("/metadata/annotations");
        assertThat(annotations.get("cnpg.io/pluginPort").asText()).isEqualTo("9090");
        assertThat(annotations.get("cnpg.io/pluginPort").isTextual()).isTrue();
        assertThat(annotations.get("cnpg.io/pluginServerSecret").asText())
                .isEqualTo(volume(deployment, "server"))
                .isEqualTo("wal-archiver-server-tls");
        assertThat(annotations.get("cnpg.io/pluginClientSecret").asText())
                .isEqualTo(volume(deployment, "client"))
                .isEqualTo("wal-archiver-client-tls");
        assertThat(service.at("/spec/ports/0/port").asInt()).isEqualTo(9090);
        assertThat(service.at("/spec/selector")).isEqualTo(deployment.at("/spec/selector/matchLabels"));
        deployment
                .at("/spec/selector/matchLabels")
                .properties()
                .forEach(label -> assertThat(
                                deployment.at("/spec/template/metadata/labels").get(label.getKey()))
                        .isEqualTo(label.getValue()));
    }

    @Test
    void processIsStartedAsTheReferenceIs() {
        JsonNode container = container(Chart.PLUGIN.render(""));

        assertThat(container.path("args").valueStream().map(JsonNode::asText))
                .containsSubsequence(
                        "operator",
                        "--server-cert=/server/tls.crt",
                        "--server-key=/server/tls.key",
                        "--client-cert=/client/tls.crt",
                        "--server-address=:9090");
        assertThat(container
                        .at("/volumeMounts")
                        .valueStream()
                        .map(mount -> mount.path("mountPath").asText()))
                .containsExactly("/server", "/client", "/tmp");
        // The key of the client's certificate is none of the plugin's business.
        assertThat(Chart.PLUGIN
                        .render("")
                        .one("Deployment")
                        .at("/spec/template/spec/volumes")
                        .valueStream()
                        .filter(volume -> volume.path("name").asText().equals("client"))
                        .flatMap(volume -> volume.at("/secret/items").valueStream())
                        .map(item -> item.path("key").asText()))
                .containsExactly("tls.crt");
    }

    @Test
    void pluginAndSidecarAreOneImageOfOneVersion() {
        for (String values : List.of(
                "",
                "version: 9.9.9",
                "image: {repository: r.example.org/w, digest: \"sha256:" + "0".repeat(64) + "\"}")) {
            JsonNode container = container(Chart.PLUGIN.render(values));

            assertThat(variable(container, "SIDECAR_IMAGE").path("value")).isEqualTo(container.path("image"));
        }
        assertThat(container(Chart.PLUGIN.render("version: 9.9.9"))
                        .path("image")
                        .asText())
                .endsWith(":9.9.9");
    }

    @Test
    void versionOfTheChartIsTheOneOfTheBuild() {
        String pom = Repository.text(Repository.path("pom.xml"));
        String version =
                pom.replaceFirst("(?s).*?<artifactId>wal-archiver</artifactId>\\s*<version>([^<]*)</version>.*", "$1");
        JsonNode chart = Chart.parse(Repository.text(Chart.PLUGIN.directory().resolve("Chart.yaml")))
                .get(0);

        assertThat(chart.path("appVersion").asText()).isEqualTo(version.replace("-SNAPSHOT", ""));
    }

    @Test
    void takeOverIsOneValue() {
        String name = "barman-cloud.cloudnative-pg.io";
        String text = Chart.PLUGIN.text("wal-archiver", "cnpg-system", "pluginName: " + name);
        Chart.Objects objects = new Chart.Objects(Chart.parse(text));

        assertThat(text.replaceAll("walarchiver\\.io/[a-z-]+", "")).doesNotContain("walarchiver.io");
        assertThat(objects.one("Service")
                        .at("/metadata/labels")
                        .get("cnpg.io/pluginName")
                        .asText())
                .isEqualTo(name);
        assertThat(variable(container(objects), "PLUGIN_NAME").path("value").asText())
                .isEqualTo(name);
    }

    @Test
    void rightsAreTheseAndNoOthers() {
        assertThat(rights(Chart.PLUGIN.render("").named("ClusterRole", "wal-archiver")))
                .containsExactlyInAnyOrder(
                        "/secrets: get list watch",
                        "barmancloud.cnpg.io/objectstores: get list watch",
                        "barmancloud.cnpg.io/objectstores/status: get patch update",
                        "rbac.authorization.k8s.io/roles: create get list patch update watch",
                        "rbac.authorization.k8s.io/rolebindings: create get list patch update watch",
                        "postgresql.cnpg.io/clusters/finalizers: update",
                        "postgresql.cnpg.io/backups: list",
                        "postgresql.cnpg.io/clusters: list",
                        "postgresql.cnpg.io/scheduledbackups: list",
                        "/events: create patch");
    }

    @Test
    void noRoleHasWildcardsAndPeopleGetOnlyTheirs() {
        Chart.Objects objects = Chart.PLUGIN.render(EVERYTHING);

        for (JsonNode role : objects.ofKind("ClusterRole")) {
            assertThat(role.toString()).doesNotContain("\"*\"");
        }
        assertThat(rights(objects.named("ClusterRole", "wal-archiver-objectstore-viewer")))
                .allMatch(right -> right.endsWith(": get list watch"));
        assertThat(rights(objects.named("ClusterRole", "wal-archiver-objectstore-editor")))
                .allMatch(right -> right.startsWith("barmancloud.cnpg.io/objectstores: "));
        assertThat(objects.ofKind("ClusterRoleBinding")).hasSize(1);
    }

    @Test
    void namespacesThatAreListedAreTheOnlyOnes() {
        Chart.Objects objects = Chart.PLUGIN.render("watchNamespaces: [shop, billing]");

        assertThat(objects.ofKind("ClusterRoleBinding")).isEmpty();
        assertThat(objects.ofKind("ClusterRole"))
                .allMatch(role -> role.at("/metadata/name").asText().contains("-objectstore-"));
        assertThat(objects.ofKind("Role"))
                .extracting(role -> role.at("/metadata/namespace").asText())
                .containsExactly("shop", "billing");
        assertThat(objects.ofKind("RoleBinding"))
                .allSatisfy(binding ->
                        assertThat(binding.at("/subjects/0/namespace").asText()).isEqualTo("cnpg-system"));
        assertThat(variable(container(objects), "WATCH_NAMESPACES")
                        .path("value")
                        .asText())
                .isEqualTo("shop,billing");
    }

    @Test
    void customGroupOfClustersIsKnownToRightsAndProcess() {
        Chart.Objects objects = Chart.PLUGIN.render("rbac: {cnpgGroup: pg.example.org}");

        assertThat(rights(objects.named("ClusterRole", "wal-archiver")))
                .contains("pg.example.org/clusters/finalizers: update")
                .noneMatch(right -> right.startsWith("postgresql.cnpg.io"));
        assertThat(variable(container(objects), "CUSTOM_CNPG_GROUP")
                        .path("value")
                        .asText())
                .isEqualTo("pg.example.org");
    }

    @Test
    void containerIsRestrictedAsMuchAsItCanBe() {
        JsonNode pod = Chart.PLUGIN.render("").one("Deployment").at("/spec/template/spec");
        JsonNode context = pod.at("/containers/0/securityContext");

        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(context.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        assertThat(context.path("runAsUser").asInt()).isEqualTo(10001);
    }

    @Test
    void openShiftChoosesTheUser() {
        String values = "{openshift: true, podSecurityContext: {runAsNonRoot: true, fsGroup: 5, runAsUser: 5}}";
        JsonNode pod = Chart.PLUGIN.render(values).one("Deployment").at("/spec/template/spec");

        assertThat(pod.findParents("runAsUser")).isEmpty();
        assertThat(pod.findParents("fsGroup")).isEmpty();
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/containers/0/securityContext/readOnlyRootFilesystem")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void openShiftIsRecognisedByItsApi() throws IOException {
        stop();
        try (FakeCluster kubernetes = new FakeCluster()) {
            assertThat(kubernetes.notes("certificates.mode", "generated"))
                    .contains("Is it up?")
                    .doesNotContain("OpenShift");
        }
        try (FakeCluster openShift =
                new FakeCluster().withKind("security.openshift.io/v1", "SecurityContextConstraints")) {
            assertThat(openShift.notes("certificates.mode", "generated")).contains("This is OpenShift");
        }
        start();
    }

    @Test
    void replicasAreSpreadAndNeverAllGone() {
        Chart.Objects objects = Chart.PLUGIN.render("");
        JsonNode spec = objects.one("Deployment").path("spec");

        assertThat(spec.path("replicas").asInt()).isEqualTo(2);
        assertThat(spec.at("/strategy/rollingUpdate/maxUnavailable").asInt(1)).isZero();
        assertThat(spec.at("/template/spec/topologySpreadConstraints")
                        .valueStream()
                        .map(constraint -> constraint.path("topologyKey").asText()))
                .containsExactly("kubernetes.io/hostname", "topology.kubernetes.io/zone");
        assertThat(objects.one("PodDisruptionBudget").at("/spec/maxUnavailable").asInt())
                .isEqualTo(1);
        assertThat(objects.one("PodDisruptionBudget").at("/spec/selector")).isEqualTo(spec.path("selector"));
    }

    @Test
    void resourceStaysWhenTheChartGoes() {
        assertThat(Chart.PLUGIN
                        .render("")
                        .one("CustomResourceDefinition")
                        .at("/metadata/annotations")
                        .get("helm.sh/resource-policy")
                        .asText())
                .isEqualTo("keep");
    }

    @Test
    void networkPolicyLetsTheOperatorInAndMetricsOut() {
        JsonNode policy = Chart.PLUGIN.render(EVERYTHING).one("NetworkPolicy").path("spec");

        assertThat(policy.at("/ingress/0/ports/0/port").asText()).isEqualTo("grpc");
        assertThat(policy.at("/ingress/0/from/0/podSelector/matchLabels")
                        .get("app.kubernetes.io/name")
                        .asText())
                .isEqualTo("cloudnative-pg");
        assertThat(policy.at("/ingress/1/ports/0/port").asText()).isEqualTo("http");
        assertThat(policy.at("/ingress/1").has("from")).isFalse();
        assertThat(policy.path("policyTypes").valueStream().map(JsonNode::asText))
                .containsExactly("Ingress");
    }

    @Test
    void monitoringFindsThePluginAndEverySidecar() {
        Chart.Objects objects = Chart.PLUGIN.render(EVERYTHING);
        JsonNode plugin = objects.named("PodMonitor", "wal-archiver").path("spec");
        JsonNode sidecars = objects.named("PodMonitor", "wal-archiver-sidecars").path("spec");

        assertThat(plugin.at("/podMetricsEndpoints/0/port").asText())
                .isEqualTo(container(objects).at("/ports/1/name").asText());
        assertThat(sidecars.at("/podMetricsEndpoints/0/port").asText()).isEqualTo("archiver");
        assertThat(sidecars.at("/namespaceSelector/any").asBoolean()).isTrue();
        assertThat(objects.one("PrometheusRule").at("/spec/groups/0/rules").size())
                .isGreaterThan(4);
        JsonNode dashboard = Chart.json(
                objects.one("ConfigMap").at("/data").get("wal-archiver.json").asText());
        assertThat(dashboard.path("panels").size()).isGreaterThan(8);
        assertThat(objects.one("ConfigMap")
                        .at("/metadata/labels")
                        .get("grafana_dashboard")
                        .asText())
                .isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unknown: 1",
                "image: {tag: x}",
                "version: 'a b'",
                "image: {repository: ''}",
                "image: {digest: 'sha256:1'}",
                "pluginName: ''",
                "pluginName: a/b",
                "replicaCount: 0",
                "logLevel: warn",
                "service: {name: Upper}",
                "service: {port: '9090'}",
                "certificates: {mode: none}",
                "certificates: {certManager: {duration: 90d}}",
                "openshift: maybe",
                "watchNamespaces: shop",
                "serviceAccount: {create: false}"
            })
    void mistakesInValuesAreFoundBeforeAnythingIsInstalled(String values) {
        assertThatThrownBy(() -> Chart.PLUGIN.render(values)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void everyValueIsListedInTheTableOfEffects() {
        Set<String> leaves = new TreeSet<>();
        JsonNode values = Chart.parse(Repository.text(Chart.PLUGIN.directory().resolve("values.yaml")))
                .get(0);
        PluginValues.leaves("", values, leaves);

        assertThat(PluginValues.effects().keySet()).containsExactlyInAnyOrderElementsOf(leaves);
    }

    /** A value that does nothing is a lie. */
    @ParameterizedTest
    @MethodSource("effects")
    void everyValueDoesSomething(String path, String values) {
        String without = PluginValues.without(path, values);

        assertThat(values).isNotEqualTo(without);
        assertThat(rendered(values)).isNotEqualTo(rendered(without));
    }

    static Stream<Arguments> effects() {
        return PluginValues.effects().entrySet().stream()
                // Certificates that are made anew each time differ anyway; GeneratedCertificatesTest looks at them.
                .filter(effect -> !effect.getKey().startsWith("certificates.generated."))
                .map(effect -> Arguments.of(effect.getKey(), effect.getValue()));
    }

    @ParameterizedTest
    @CsvSource({"wal-archiver, wal-archiver", "plugin, plugin-wal-archiver", "my-wal-archiver-2, my-wal-archiver-2"})
    void namesFollowTheRelease(String release, String expected) {
        Chart.Objects objects = new Chart.Objects(Chart.parse(Chart.PLUGIN.text(release, "elsewhere", "")));

        assertThat(objects.one("Deployment").at("/metadata/name").asText()).isEqualTo(expected);
        assertThat(objects.one("Service").at("/metadata/name").asText()).isEqualTo(expected);
        for (JsonNode object : objects.all()) {
            if (object.at("/metadata").has("namespace")) {
                assertThat(object.at("/metadata/namespace").asText()).isEqualTo("elsewhere");
            }
        }
        assertThat(objects.named("Certificate", expected + "-server")
                        .at("/spec/dnsNames")
                        .valueStream()
                        .map(JsonNode::asText))
                .containsExactly(expected, expected + ".elsewhere", expected + ".elsewhere.svc");
    }

    @Test
    void certificatesOfCertManagerHaveTheUsagesOfTheirSides() {
        Chart.Objects objects = Chart.PLUGIN.render("");
        JsonNode server = objects.named("Certificate", "wal-archiver-server").path("spec");
        JsonNode client = objects.named("Certificate", "wal-archiver-client").path("spec");

        assertThat(server.path("usages").toString()).contains("server auth");
        assertThat(client.path("usages").toString()).contains("client auth");
        assertThat(server.path("issuerRef")).isEqualTo(client.path("issuerRef"));
        // The issuing certificate is not self-signed: only then it stands in the Secrets beside what it issued.
        JsonNode issuer = objects.named("Issuer", server.at("/issuerRef/name").asText());
        JsonNode issuing = certificateOf(objects, issuer);
        JsonNode root = certificateOf(
                objects,
                objects.named("Issuer", issuing.at("/spec/issuerRef/name").asText()));
        assertThat(objects.named("Issuer", root.at("/spec/issuerRef/name").asText())
                        .path("spec")
                        .has("selfSigned"))
                .isTrue();
    }

    @Test
    void issuerThatExistsIsUsedAlone() {
        Chart.Objects objects =
                Chart.PLUGIN.render("certificates: {certManager: {issuerRef: {name: ours, kind: ClusterIssuer}}}");

        assertThat(objects.ofKind("Issuer")).isEmpty();
        assertThat(objects.ofKind("Certificate"))
                .hasSize(2)
                .allMatch(certificate ->
                        certificate.at("/spec/issuerRef/name").asText().equals("ours"));
    }

    @Test
    void secretsThatExistAreUsedByTheirNames() {
        Chart.Objects objects = Chart.PLUGIN.render(
                "certificates: {mode: existing, serverSecretName: server-of-mine, clientSecretName: client-of-mine}");

        assertThat(objects.kinds()).doesNotContain("Certificate", "Issuer", "Secret");
        assertThat(volume(objects.one("Deployment"), "server")).isEqualTo("server-of-mine");
        assertThat(objects.one("Service")
                        .at("/metadata/annotations")
                        .get("cnpg.io/pluginClientSecret")
                        .asText())
                .isEqualTo("client-of-mine");
    }

    /** Most values are rendered for more than one test. */
    private static String rendered(String values) {
        return RENDERED.computeIfAbsent(values, text -> Chart.PLUGIN.text("wal-archiver", "cnpg-system", text));
    }

    private static JsonNode certificateOf(Chart.Objects objects, JsonNode issuer) {
        String secret = issuer.at("/spec/ca/secretName").asText();
        return objects.ofKind("Certificate").stream()
                .filter(certificate ->
                        certificate.at("/spec/secretName").asText().equals(secret))
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode container(Chart.Objects objects) {
        return objects.one("Deployment").at("/spec/template/spec/containers/0");
    }

    private static JsonNode variable(JsonNode container, String name) {
        List<JsonNode> found = container
                .path("env")
                .valueStream()
                .filter(variable -> variable.path("name").asText().equals(name))
                .toList();
        assertThat(found).as(name).hasSize(1);
        return found.get(0);
    }

    private static String volume(JsonNode deployment, String name) {
        return deployment
                .at("/spec/template/spec/volumes")
                .valueStream()
                .filter(volume -> volume.path("name").asText().equals(name))
                .map(volume -> volume.at("/secret/secretName").asText())
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> rights(JsonNode role) {
        Set<String> rights = new TreeSet<>();
        for (JsonNode rule : role.path("rules")) {
            String verbs = String.join(
                    " ",
                    rule.path("verbs")
                            .valueStream()
                            .map(JsonNode::asText)
                            .sorted()
                            .toList());
            rule.path("apiGroups")
                    .forEach(group -> rule.path("resources")
                            .forEach(resource -> rights.add(group.asText() + "/" + resource.asText() + ": " + verbs)));
        }
        return rights;
    }
}
