package io.walarchiver.bridge.cluster;

import java.util.List;
import java.util.Optional;

/**
 * What a Cluster asks of our plugin on one instance. Made anew for each request, from the Cluster in that request.
 *
 * <p>Nothing here refuses a request because the instance is not the primary: a former primary must be able to archive what
 * it still holds before it can be demoted, and the operator already keeps others from asking.
 */
public final class ArchivePlan {

    private final ClusterView cluster;
    private final String pluginName;
    private final String podName;

    /**
     * Looks at a Cluster.
     *
     * @param cluster    as sent with the request
     * @param pluginName the name under which we run
     * @param podName    the instance; in a recovery Job the name of the Job, which is never that of a primary
     */
    public ArchivePlan(ClusterView cluster, String pluginName, String podName) {
        this.cluster = cluster;
        this.pluginName = pluginName;
        this.podName = podName;
    }

    /** What to do with a request to archive a file. */
    public sealed interface ArchiveDecision {

        /** Store it there. */
        record Store(ArchiveReference archive) implements ArchiveDecision {}

        /**
         * Answer success and store nothing: the operator asks every enabled plugin, whether or not it is the one chosen to
         * archive, and an error would make PostgreSQL keep the file.
         *
         * @param reason for the log
         */
        record Decline(String reason) implements ArchiveDecision {}

        /**
         * Answer an error: the file would be lost otherwise.
         *
         * @param reason what is missing and where to set it
         */
        record Refuse(String reason) implements ArchiveDecision {}
    }

    /** Which of the archives a Cluster knows. */
    public enum RestoreSource {
        /** The Cluster's own archive. */
        OWN,
        /** The archive the Cluster is being created from. */
        RECOVERY,
        /** The archive of the Cluster this one follows. */
        REPLICA
    }

    /**
     * Where a WAL file is restored from.
     *
     * @param source  which of the Cluster's archives
     * @param archive the archive itself
     */
    public record RestoreChoice(RestoreSource source, ArchiveReference archive) {}

    /**
     * Our archive: the enabled entry with our name in {@code spec.plugins}, the last one when there are several. An empty
     * or absent server name is the name of the Cluster. A disabled entry counts as absent, altogether.
     */
    public Optional<ArchiveReference> ownArchive() {
        return ownEntry().flatMap(entry -> entry.archive(cluster.name()));
    }

    /** The archive of the external cluster the Cluster was or is being created from. */
    public Optional<ArchiveReference> recoveryArchive() {
        return cluster.recoverySource().flatMap(this::externalArchive);
    }

    /** The archive of the external cluster this one follows. */
    public Optional<ArchiveReference> replicaArchive() {
        return cluster.replicaSource().flatMap(this::externalArchive);
    }

    /** Store, decline politely, or refuse. */
    public ArchiveDecision archive() {
        Optional<PluginEntry> own = ownEntry();
        if (own.isEmpty()) {
            return new ArchiveDecision.Decline("the Cluster has no enabled plugin " + pluginName);
        }
        if (!own.orElseThrow().isWALArchiver()) {
            List<String> archivers = cluster.plugins().stream()
                    .filter(entry -> entry.enabled() && entry.isWALArchiver())
                    .map(PluginEntry::name)
                    .toList();
            return new ArchiveDecision.Decline(
                    archivers.isEmpty()
                            ? "isWALArchiver is not set for the plugin " + pluginName
                            : "the WAL archiver of the Cluster is " + String.join(", ", archivers));
        }
        return ownArchive()
                .<ArchiveDecision>map(ArchiveDecision.Store::new)
                .orElseGet(() -> new ArchiveDecision.Refuse("the plugin " + pluginName + " has no parameter "
                        + PluginEntry.STORE_PARAMETER + " in spec.plugins of the Cluster " + cluster.name()));
    }

