package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.cluster.ArchivePlan;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The stores a Cluster uses with us.
 *
 * @param own      what it archives to
 * @param recovery what it is created from
 * @param replica  what it follows
 */
record ClusterStores(
        Optional<ArchiveReference> own, Optional<ArchiveReference> recovery, Optional<ArchiveReference> replica) {

    static ClusterStores of(ClusterView cluster, String pluginName) {
        ArchivePlan plan = new ArchivePlan(cluster, pluginName, "");
        return new ClusterStores(plan.ownArchive(), plan.recoveryArchive(), plan.replicaArchive());
    }

    /** The names of all of them. */
    SortedSet<String> names() {
        SortedSet<String> names = new TreeSet<>();
        Stream.of(own, recovery, replica).flatMap(Optional::stream).forEach(archive -> names.add(archive.storeName()));
        return names;
    }

    /**
     * The resources in the order in which their settings count, each once.
     *
     * @param order  which archives, the one that counts most first
     * @param stores finds an ObjectStore of the namespace
     */
    static List<ObjectStoreResource> resolve(
            List<Optional<ArchiveReference>> order, Function<String, Optional<ObjectStoreResource>> stores) {
        Map<String, ObjectStoreResource> resolved = new LinkedHashMap<>();
        for (Optional<ArchiveReference> archive : order) {
            archive.map(ArchiveReference::storeName)
                    .ifPresent(name -> resolved.computeIfAbsent(
                            name,
                            missing -> stores.apply(missing)
                                    .orElseThrow(
                                            () -> new HookException.StoreMissing("the Cluster names the ObjectStore "
                                                    + missing
                                                    + ", which is not there: create it, or correct the parameter"
                                                    + " barmanObjectName of the plugin"))));
        }
        return List.copyOf(resolved.values());
    }
}
