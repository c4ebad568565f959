package io.walarchiver.bridge.cluster;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The {@code metadata} of a backup's result, which the operator copies to {@code status.pluginMetadata} of the Backup. By
 * it we know our own Backups again. The first six keys are those of the original plugin.
 *
 * @param clusterUid  {@code metadata.uid} of the Cluster
 * @param pluginName  the name under which we run
 * @param version     of this program
 * @param displayName of this program
 * @param timeline    of the backup, a decimal number
 * @param archive     where the backup went
 */
public record BackupMetadata(
        String clusterUid,
        String pluginName,
        String version,
        String displayName,
        String timeline,
        ArchiveReference archive) {

    /** The result's entries. */
    public Map<String, String> entries() {
        Map<String, String> entries = new TreeMap<>();
        entries.put("timeline", timeline);
        entries.put("version", version);
        entries.put("name", pluginName);
        entries.put("displayName", displayName);
        entries.put("clusterUID", clusterUid);
        entries.put("pluginName", pluginName);
        entries.put(PluginEntry.STORE_PARAMETER, archive.storeName());
        entries.put(PluginEntry.SERVER_PARAMETER, archive.serverName());
        return entries;
    }

    /** Where the backup with these entries went; empty when the original plugin wrote them. */
    public static Optional<ArchiveReference> archive(Map<String, String> entries) {
        String store = entries.getOrDefault(PluginEntry.STORE_PARAMETER, "");
        String server = entries.getOrDefault(PluginEntry.SERVER_PARAMETER, "");
        return store.isEmpty() || server.isEmpty()
                ? Optional.empty()
                : Optional.of(new ArchiveReference(store, server));
    }
}
