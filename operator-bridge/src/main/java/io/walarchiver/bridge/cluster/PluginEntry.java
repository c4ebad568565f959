package io.walarchiver.bridge.cluster;

import java.util.Map;
import java.util.Optional;

/**
 * A plugin named by a Cluster, in {@code spec.plugins[]} or {@code spec.externalClusters[].plugin}.
 *
 * @param name          the plugin's name
 * @param enabled       absent means true
 * @param isWALArchiver absent means false; without meaning in an external cluster
 * @param parameters    keys and values as written
 */
public record PluginEntry(String name, boolean enabled, boolean isWALArchiver, Map<String, String> parameters) {

    /** Parameter naming the ObjectStore. */
    public static final String STORE_PARAMETER = "barmanObjectName";

    /** Parameter naming the server within the store. */
    public static final String SERVER_PARAMETER = "serverName";

    /** Copies the parameters. */
    public PluginEntry {
        parameters = Map.copyOf(parameters);
    }

    /** The archive the entry names; without a server name (absent or empty) that of the given server. */
    Optional<ArchiveReference> archive(String defaultServerName) {
        return parameter(STORE_PARAMETER)
                .map(store ->
                        new ArchiveReference(store, parameter(SERVER_PARAMETER).orElse(defaultServerName)));
    }

    /** The value of a parameter; an empty one counts as absent. */
    Optional<String> parameter(String key) {
        return Optional.ofNullable(parameters.get(key)).filter(value -> !value.isEmpty());
    }
}
