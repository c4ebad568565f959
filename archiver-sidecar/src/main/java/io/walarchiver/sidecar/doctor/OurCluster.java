package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ArchivePlan;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.ExternalCluster;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.cluster.PluginEntry;
import io.walarchiver.bridge.operator.InstanceRights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A Cluster that names the plugin.
 *
 * @param tree       as the API gave it
 * @param view       the same, understood
 * @param pluginName the name of the plugin
 */
record OurCluster(ObjectNode tree, ClusterView view, String pluginName) {

    /** Those that can be understood and name the plugin, switched on or not. */
    static List<OurCluster> among(List<ObjectNode> clusters, String pluginName) {
        List<OurCluster> ours = new ArrayList<>();
        for (ObjectNode tree : clusters) {
            try {
                ClusterView view = ClusterView.of(tree);
                if (entries(view).anyMatch(entry -> entry.name().equals(pluginName))
                        && view.namespace().isPresent()
                        && view.uid().isPresent()) {
                    ours.add(new OurCluster(tree, view, pluginName));
                }
            } catch (InvalidClusterException e) {
                // Said by the check of the entry.
            }
        }
        return ours;
    }

    private static Stream<PluginEntry> entries(ClusterView view) {
        return Stream.concat(
                view.plugins().stream(),
                view.externalClusters().stream().map(ExternalCluster::plugin).flatMap(Optional::stream));
    }

    String title() {
        return namespace() + "/" + view.name();
    }

    String namespace() {
        return view.requiredNamespace();
    }

    /** The entry in {@code spec.plugins} that counts: the last enabled one, else a disabled one. */
    Optional<PluginEntry> entry() {
        List<PluginEntry> own = view.plugins().stream()
                .filter(entry -> entry.name().equals(pluginName))
                .toList();
        return own.stream()
                .filter(PluginEntry::enabled)
                .reduce((first, second) -> second)
                .or(() -> own.stream().findFirst());
    }

    boolean enabled() {
        return entry().filter(PluginEntry::enabled).isPresent();
    }

    /** Whether its WAL is to go to the plugin. */
    boolean archives() {
        return entry().filter(entry -> entry.enabled() && entry.isWALArchiver()).isPresent();
    }

    /** Whether its instances get a sidecar. */
    boolean hasSidecar() {
        return enabled() || plan().replicaArchive().isPresent();
    }

    Optional<ArchiveReference> ownArchive() {
        return plan().ownArchive();
    }

    InstanceRights rights() {
        return new InstanceRights(view, pluginName);
    }

    private ArchivePlan plan() {
        return new ArchivePlan(view, pluginName, "");
    }
}
