package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.ExternalCluster;
import io.walarchiver.bridge.cluster.PluginEntry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Takes entries out of the status of a store whose server nobody is any more. Nothing is deleted in the archive.
 *
 * <p>An entry goes when no Cluster, Backup or ScheduledBackup of the namespace mentions its server, and when that has been
 * so, with the entry unchanged, for as long as the grace says. The time is kept in memory and begins anew with the process.
 * What cannot be listed or understood might mention any server: then nothing goes, and the error says why.
 */
public final class StaleServers {

    private static final List<String> FIELDS = List.of("serverRecoveryWindow", "servers");

    private record Sighting(String entries, Instant since) {}

    private final KubernetesApi api;
    private final OperatorGroup group;
    private final StatusUpdate updates;
    private final Duration grace;
    private final Clock clock;
    private final Map<String, Sighting> sightings = new ConcurrentHashMap<>();

    /** Sends nothing yet. */
    public StaleServers(KubernetesApi api, OperatorGroup group, Duration grace, Clock clock, Scheduler scheduler) {
        this.api = api;
        this.group = group;
        this.updates = new StatusUpdate(api, scheduler);
        this.grace = grace;
        this.clock = clock;
    }

    /**
     * Looks at the entries of a store once.
     *
     * @return the servers whose entries were taken out, in order
     */
    public Mono<List<String>> prune(String namespace, String store) {
        ObjectReference reference = new ObjectReference(ResourceKind.OBJECT_STORES, namespace, store);
        // The entries first: a Cluster that comes after them is found by the lists.
        return api.get(reference)
                .flatMap(object -> mentioned(namespace, store)
                        .flatMap(mentioned -> remove(reference, stale(object, reference, mentioned))));
    }

    private Mono<Set<String>> mentioned(String namespace, String store) {
        return Flux.concat(
                        api.list(group.clusters(), namespace)
                                .concatMapIterable(cluster -> serversOf(ClusterView.of(cluster), store)),
                        api.list(group.backups(), namespace).concatMapIterable(StaleServers::serversOfBackup),
                        api.list(group.scheduledBackups(), namespace).concatMapIterable(StaleServers::serversOfBackup))
                .collect(HashSet::new, Set::add);
    }

    /** The servers that have to go now, with their entries. */
    private Map<String, String> stale(ObjectNode object, ObjectReference reference, Set<String> mentioned) {
        Instant now = clock.instant();
        String prefix = reference.namespace() + "/" + object.at("/metadata/uid").asText() + "/";
        Map<String, String> stale = new TreeMap<>();
        Set<String> unmentioned = new TreeSet<>();
        for (String field : FIELDS) {
            object.path("status").path(field).fieldNames().forEachRemaining(unmentioned::add);
        }
        unmentioned.removeAll(mentioned);
        sightings
                .keySet()
                .removeIf(key -> key.startsWith(prefix) && !unmentioned.contains(key.substring(prefix.length())));
        for (String server : unmentioned) {
            String entries = entries(object, server);
            Sighting sighting = sightings.compute(
                    prefix + server,
                    (key, known) ->
                            known != null && known.entries().equals(entries) ? known : new Sighting(entries, now));
            if (!sighting.since().plus(grace).isAfter(now)) {
                stale.put(server, entries);
            }
        }
        return stale;
    }

    private Mono<List<String>> remove(ObjectReference reference, Map<String, String> stale) {
        if (stale.isEmpty()) {
            return Mono.just(List.of());
        }
        Set<String> removed = new TreeSet<>();
        return updates.apply(reference, object -> {
                    removed.clear();
                    stale.forEach((server, entries) -> {
                        if (entries(object, server).equals(entries)) {
                            for (String field : FIELDS) {
                                if (object.path("status").get(field) instanceof ObjectNode servers) {
                                    servers.remove(server);
                                }
                            }
                            removed.add(server);
                        }
                    });
                    return !removed.isEmpty();
                })
                .map(object -> List.copyOf(removed));
    }

    private static String entries(ObjectNode object, String server) {
        StringBuilder entries = new StringBuilder();
        for (String field : FIELDS) {
            entries.append(object.path("status").path(field).path(server)).append('\n');
        }
        return entries.toString();
    }

    /** Whichever plugin it is that a Cluster mentions the store to, and whether or not it is switched on. */
    private static Set<String> serversOf(ClusterView cluster, String store) {
        Set<String> servers = new HashSet<>();
        Stream.concat(
                        cluster.plugins().stream(),
                        cluster.externalClusters().stream()
                                .map(ExternalCluster::plugin)
                                .flatMap(Optional::stream))
                .filter(entry -> store.equals(entry.parameters().get(PluginEntry.STORE_PARAMETER)))
                .forEach(entry -> {
                    servers.add(cluster.name());
                    servers.add(entry.parameters().getOrDefault(PluginEntry.SERVER_PARAMETER, ""));
                });
        return servers;
    }

    /** Whichever store it goes to: that may be named by a Cluster that is gone. */
    private static Set<String> serversOfBackup(JsonNode backup) {
        return Set.of(backup.at("/spec/pluginConfiguration/parameters/" + PluginEntry.SERVER_PARAMETER)
                .asText());
    }
}
