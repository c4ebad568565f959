package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.ObjectReference;
import io.walarchiver.bridge.kubernetes.ObjectUpdate;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.Optional;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Lets the Roles of the Clusters follow the stores: a store that names another Secret is of use only when the sidecars may
 * read that Secret, and the operator asks about a Cluster only when something of the Cluster changes.
 */
final class RoleFollower {

    private final KubernetesApi api;
    private final ObjectUpdate updates;
    private final StoreCache cache;

    RoleFollower(KubernetesApi api, StoreCache cache, Scheduler scheduler) {
        this.api = api;
        this.updates = new ObjectUpdate(api, scheduler);
        this.cache = cache;
    }

    /** Makes all our Roles of a namespace fit the stores as they are. Roles that fit already are only read. */
    Mono<Void> follow(String namespace) {
        Function<String, Optional<ObjectStoreResource>> find = name -> cache.known(namespace, name);
        return api.list(ClusterRights.ROLES, namespace)
                .filter(ClusterRights::isOurs)
                .filter(role -> !ClusterRights.refreshed(role, find).equals(role))
                .concatMap(role -> updates.replaceIfPresent(
                        new ObjectReference(ClusterRights.ROLES, namespace, name(role)),
                        existing -> ClusterRights.refreshed(existing, find)))
                .then();
    }

    private static String name(ObjectNode role) {
        return role.at("/metadata/name").asText();
    }
}
