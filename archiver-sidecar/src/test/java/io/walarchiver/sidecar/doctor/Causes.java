package io.walarchiver.sidecar.doctor;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Causes of trouble, one by one: what is said, how it is brought about, and which check has to find it. */
final class Causes {

    private Causes() {}

    static Stream<Arguments> all() {
        return Stream.of(discovery(), certificates(), rights(), ClusterCauses.all())
                .flatMap(each -> each);
    }

    private static Stream<Arguments> discovery() {
        return Stream.of(
                cause(
                        "no replica is ready",
                        "FAIL operator",
                        api -> Parts.object(api, "Deployment", "cnpg-controller-manager")
                                .putObject("status")),
                cause(
                        "cnpg.io/pluginName is missing",
                        "FAIL service",
                        api -> Parts.labels(api, "Service", "wal-archiver").remove("cnpg.io/pluginName")),
                cause(
                        "cnpg.io/pluginPort is missing",
                        "FAIL service",
                        api -> Parts.annotations(api).remove("cnpg.io/pluginPort")),
                cause(
                        "says 9091, which is no port",
                        "FAIL service",
                        api -> Parts.annotations(api).put("cnpg.io/pluginPort", "9091")),
                cause(
                        "the process calls itself other.io",
                        "FAIL service",
                        api -> ((ObjectNode) api.object("Deployment", "wal-archiver")
                                        .at("/spec/template/spec/containers/0/env/1"))
                                .put("value", "other.io")),
                cause(
                        "looks for plugins nowhere else",
                        "FAIL namespace",
                        api -> api.rename(
                                "Deployment", "cnpg-controller-manager", "operators", "cnpg-controller-manager")),
                cause(
                        "no Deployment has its label",
                        "WARN operator, SKIPPED namespace",
                        api -> api.remove("Deployment", "cnpg-controller-manager")),
                cause("wal-archiver-1: ImagePullBackOff: no such image", "FAIL endpoints", api -> {
                    api.remove("EndpointSlice", "wal-archiver-x7");
                    ((ObjectNode) api.object("Pod", "wal-archiver-1").at("/status/containerStatuses/0"))
                            .putObject("state")
                            .putObject("waiting")
                            .put("reason", "ImagePullBackOff")
                            .put("message", "no such image");
                }),
                cause(
                        "nothing ready stands behind",
                        "FAIL endpoints",
                        api -> ((ObjectNode) api.object("EndpointSlice", "wal-archiver-x7")
                                        .at("/endpoints/0/conditions"))
                                .put("ready", false)),
                cause(
                        "is not installed",
                        "FAIL resource",
                        api -> api.remove("CustomResourceDefinition", "objectstores.barmancloud.cnpg.io")),
                cause(
                        "is that of the Barman Cloud plugin",
                        "WARN resource",
                        api -> ((ObjectNode) api.object("CustomResourceDefinition", "objectstores.barmancloud.cnpg.io")
                                        .at("/spec/versions/0/schema/openAPIV3Schema/properties/status/properties"))
                                .remove("servers")));
    }

    private static Stream<Arguments> certificates() {
        TestCertificate ended = TestCertificate.make("EC:256", "serverAuth", "wal-archiver", "2026/05/01 00:00:00", 90);
        TestCertificate ending =
                TestCertificate.make("EC:256", "serverAuth", "wal-archiver", "2026/05/25 00:00:00", 90);
        TestCertificate misnamed = TestCertificate.make("EC:256", "serverAuth", "another", "2026/08/01 00:00:00", 900);
        return Stream.of(
                cause(
                        "there is no such Secret",
                        "FAIL server certificate",
                        api -> api.remove("Secret", "wal-archiver-server-tls")),
                cause(
                        "there is no such Secret",
                        "FAIL client certificate",
                        api -> api.remove("Secret", "wal-archiver-client-tls")),
                cause(
                        "tls.crt ended on 2026-07-30",
                        "FAIL server certificate",
                        api -> api.put(ended.secret("wal-archiver-server-tls"))),
                cause(
                        "ends on 2026-08-23",
                        "WARN server certificate",
                        api -> api.put(ending.secret("wal-archiver-server-tls"))),
                cause(
                        "DNS name wal-archiver",
                        "FAIL server certificate",
                        api -> api.put(misnamed.secret("wal-archiver-server-tls"))),
                cause(
                        "tls.key is not the key of tls.crt",
                        "FAIL client certificate",
                        api -> Parts.data(api, "wal-archiver-client-tls")
                                .put("tls.key", TestCertificate.base64(FakeApi.SERVER.keyPem()))),
                cause(
                        "tls.key is missing",
                        "FAIL server certificate",
                        api -> Parts.data(api, "wal-archiver-server-tls").remove("tls.key")),
                cause(
                        "tls.crt is missing",
                        "FAIL server certificate",
                        api -> Parts.data(api, "wal-archiver-server-tls")
                                .put("tls.crt", TestCertificate.base64("none"))),
                cause(
                        "lacks the usage client auth",
                        "FAIL client certificate",
                        api -> api.put(FakeApi.SERVER.secret("wal-archiver-client-tls"))),
                cause(
                        "not issued: Pending: waiting",
                        "FAIL cert-manager",
                        api -> ((ObjectNode) api.object("Certificate", "wal-archiver-server")
                                        .at("/status/conditions/0"))
                                .put("status", "False")
                                .put("reason", "Pending")
                                .put("message", "waiting")));
    }

    private static Stream<Arguments> rights() {
        return Stream.of(
                cause(
                        "update clusters/finalizers",
                        "FAIL plugin rights",
                        api -> Parts.rules(api, "ClusterRole", "wal-archiver").forEach(rule -> {
                            if (rule.at("/resources/0").asText().equals("clusters/finalizers")) {
                                ((ObjectNode) rule).putArray("verbs");
                            }
                        })),
                cause(
                        "may not, in the namespace shop",
                        "FAIL plugin rights",
                        api -> api.remove("ClusterRoleBinding", "wal-archiver")),
                cause(
                        "there is no such Role",
                        "FAIL instance rights",
                        api -> api.remove("Role", "orders-wal-archiver")),
                cause(
                        "get secrets \"s3-keys\"",
                        "FAIL instance rights",
                        api -> Parts.rules(api, "Role", "orders-wal-archiver").remove(2)),
                cause(
                        "there is no such RoleBinding",
                        "FAIL instance rights",
                        api -> api.remove("RoleBinding", "orders-wal-archiver")),
                cause(
                        "service account pg",
                        "FAIL instance rights",
                        api -> ((ObjectNode) api.object("Cluster", "orders").path("spec"))
                                .put("serviceAccountName", "pg")));
    }

    static Arguments cause(String cause, String expected, Consumer<FakeApi> injection) {
        return arguments(cause, injection, expected);
    }
}