    /**
     * The archive to restore a WAL file from; empty when the Cluster names none for this situation, which is an error of
     * its configuration and not a missing file.
     *
     * <p>The designated primary of a replica cluster reads from the source, also while it is being promoted. Before there
     * is a primary the instance is being created, and reads from where it is created from. Everyone else reads what the
     * Cluster itself archived.
     */
    public Optional<RestoreChoice> restore() {
        if (isCurrentPrimary()) {
            Optional<ArchiveReference> replica = replicaArchive();
            if (replica.isPresent()) {
                return choice(RestoreSource.REPLICA, replica);
            }
        }
        if (cluster.currentPrimary().isEmpty()) {
            return choice(RestoreSource.RECOVERY, recoveryArchive());
        }
        return choice(RestoreSource.OWN, ownArchive());
    }

    /**
     * Whether PostgreSQL on this instance has somewhere to stream WAL from when the archive has no more. True on an
     * ordinary standby, and on the designated primary of a replica cluster when its source can be connected to; false
     * while the first instance is being created.
     */
    public boolean isStreamingPossible() {
        if (cluster.currentPrimary().isEmpty()) {
            return false;
        }
        if (!isCurrentPrimary()) {
            return true;
        }
        return cluster.isReplicaCluster()
                && cluster.replicaSource()
                        .flatMap(cluster::externalCluster)
                        .map(ExternalCluster::hasConnectionParameters)
                        .orElse(false);
    }

    /**
     * Whether PostgreSQL takes a failed restore for the end of the archive and opens as a primary, so that WAL after it is
     * lost: while the first instance is being created, and while this instance is promoted. A transient failure has to be
     * retried inside the call then.
     */
    public boolean endsRecoveryOnFailure() {
        boolean promoted = cluster.targetPrimary().equals(Optional.of(podName)) && !cluster.isReplicaCluster();
        return cluster.currentPrimary().isEmpty() || promoted;
    }

    /**
     * Whether the instance may be given a history file of this timeline. A replica must not follow a timeline the primary
     * has not reached: it may be a dead one. Newer operators keep such requests back themselves.
     *
     * @param timeline the timeline of the history file, unsigned
     */
    public boolean mayFollow(int timeline) {
        boolean leads = isCurrentPrimary() || cluster.targetPrimary().equals(Optional.of(podName));
        int limit = cluster.timelineId();
        return leads
                || limit == 0
                || cluster.currentPrimary().isEmpty()
                || Integer.compareUnsigned(timeline, limit) <= 0;
    }

    /**
     * Whether to look for the WAL of another cluster before archiving.
     *
     * @param requestField what the operator decided; empty from operators that leave it to us
     * @param markerExists whether the marker file of a fresh data directory is still there
     */
    public boolean checkEmptyArchiveBeforeArchiving(Optional<Boolean> requestField, boolean markerExists) {
        return requestField.orElseGet(() -> markerExists && !isEmptyArchiveCheckSkipped());
    }

    /**
     * Whether to look for the WAL of another cluster before restoring a base backup.
     *
     * @param requestField what the operator decided; empty from operators that leave it to us
     */
    public boolean checkEmptyArchiveBeforeRestoring(Optional<Boolean> requestField) {
        return requestField.orElseGet(() -> !isEmptyArchiveCheckSkipped());
    }

    private boolean isEmptyArchiveCheckSkipped() {
        return cluster.annotation(ClusterView.SKIP_EMPTY_WAL_ARCHIVE_CHECK).equals(Optional.of("enabled"));
    }

    private boolean isCurrentPrimary() {
        return cluster.currentPrimary().equals(Optional.of(podName));
    }

    /** The enabled entry with our name, the last one when there are several. */
    Optional<PluginEntry> ownEntry() {
        return cluster.plugins().stream()
                .filter(entry -> entry.enabled() && entry.name().equals(pluginName))
                .reduce((first, second) -> second);
    }

    /** Without a server name the one of the present Cluster, as in the original, not that of the external one. */
    private Optional<ArchiveReference> externalArchive(String externalName) {
        return cluster.externalCluster(externalName)
                .flatMap(ExternalCluster::plugin)
                .filter(entry -> entry.enabled() && entry.name().equals(pluginName))
                .flatMap(entry -> entry.archive(cluster.name()));
    }

    private static Optional<RestoreChoice> choice(RestoreSource source, Optional<ArchiveReference> archive) {
        return archive.map(reference -> new RestoreChoice(source, reference));
    }
}
