package io.walarchiver.bridge.kubernetes;

import io.walarchiver.bridge.cluster.ClusterView;
import java.util.Optional;
import reactor.core.publisher.Mono;

/**
 * Whether this instance is the primary of its Cluster, as the API says at the moment of asking. What changes a catalog asks
 * first: the Cluster in a request may be older than a failover.
 */
public final class CurrentPrimary {

    private final KubernetesApi api;
    private final ObjectReference cluster;
    private final String podName;

    /**
     * Sends nothing yet.
     *
     * @param group     of the Cluster
     * @param namespace of the Cluster
     * @param name      of the Cluster
     * @param podName   this instance
     */
    public CurrentPrimary(KubernetesApi api, OperatorGroup group, String namespace, String name, String podName) {
        this.api = api;
        this.cluster = new ObjectReference(group.clusters(), namespace, name);
        this.podName = podName;
    }

    /**
     * The Cluster as it is now, if this instance is its primary. Empty when it is not; an error when the API does not say,
     * which is no yes.
     */
    public Mono<ClusterView> clusterIfPrimary() {
        return cluster().filter(view -> view.currentPrimary().equals(Optional.of(podName)));
    }

    /** The Cluster as it is now, whoever its primary is. */
    public Mono<ClusterView> cluster() {
        return api.get(cluster).map(ClusterView::of);
    }
}
