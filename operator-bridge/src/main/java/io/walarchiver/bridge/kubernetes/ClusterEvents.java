package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.kubernetes.KubernetesApi.Part;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import reactor.core.publisher.Mono;

/**
 * Events on a Cluster, for {@code kubectl describe}. The same event again raises the count of the first one, and not more
 * often than once in a while. An event that cannot be written is nobody's failure: these publishers never end with an error.
 */
public final class ClusterEvents {

    /** For how long an event is only counted after it was written. */
    private static final Duration QUIET = Duration.ofMinutes(1);

    /** Different events remembered; the least used one is forgotten, and would be a new one. */
    private static final int MAX_REMEMBERED = 64;

    /** The API refuses longer ones. */
    private static final int MAX_MESSAGE_LENGTH = 1024;

    private record Key(String clusterUid, String type, String reason, String message) {}

    /**
     * @param name    of the event in the API; empty while it is being created
     * @param count   how often it happened
     * @param written when that was last said
     */
    private record Written(String name, int count, Instant written) {}

    private final KubernetesApi api;
    private final String component;
    private final String podName;
    private final Clock clock;
    private final Map<Key, Written> remembered = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Written> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /**
     * Sends nothing yet.
     *
     * @param component who reports, such as {@code wal-archiver}
     * @param podName   the Pod that reports
     */
    public ClusterEvents(KubernetesApi api, String component, String podName, Clock clock) {
        this.api = api;
        this.component = component;
        this.podName = podName;
        this.clock = clock;
    }

    /**
     * Something that somebody should look after.
     *
     * @param cluster which Cluster; without a namespace nothing is written
     * @param reason  one word in camel case, such as {@code RetentionPolicyFailed}
     * @param message what happened and what to do; shortened when it is too long
     */
    public Mono<Void> warn(ClusterView cluster, String reason, String message) {
        return write(cluster, "Warning", reason, message);
    }

    /** Something worth knowing. */
    public Mono<Void> inform(ClusterView cluster, String reason, String message) {
        return write(cluster, "Normal", reason, message);
    }

    private Mono<Void> write(ClusterView cluster, String type, String reason, String text) {
        return Mono.defer(() -> {
                    String message = shortened(text);
                    Key key = new Key(cluster.uid().orElseGet(cluster::name), type, reason, message);
                    Instant now = clock.instant();
                    Written before;
                    synchronized (remembered) {
                        before = remembered.getOrDefault(key, new Written("", 0, Instant.MIN));
                        boolean quiet = before.written().isAfter(now.minus(QUIET));
                        remembered.put(
                                key, new Written(before.name(), before.count() + 1, quiet ? before.written() : now));
                        if (quiet) {
                            return Mono.<Void>empty();
                        }
                    }
                    String namespace = cluster.namespace().orElse("");
                    if (!ObjectReference.isName(namespace)) {
                        return Mono.<Void>empty();
                    }
                    return before.name().isEmpty()
                            ? create(cluster, namespace, key, before.count() + 1, now)
                            : raise(cluster, namespace, key, before.name(), before.count() + 1, now);
                })
                .onErrorComplete();
    }

    private Mono<Void> raise(ClusterView cluster, String namespace, Key key, String name, int count, Instant now) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.put("count", count).put("lastTimestamp", seconds(now));
        return api.mergePatch(new ObjectReference(ResourceKind.EVENTS, namespace, name), Part.WHOLE, patch)
                .then()
                // The API forgets events after an hour or so.
                .onErrorResume(KubernetesException.NotFound.class, e -> create(cluster, namespace, key, count, now));
    }

    private Mono<Void> create(ClusterView cluster, String namespace, Key key, int count, Instant now) {
        String name = eventName(cluster.name());
        ObjectNode event = JsonNodeFactory.instance.objectNode();
        event.put("apiVersion", "v1").put("kind", "Event");
        event.putObject("metadata").put("name", name).put("namespace", namespace);
        ObjectNode involved = event.putObject("involvedObject");
        involved.put("apiVersion", cluster.apiVersion().orElseGet(OperatorGroup.ORIGINAL::apiVersion))
                .put("kind", "Cluster")
                .put("name", cluster.name())
                .put("namespace", namespace);
        cluster.uid().ifPresent(uid -> involved.put("uid", uid));
        event.put("type", key.type())
                .put("reason", key.reason())
                .put("message", key.message())
                .put("count", count)
                .put("firstTimestamp", seconds(now))
                .put("lastTimestamp", seconds(now))
                .put("reportingComponent", component)
                .put("reportingInstance", podName);
        event.putObject("source").put("component", component);
        return api.create(ResourceKind.EVENTS, namespace, event)
                .doOnNext(created -> {
                    synchronized (remembered) {
                        remembered.computeIfPresent(
                                key, (same, known) -> new Written(name, known.count(), known.written()));
                    }
                })
                .then();
    }

    /** No two events of a namespace may have the same name. */
    private static String eventName(String clusterName) {
        return clusterName + "." + UUID.randomUUID();
    }

    private static String shortened(String message) {
        return message.length() <= MAX_MESSAGE_LENGTH ? message : message.substring(0, MAX_MESSAGE_LENGTH - 1) + "…";
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
