package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi.Part;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * {@code status.serverRecoveryWindow} of ObjectStores: what can be recovered to, server by server. Each writer changes the
 * entry of its own server and never touches those of others, whoever writes at the same time.
 *
 * <p>Where the Role allows patches, only the changed fields are sent. The Role that the original plugin makes allows
 * updates only; then the whole status is written under the condition that nobody else has in between.
 */
public final class RecoveryWindowStatus {

    private static final String WINDOWS = "serverRecoveryWindow";

    private final KubernetesApi api;
    private final String namespace;
    private final StatusUpdate updates;

    /** Rights do not shrink and grow while we run; a new Role comes with a new Pod. */
    private volatile boolean patchForbidden;

    /** Sends nothing yet. */
    public RecoveryWindowStatus(KubernetesApi api, String namespace, Scheduler scheduler) {
        this.api = api;
        this.namespace = namespace;
        this.updates = new StatusUpdate(api, scheduler);
    }

    /** The entries of all servers of a store. */
    public Mono<Map<String, ServerRecoveryWindow>> read(String store) {
        return api.get(reference(store)).map(object -> {
            Map<String, ServerRecoveryWindow> windows = new TreeMap<>();
            object.path("status")
                    .path(WINDOWS)
                    .properties()
                    .forEach(entry -> windows.put(entry.getKey(), ServerRecoveryWindow.read(entry.getValue())));
            return windows;
        });
    }

    /**
     * Changes the entry of a server. Nothing is written when it stays the same. A lost race is run again, an API that is
     * away is asked a few times more.
     *
     * @param store  the name of the ObjectStore
     * @param server whose entry
     * @param change from what is there to what shall be; called again after a lost race
     * @return what is there now
     */
    public Mono<ServerRecoveryWindow> update(String store, String server, UnaryOperator<ServerRecoveryWindow> change) {
        ObjectReference reference = reference(store);
        Mono<ServerRecoveryWindow> replaced = updates.apply(reference, object -> replaceEntry(object, server, change))
                .map(object -> ServerRecoveryWindow.read(entry(object, server)));
        if (patchForbidden) {
            return replaced;
        }
        return updates.again(patched(reference, server, change))
                .onErrorResume(KubernetesException.Forbidden.class, e -> {
                    patchForbidden = true;
                    return replaced;
                });
    }

    private Mono<ServerRecoveryWindow> patched(
            ObjectReference reference, String server, UnaryOperator<ServerRecoveryWindow> change) {
        return api.get(reference).flatMap(object -> {
            JsonNode entry = entry(object, server);
            ServerRecoveryWindow before = ServerRecoveryWindow.read(entry);
            ServerRecoveryWindow after = change.apply(before);
            if (after.equals(before)) {
                return Mono.just(before);
            }
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            after.writeDifference(
                    before, entry, patch.putObject("status").putObject(WINDOWS).putObject(server));
            return api.mergePatch(reference, Part.STATUS, patch)
                    .map(result -> ServerRecoveryWindow.read(entry(result, server)));
        });
    }

    private static boolean replaceEntry(ObjectNode object, String server, UnaryOperator<ServerRecoveryWindow> change) {
        ServerRecoveryWindow before = ServerRecoveryWindow.read(entry(object, server));
        ServerRecoveryWindow after = change.apply(before);
        if (after.equals(before)) {
            return false;
        }
        after.writeTo(Trees.object(Trees.object(Trees.object(object, "status"), WINDOWS), server));
        return true;
    }

    private static JsonNode entry(ObjectNode object, String server) {
        return object.path("status").path(WINDOWS).path(server);
    }

    private ObjectReference reference(String store) {
        return new ObjectReference(ResourceKind.OBJECT_STORES, namespace, store);
    }
}
