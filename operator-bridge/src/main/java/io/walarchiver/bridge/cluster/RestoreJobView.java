package io.walarchiver.bridge.cluster;

import java.util.List;
import java.util.Optional;

/**
 * What the call to restore a base backup in a recovery Job asks for.
 *
 * @param cluster            the Cluster that is being created
 * @param source             {@code spec.bootstrap.recovery.source}: the external cluster it is created from
 * @param archive            the archive of that external cluster
 * @param ownArchive         where the new Cluster will archive to; empty when it does not archive with us
 * @param checkEmptyArchive  whether to refuse when {@code ownArchive} holds WAL of another cluster; false without one
 * @param walStorage         whether {@code pg_wal} has to become a link to the WAL volume
 * @param tablespaces        the tablespaces that have a volume
 * @param target             how far to recover
 */
public record RestoreJobView(
        ClusterView cluster,
        String source,
        ArchiveReference archive,
        Optional<ArchiveReference> ownArchive,
        boolean checkEmptyArchive,
        boolean walStorage,
        List<String> tablespaces,
        RecoveryTargetFields target) {

    private static final String SOURCE = "spec.bootstrap.recovery.source";

    /** Copies the list. */
    public RestoreJobView {
        tablespaces = List.copyOf(tablespaces);
    }

    /**
     * Reads the request.
     *
     * @param clusterDefinition the Cluster, UTF-8 JSON
     * @param checkEmptyArchive what the operator decided; empty from operators that leave it to us
     * @param pluginName        the name under which we run
     * @throws InvalidClusterException when the definition cannot be understood
     * @throws NoArchiveException      when it names no archive of ours to recover from
     */
    public static RestoreJobView parse(
            byte[] clusterDefinition, Optional<Boolean> checkEmptyArchive, String pluginName) {
        ClusterView cluster = ClusterView.parse(clusterDefinition);
        // In a Job the name of the Pod is that of the Job, and never that of an instance.
        ArchivePlan plan = new ArchivePlan(cluster, pluginName, "");
        String source = cluster.recoverySource()
                .orElseThrow(() -> new NoArchiveException("the Cluster " + cluster.name() + " is not created from an"
                        + " archive: set " + SOURCE + " to the name of an external cluster"));
        ArchiveReference archive = plan.recoveryArchive()
                .orElseThrow(() -> new NoArchiveException(whyNoArchive(cluster, source, pluginName)));
        Optional<ArchiveReference> ownArchive = plan.ownArchive();
        return new RestoreJobView(
                cluster,
                source,
                archive,
                ownArchive,
                ownArchive.isPresent() && plan.checkEmptyArchiveBeforeRestoring(checkEmptyArchive),
                cluster.hasWalStorage(),
                cluster.tablespaces(),
                cluster.recoveryTarget());
    }

    private static String whyNoArchive(ClusterView cluster, String source, String pluginName) {
        String named = "the external cluster " + source + ", which " + SOURCE + " names, ";
        Optional<ExternalCluster> external = cluster.externalCluster(source);
        if (external.isEmpty()) {
            return SOURCE + " names the external cluster " + source + ", which is not in spec.externalClusters";
        }
        Optional<PluginEntry> entry = external.flatMap(ExternalCluster::plugin);
        if (entry.isEmpty()) {
            return named + "has no plugin: set its plugin.name to " + pluginName + " and plugin.parameters."
                    + PluginEntry.STORE_PARAMETER + " to an ObjectStore";
        }
        PluginEntry plugin = entry.orElseThrow();
        if (!plugin.name().equals(pluginName)) {
            return named + "uses the plugin " + plugin.name() + ", and this is " + pluginName;
        }
        if (!plugin.enabled()) {
            return named + "has its plugin switched off: remove enabled: false";
        }
        return named + "names no store: set plugin.parameters." + PluginEntry.STORE_PARAMETER;
    }
}
