package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi.WatchEvent;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;

/**
 * The calls of the Kubernetes API for all objects of a kind. They need the right to all of them, which the operator process
 * has and a sidecar has not. Publishers are as those of {@link KubernetesApi}.
 */
public interface KubernetesCollections {

    /**
     * Where to look.
     *
     * @param namespace one namespace; empty for all of them
     */
    record Scope(Optional<String> namespace) {

        /** All namespaces. */
        public static final Scope EVERYWHERE = new Scope(Optional.empty());

        /** Refuses what cannot be a namespace: it would be taken for another part of a path. */
        public Scope {
            if (namespace.isPresent() && !ObjectReference.isName(namespace.orElseThrow())) {
                throw new IllegalArgumentException("not the name of a namespace: \"" + namespace.orElseThrow() + "\"");
            }
        }

        /** One namespace. */
        public static Scope of(String namespace) {
            return new Scope(Optional.of(namespace));
        }

        /** Whether objects of the namespace are in it. */
        public boolean includes(String other) {
            return namespace.isEmpty() || namespace.orElseThrow().equals(other);
        }

        @Override
        public String toString() {
            return namespace.map(name -> "the namespace " + name).orElse("all namespaces");
        }
    }

    /**
     * A part of a list.
     *
     * @param objects         which are the reader's
     * @param resourceVersion of the whole list: where a watch has to begin to miss nothing
     */
    record Page(List<ObjectNode> objects, String resourceVersion) {

        /** Copies the list. */
        public Page {
            objects = List.copyOf(objects);
        }
    }

    /** Lists all objects, page by page, the next page on demand. */
    Flux<Page> pages(ResourceKind kind, Scope scope);

    /**
     * Watches all objects. Completes when the API ends the watch, which it does regularly; then list again.
     *
     * @param resourceVersion of the list
     */
    Flux<WatchEvent> watchAll(ResourceKind kind, Scope scope, String resourceVersion);
}
