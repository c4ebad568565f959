package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.InvalidClusterException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/** What the sidecars of a Cluster must be allowed to do, by the Role and RoleBinding that the operator half makes. */
public final class InstanceRights {

    private final ClusterView cluster;
    private final SortedSet<String> stores;
    private final ClusterRights rights;

    /**
     * For one Cluster.
     *
     * @throws InvalidClusterException when it has no namespace or uid, which every stored object has
     */
    public InstanceRights(ClusterView cluster, String pluginName) {
        this.cluster = cluster;
        this.stores = ClusterStores.of(cluster, pluginName).names();
        this.rights = new ClusterRights(cluster, "");
    }

    /** The name of both objects. */
    public String name() {
        return rights.name();
    }

    /** The names of the stores that the Cluster uses with us. */
    public SortedSet<String> stores() {
        return Collections.unmodifiableSortedSet(stores);
    }

    /**
     * What a Role does not allow and this version needs.
     *
     * @param role as it is
     * @param find finds a store of the namespace
     */
    public List<Right> missing(ObjectNode role, Function<String, Optional<ObjectStoreResource>> find) {
        List<Right> held = Right.of(role);
        RoleContent content = RoleContent.of(stores, new TreeSet<>(), find);
        return Right.of(rights.role(Optional.empty(), content)).stream()
                .filter(right -> !right.isHeldBy(held))
                .sorted()
                .toList();
    }

    /** Whether a RoleBinding gives the Role to the service account of the instances. */
    public boolean isBoundBy(ObjectNode binding) {
        boolean role = binding.at("/roleRef/kind").asText().equals("Role")
                && binding.at("/roleRef/name").asText().equals(name());
        boolean account = false;
        for (JsonNode subject : binding.path("subjects")) {
            account |= subject.path("kind").asText().equals("ServiceAccount")
                    && subject.path("name").asText().equals(cluster.serviceAccountName());
        }
        return role && account;
    }
}
