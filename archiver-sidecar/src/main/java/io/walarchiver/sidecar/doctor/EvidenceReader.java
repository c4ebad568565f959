package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.ClusterSight;
import io.walarchiver.bridge.kubernetes.OperatorGroup;
import io.walarchiver.bridge.kubernetes.ResourceKind;
import io.walarchiver.bridge.kubernetes.Sight;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.sidecar.doctor.Evidence.NamespaceEvidence;
import io.walarchiver.sidecar.doctor.Evidence.PluginEvidence;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.function.Tuple2;

/** Fetches everything that the checks look at, each thing once. */
final class EvidenceReader {

    private static final ResourceKind SERVICES = new ResourceKind("", "v1", "services");
    private static final ResourceKind PODS = new ResourceKind("", "v1", "pods");
    private static final ResourceKind DEPLOYMENTS = new ResourceKind("apps", "v1", "deployments");
    private static final ResourceKind SLICES = new ResourceKind("discovery.k8s.io", "v1", "endpointslices");
    private static final ResourceKind CERTIFICATES = new ResourceKind("cert-manager.io", "v1", "certificates");
    private static final ResourceKind DEFINITIONS =
            new ResourceKind("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    private static final String RBAC = "rbac.authorization.k8s.io";
    private static final ResourceKind CLUSTER_ROLES = new ResourceKind(RBAC, "v1", "clusterroles");
    private static final ResourceKind CLUSTER_BINDINGS = new ResourceKind(RBAC, "v1", "clusterrolebindings");
    private static final ResourceKind ROLES = new ResourceKind(RBAC, "v1", "roles");
    private static final ResourceKind BINDINGS = new ResourceKind(RBAC, "v1", "rolebindings");

    private static final int CONCURRENCY = 4;

    private final ClusterSight api;
    private final DoctorOrder order;
    private final Clock clock;

    EvidenceReader(ClusterSight api, DoctorOrder order, Clock clock) {
        this.api = api;
        this.order = order;
        this.clock = clock;
    }

    Mono<Evidence> read() {
        String where = order.pluginNamespace().orElse("");
        return Mono.zip(api.list(SERVICES, where), api.list(DEPLOYMENTS, where))
                .flatMap(both -> plugin(both.getT1(), both.getT2()))
                .flatMap(plugin -> {
                    OperatorGroup group = plugin.variable("CUSTOM_CNPG_GROUP")
                            .map(name -> new OperatorGroup(name, OperatorGroup.ORIGINAL.version()))
                            .orElse(OperatorGroup.ORIGINAL);
                    return clusters(group).flatMap(clusters -> evidence(plugin, group, clusters));
                });
    }

    private Mono<PluginEvidence> plugin(Sight<List<ObjectNode>> services, Sight<List<ObjectNode>> deployments) {
        PluginPlace place = PluginPlace.find(
                services.found().orElse(List.of()), order, DiscoveryCheck.operatorNamespaces(deployments));
        String namespace = place.namespace();
        Optional<String> account = new PluginEvidence(
                        services,
                        deployments,
                        place,
                        new Sight.Absent<>(),
                        new Sight.Absent<>(),
                        new Sight.Absent<>(),
                        new Sight.Absent<>(),
                        new Sight.Absent<>(),
                        new Sight.Absent<>(),
                        new Sight.Absent<>(),
                        Map.of())
                .account();
        Mono<Sight<List<ObjectNode>>> bindings = api.list(CLUSTER_BINDINGS, "");
        return bindings.flatMap(bound -> Mono.zip(
                        list(SLICES, namespace),
                        list(PODS, namespace),
                        secret(place, DiscoveryCheck.SERVER_SECRET),
                        secret(place, DiscoveryCheck.CLIENT_SECRET),
                        list(CERTIFICATES, namespace),
                        api.get(DEFINITIONS, "", ResourceCheck.DEFINITION),
                        each(
                                account.map(name -> PluginRightsCheck.clusterRoles(
                                                bound.found().orElse(List.of()), namespace, name))
                                        .orElseGet(TreeSet::new),
                                name -> api.get(CLUSTER_ROLES, "", name)))
                .map(seen -> new PluginEvidence(
                        services,
                        deployments,
                        place,
                        seen.getT1(),
                        seen.getT2(),
                        seen.getT3(),
                        seen.getT4(),
                        seen.getT5(),
                        seen.getT6(),
                        bound,
                        seen.getT7())));
    }

    private Mono<Sight<List<ObjectNode>>> list(ResourceKind kind, String namespace) {
        return namespace.isEmpty() ? Mono.just(new Sight.Absent<>()) : api.list(kind, namespace);
    }

    private Mono<Sight<ObjectNode>> secret(PluginPlace place, String annotation) {
        return place.service()
                .filter(service -> !Fields.annotation(service, annotation).isEmpty())
                .map(service -> api.get(
                        ResourceKind.SECRETS, Fields.namespace(service), Fields.annotation(service, annotation)))
                .orElseGet(() -> Mono.just(new Sight.Absent<>()));
    }

    private Mono<Sight<List<ObjectNode>>> clusters(OperatorGroup group) {
        return api.list(group.clusters(), order.namespace().orElse(""))
                .map(sight -> sight.map(clusters -> clusters.stream()
                        .filter(cluster -> order.cluster().isEmpty()
                                || order.cluster().orElseThrow().equals(Fields.name(cluster)))
                        .toList()));
    }

    private Mono<Evidence> evidence(PluginEvidence plugin, OperatorGroup group, Sight<List<ObjectNode>> clusters) {
        List<OurCluster> ours = OurCluster.among(
                clusters.found().orElse(List.of()), plugin.place().pluginName());
        SortedSet<String> namespaces =
                ours.stream().map(OurCluster::namespace).collect(Collectors.toCollection(TreeSet::new));
        return Mono.zip(each(namespaces, name -> namespace(name, group)), logs(ours))
                .map(seen -> new Evidence(plugin, group, clusters, seen.getT1(), seen.getT2(), clock.instant()));
    }

    private Mono<Map<String, Sight<String>>> logs(List<OurCluster> ours) {
        return Flux.fromIterable(ours)
                .filter(cluster ->
                        cluster.hasSidecar() && cluster.view().currentPrimary().isPresent())
                .flatMap(cluster -> log(cluster).map(seen -> Map.entry(cluster.title(), seen)), CONCURRENCY)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    private Mono<Sight<String>> log(OurCluster cluster) {
        return api.log(cluster.namespace(), cluster.view().currentPrimary().orElseThrow(), Evidence.SIDECAR);
    }

    private Mono<NamespaceEvidence> namespace(String name, OperatorGroup group) {
        return Mono.zip(
                        api.list(PODS, name),
                        stores(name),
                        api.list(group.backups(), name),
                        api.list(group.scheduledBackups(), name),
                        api.list(ROLES, name),
                        api.list(BINDINGS, name))
                .map(seen -> new NamespaceEvidence(
                        seen.getT1(),
                        seen.getT2().getT1(),
                        seen.getT2().getT2(),
                        seen.getT3(),
                        seen.getT4(),
                        seen.getT5(),
                        seen.getT6()));
    }

    private Mono<Tuple2<Sight<List<ObjectNode>>, Map<String, Sight<ObjectNode>>>> stores(String namespace) {
        return api.list(ResourceKind.OBJECT_STORES, namespace).flatMap(stores -> {
            SortedSet<String> names = new TreeSet<>();
            stores.found().orElse(List.of()).forEach(store -> names.addAll(secretNames(store)));
            return Mono.zip(Mono.just(stores), each(names, name -> api.get(ResourceKind.SECRETS, namespace, name)));
        });
    }

    private static Collection<String> secretNames(ObjectNode store) {
        try {
            return ObjectStoreResource.read(store).secretNames();
        } catch (InvalidStoreException e) {
            return List.of();
        }
    }

    private static <T> Mono<Map<String, T>> each(Collection<String> names, Function<String, Mono<T>> read) {
        return Flux.fromIterable(names)
                .flatMap(name -> read.apply(name).map(seen -> Map.entry(name, seen)), CONCURRENCY)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue, TreeMap::new);
    }
}
