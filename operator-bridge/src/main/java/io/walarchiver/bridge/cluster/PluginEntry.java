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
        return Optional.ofNullable(parameters.get(STORE_PARAMETER))
                .filter(store -> !store.isEmpty())
                .map(store -> new ArchiveReference(
                        store,
                        Optional.ofNullable(parameters.get(SERVER_PARAMETER))
                                .filter(server -> !server.isEmpty())
                                .orElse(defaultServerName)));
    }
}
