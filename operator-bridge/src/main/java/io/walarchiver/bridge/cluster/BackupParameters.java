package io.walarchiver.bridge.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * What the call to take a base backup asks for.
 *
 * <p>Where the backup goes is decided parameter by parameter: what the request says, then what the Backup says in
 * {@code spec.pluginConfiguration.parameters} (of which the request has a copy), then the enabled entry of the Cluster, and
 * for the server name at last the name of the Cluster. An empty value counts as absent everywhere.
 *
 * @param cluster    the Cluster the backup is of
 * @param backupName {@code metadata.name} of the Backup
 * @param archive    where the backup goes
 * @param walArchive where the Cluster archives its WAL with us, which a recovery of the backup needs as well; empty when it
 *                   does not
 */
public record BackupParameters(
        ClusterView cluster, String backupName, ArchiveReference archive, Optional<ArchiveReference> walArchive) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Reads the request.
     *
     * @param clusterDefinition the Cluster, UTF-8 JSON
     * @param backupDefinition  the Backup, UTF-8 JSON
     * @param parameters        those of the request
     * @param pluginName        the name under which we run
     * @throws InvalidClusterException when the Cluster cannot be understood
     * @throws InvalidBackupException  when the Backup cannot be understood, or is of another Cluster
     * @throws NoArchiveException      when neither of them names a store
     */
    public static BackupParameters parse(
            byte[] clusterDefinition, byte[] backupDefinition, Map<String, String> parameters, String pluginName) {
        ClusterView cluster = ClusterView.parse(clusterDefinition);
        JsonNode backup = read(backupDefinition);
        String backupName = text(backup.at("/metadata/name"), "metadata.name")
                .orElseThrow(() -> new InvalidBackupException("the Backup has no metadata.name"));
        text(backup.at("/spec/cluster/name"), "spec.cluster.name")
                .filter(name -> !name.equals(cluster.name()))
                .ifPresent(other -> {
                    throw new InvalidBackupException("the Backup " + backupName + " is of the Cluster " + other
                            + ", but the request is for the Cluster " + cluster.name());
                });
        ArchivePlan plan = new ArchivePlan(cluster, pluginName, "");
        Optional<PluginEntry> entry = plan.ownEntry();
        Optional<String> store = parameter(PluginEntry.STORE_PARAMETER, parameters, backup, entry);
        Optional<String> server = parameter(PluginEntry.SERVER_PARAMETER, parameters, backup, entry);
        return new BackupParameters(
                cluster,
                backupName,
                new ArchiveReference(
                        store.orElseThrow(() -> new NoArchiveException(whyNoStore(cluster, backupName, pluginName))),
                        server.orElseGet(cluster::name)),
                plan.ownArchive().filter(own -> plan.archive() instanceof ArchivePlan.ArchiveDecision.Store));
    }

    /** Whether the WAL that the backup needs is archived beside it. */
    public boolean isBesideItsWal() {
        return walArchive.equals(Optional.of(archive));
    }

    private static JsonNode read(byte[] json) {
        JsonNode backup;
        try {
            backup = JSON.readTree(json);
        } catch (IOException e) {
            throw new InvalidBackupException("the Backup is not JSON");
        }
        if (!backup.isObject()) {
            throw new InvalidBackupException("the Backup is not a JSON object");
        }
        return backup;
    }

    private static Optional<String> parameter(
            String name, Map<String, String> request, JsonNode backup, Optional<PluginEntry> entry) {
        String pointer = "/spec/pluginConfiguration/parameters/";
        return Optional.ofNullable(request.get(name))
                .filter(value -> !value.isEmpty())
                .or(() -> text(backup.at(pointer + name), "spec.pluginConfiguration.parameters." + name))
                .or(() -> entry.flatMap(known -> known.parameter(name)));
    }

    private static Optional<String> text(JsonNode value, String path) {
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw new InvalidBackupException("the field " + path + " of the Backup is not text");
        }
        return Optional.of(value.textValue()).filter(text -> !text.isEmpty());
    }

    private static String whyNoStore(ClusterView cluster, String backupName, String pluginName) {
        String missing = "the Backup " + backupName + " has nowhere to go: ";
        boolean disabled =
                cluster.plugins().stream().anyMatch(entry -> entry.name().equals(pluginName) && !entry.enabled());
        boolean enabled =
                cluster.plugins().stream().anyMatch(entry -> entry.name().equals(pluginName) && entry.enabled());
        if (enabled) {
            return missing + "set parameters." + PluginEntry.STORE_PARAMETER + " of the plugin " + pluginName
                    + " in spec.plugins of the Cluster " + cluster.name();
        }
        return missing + "the plugin " + pluginName
                + (disabled ? " is switched off (enabled: false)" : " is not") + " in spec.plugins of the Cluster "
                + cluster.name();
    }
}
