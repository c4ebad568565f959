package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The calls of the Kubernetes API that an archive needs. Every publisher is cold, ends within a bounded time (but for
 * {@link #watch}, which is ended by the API or by cancellation), and signals errors as {@link KubernetesException}. Trees
 * that come out are the caller's; trees that go in are not changed.
 */
public interface KubernetesApi {

    /** A part of an object that is written on its own. */
    enum Part {
        /** All but the status. */
        WHOLE(""),
        /** The status. */
        STATUS("/status");

        private final String path;

        Part(String path) {
            this.path = path;
        }

        String path() {
            return path;
        }
    }

    /**
     * An object found by a list that is limited to its name, and the version of that answer.
     *
     * @param object          empty when there is no such object
     * @param resourceVersion where a watch has to begin to miss nothing
     */
    record Listed(Optional<ObjectNode> object, String resourceVersion) {}

    /**
     * What a watch tells.
     *
     * @param type   what happened
     * @param object the object after it, or as it was last when it was deleted
     */
    record WatchEvent(Type type, ObjectNode object) {

        /** What happened. */
        public enum Type {
            /** It is there. */
            ADDED,
            /** It is different. */
            MODIFIED,
            /** It is gone. */
            DELETED
        }
    }

    /** Reads an object. */
    Mono<ObjectNode> get(ObjectReference reference);

    /** Lists what has the name: none or one. Needs the right to list this name, not to list them all. */
    Mono<Listed> listByName(ObjectReference reference);

    /**
     * Watches one name. Completes when the API ends the watch, which it does regularly; then list again.
     *
     * @param resourceVersion of {@link #listByName}
     */
    Flux<WatchEvent> watch(ObjectReference reference, String resourceVersion);

    /** Lists all objects of a namespace, page by page, the next page on demand. */
    Flux<ObjectNode> list(ResourceKind kind, String namespace);

    /** Creates an object; what the API made of it. */
    Mono<ObjectNode> create(ResourceKind kind, String namespace, ObjectNode object);

    /**
     * Replaces an object, or its status. When {@code metadata.resourceVersion} is set and no longer the current one,
     * {@link KubernetesException.Conflict}.
     */
    Mono<ObjectNode> replace(ObjectReference reference, Part part, ObjectNode object);

    /** Changes the named fields only, by the rules of a JSON merge patch (RFC 7386). */
    Mono<ObjectNode> mergePatch(ObjectReference reference, Part part, ObjectNode patch);

    /**
     * Deletes an object if it is still the one that was read.
     *
     * @param object as read; its {@code uid} and {@code resourceVersion} are the condition
     */
    Mono<Void> delete(ObjectReference reference, ObjectNode object);
}
