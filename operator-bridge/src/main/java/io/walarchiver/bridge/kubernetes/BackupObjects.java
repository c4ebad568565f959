package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.BackupMetadata;
import io.walarchiver.bridge.cluster.PluginEntry;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Backup objects follow the catalog: one whose base backup is no longer there is deleted. Only such as are certainly ours
 * and of this archive; failed ones never, since they are all that is left to tell of the failure.
 */
public final class BackupObjects {

    private static final int DELETE_CONCURRENCY = 4;

    /**
     * Which Backups are meant.
     *
     * @param namespace   of the Cluster
     * @param clusterName {@code spec.cluster.name}
     * @param clusterUid  {@code metadata.uid} of the Cluster: one of the same name may have been there before
     * @param pluginName  the name under which we run
     * @param archive     the archive that the catalog is of
     */
    public record Scope(
            String namespace, String clusterName, String clusterUid, String pluginName, ArchiveReference archive) {}

    private final KubernetesApi api;
    private final OperatorGroup group;
    private final Duration grace;
    private final Clock clock;

    /**
     * Sends nothing yet.
     *
     * @param group of the Backups
     * @param grace how long after its end a Backup is left alone, however the catalog looks: the catalog may have been read
     *              before it ended
     */
    public BackupObjects(KubernetesApi api, OperatorGroup group, Duration grace, Clock clock) {
        this.api = api;
        this.group = group;
        this.grace = grace;
        this.clock = clock;
    }

    /**
     * Deletes the Backups of a scope that the catalog has not. One that changes meanwhile is left for the next time.
     *
     * @param catalog the ids of all base backups of the archive, damaged ones included; the whole catalog, or else Backups
     *                are lost
     * @return the names of the deleted ones, in order
     */
    public Mono<List<String>> deleteMissing(Scope scope, Set<String> catalog) {
        Set<String> ids = Set.copyOf(catalog);
        return api.list(group.backups(), scope.namespace())
                .filter(backup -> isOrphan(backup, scope, ids))
                // All that is needed to delete; the objects themselves can be large.
                .map(BackupObjects::identity)
                .collectList()
                // A list that takes too long has to be begun again.
                .retryWhen(Retry.max(2)
                        .filter(KubernetesException.Gone.class::isInstance)
                        .onRetryExhaustedThrow((retry, signal) -> signal.failure()))
                .flatMapMany(Flux::fromIterable)
                .flatMapSequential(backup -> delete(scope.namespace(), backup), DELETE_CONCURRENCY)
                .collectList();
    }

    private Mono<String> delete(String namespace, ObjectNode backup) {
        String name = backup.at("/metadata/name").asText();
        return api.delete(new ObjectReference(group.backups(), namespace, name), backup)
                .thenReturn(name)
                .onErrorResume(
                        e -> e instanceof KubernetesException.NotFound || e instanceof KubernetesException.Conflict,
                        e -> Mono.empty());
    }

    private boolean isOrphan(ObjectNode backup, Scope scope, Set<String> catalog) {
        JsonNode status = backup.path("status");
        Map<String, String> metadata = texts(status.path("pluginMetadata"));
        String id = status.path("backupId").asText();
        return backup.at("/spec/cluster/name").asText().equals(scope.clusterName())
                && status.path("phase").asText().equals("completed")
                && backup.at("/spec/method").asText().equals("plugin")
                && scope.clusterUid().equals(metadata.get("clusterUID"))
                && scope.pluginName().equals(metadata.get("pluginName"))
                && archive(backup, metadata, scope).equals(scope.archive())
                && !id.isEmpty()
                && !catalog.contains(id)
                && backup.at("/metadata/deletionTimestamp").isMissingNode()
                && isOld(backup);
    }

    /** Where a Backup went: as noted with it, else as it was asked for, else to the archive of the Cluster. */
    private static ArchiveReference archive(ObjectNode backup, Map<String, String> metadata, Scope scope) {
        Map<String, String> asked = texts(backup.at("/spec/pluginConfiguration/parameters"));
        return BackupMetadata.archive(metadata)
                .orElseGet(() -> new ArchiveReference(
                        nonEmpty(
                                asked,
                                PluginEntry.STORE_PARAMETER,
                                scope.archive().storeName()),
                        nonEmpty(
                                asked,
                                PluginEntry.SERVER_PARAMETER,
                                scope.archive().serverName())));
    }

    /** By the latest time it carries; without a time it is never old. */
    private boolean isOld(ObjectNode backup) {
        Instant limit = clock.instant().minus(grace);
        List<String> times =
                List.of("/status/stoppedAt", "/status/reconciliationTerminatedAt", "/metadata/creationTimestamp");
        Optional<Instant> latest = times.stream()
                .flatMap(pointer -> time(backup.at(pointer)).stream())
                .max(Instant::compareTo);
        return latest.filter(time -> time.isBefore(limit)).isPresent();
    }

    private static ObjectNode identity(ObjectNode backup) {
        ObjectNode identity = backup.objectNode();
        ObjectNode metadata = identity.putObject("metadata");
        for (String field : List.of("name", "uid", "resourceVersion")) {
            metadata.put(field, backup.path("metadata").path(field).asText());
        }
        return identity;
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new HashMap<>();
        object.properties()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }

    private static String nonEmpty(Map<String, String> parameters, String key, String otherwise) {
        String value = parameters.getOrDefault(key, "");
        return value.isEmpty() ? otherwise : value;
    }

    private static Optional<Instant> time(JsonNode text) {
        try {
            return Optional.of(OffsetDateTime.parse(text.asText()).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
