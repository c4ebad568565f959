package io.walarchiver.sidecar.settings;

import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.sidecar.tls.TlsFiles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything {@code operator} needs to know, checked.
 *
 * @param certificates where the server's certificate, its key and the trusted callers are; need not be there yet
 * @param grpc         where CloudNativePG's operator asks
 * @param http         where probes and scrapes are answered
 * @param sidecarImage the image of the injected container
 * @param pluginName   what CloudNativePG calls this plugin
 * @param scopes       where there are ObjectStores: everywhere, or in some namespaces
 * @param group        the API group of Clusters
 * @param podName      who reports events
 */
public record OperatorProcessSettings(
        TlsFiles certificates,
        HostPort grpc,
        HostPort http,
        String sidecarImage,
        PluginName pluginName,
        List<Scope> scopes,
        OperatorGroup group,
        String podName) {

    /** Where probes and scrapes are answered unless a setting says otherwise. */
    public static final String DEFAULT_HTTP = ":8081";

    private static final String ANY_ADDRESS = "0.0.0.0";
    private static final String NOBODY = "wal-archiver";

    /** Copies the list. */
    public OperatorProcessSettings {
        scopes = List.copyOf(scopes);
    }

    /**
     * The settings as the command line has them.
     *
     * @param serverAddress {@code host:port}, or {@code :port} for all addresses
     * @param httpAddress   likewise
     */
    public record Written(
            Path serverCertificate, Path serverKey, Path clientCertificate, String serverAddress, String httpAddress) {}

    /**
     * Checks everything.
     *
     * @param environment of the process; {@code SIDECAR_IMAGE}, {@code PLUGIN_NAME}, {@code WATCH_NAMESPACES},
     *     {@code CUSTOM_CNPG_GROUP} and {@code POD_NAME} count
     * @throws SettingsException with every problem
     */
    public static OperatorProcessSettings of(Written written, Map<String, String> environment) {
        Problems problems = new Problems();
        Optional<HostPort> grpc = problems.check("--server-address", () -> address(written.serverAddress()));
        Optional<HostPort> http = problems.check("--http-address", () -> address(written.httpAddress()));
        String image = text(environment.get("SIDECAR_IMAGE")).orElse("");
        if (image.isEmpty()) {
            problems.add("SIDECAR_IMAGE: is empty; set it to the image of this container, which is put into every"
                    + " instance of a Cluster");
        }
        Optional<PluginName> name = problems.check(
                "PLUGIN_NAME",
                () -> text(environment.get("PLUGIN_NAME")).map(PluginName::new).orElse(PluginName.DEFAULT));
        Optional<List<Scope>> scopes =
                problems.check("WATCH_NAMESPACES", () -> scopes(environment.get("WATCH_NAMESPACES")));
        problems.throwIfAny();
        return new OperatorProcessSettings(
                new TlsFiles(written.serverCertificate(), written.serverKey(), written.clientCertificate()),
                grpc.orElseThrow(),
                http.orElseThrow(),
                image,
                name.orElseThrow(),
                scopes.orElseThrow(),
                OperatorGroup.of(environment),
                text(environment.get("POD_NAME")).orElse(NOBODY));
    }

    private static HostPort address(String text) {
        return HostPort.parse(text.startsWith(":") ? ANY_ADDRESS + text : text);
    }

    private static List<Scope> scopes(@Nullable String names) {
        List<Scope> scopes = Arrays.stream((names == null ? "" : names).split(",", -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .distinct()
                .map(Scope::of)
                .toList();
        return scopes.isEmpty() ? List.of(Scope.EVERYWHERE) : scopes;
    }

    private static Optional<String> text(@Nullable String value) {
        return Optional.ofNullable(value).map(String::strip).filter(text -> !text.isEmpty());
    }
}
