package io.walarchiver.sidecar.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OperatorProcessSettingsTest {

    @Test
    void chartsArgumentsAndEnvironmentAreUnderstood() {
        OperatorProcessSettings settings = OperatorProcessSettings.of(
                written(":9090", ":8081"),
                Map.of(
                        "SIDECAR_IMAGE", "registry.example/wal-archiver:1.2.3",
                        "PLUGIN_NAME", "barman-cloud.cloudnative-pg.io",
                        "WATCH_NAMESPACES", "shop,,stock , shop",
                        "POD_NAME", "wal-archiver-0"));

        assertThat(settings.grpc()).isEqualTo(new HostPort("0.0.0.0", 9090));
        assertThat(settings.http()).isEqualTo(new HostPort("0.0.0.0", 8081));
        assertThat(settings.scopes()).containsExactly(Scope.of("shop"), Scope.of("stock"));
        assertThat(settings.pluginName().value()).isEqualTo("barman-cloud.cloudnative-pg.io");
        assertThat(settings.podName()).isEqualTo("wal-archiver-0");
    }

    @Test
    void restHasDefaults() {
        OperatorProcessSettings settings = OperatorProcessSettings.of(
                written("[::1]:9090", "127.0.0.1:0"), Map.of("SIDECAR_IMAGE", "image", "PLUGIN_NAME", ""));

        assertThat(settings.grpc().host()).isEqualTo("::1");
        assertThat(settings.scopes()).containsExactly(Scope.EVERYWHERE);
        assertThat(settings.pluginName()).isEqualTo(PluginName.DEFAULT);
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnce() {
        assertThatThrownBy(() -> OperatorProcessSettings.of(
                        written("9090", ":x"), Map.of("PLUGIN_NAME", "a b", "WATCH_NAMESPACES", "shop,../etc")))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        failure -> assertThat(failure.problems())
                                .hasSize(5)
                                .anyMatch(problem -> problem.startsWith("SIDECAR_IMAGE: is empty; set it"))
                                .anyMatch(problem -> problem.contains("\"../etc\"")));
    }

    private static OperatorProcessSettings.Written written(String server, String http) {
        return new OperatorProcessSettings.Written(
                Path.of("/server/tls.crt"), Path.of("/server/tls.key"), Path.of("/client/tls.crt"), server, http);
    }
}
