package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.KubernetesException;
import io.walarchiver.bridge.kubernetes.ObjectReference;
import io.walarchiver.bridge.kubernetes.ResourceKind;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.Optional;
import reactor.core.publisher.Mono;

/** Finds ObjectStores. */
@FunctionalInterface
public interface StoreSource {

    /**
     * Looks for one. Cold.
     *
     * @return empty when there is no such store; an {@link InvalidStoreException} when it is there and cannot be read; a
     *     {@link KubernetesException} when it is not known whether it is there
     */
    Mono<Optional<ObjectStoreResource>> find(String namespace, String name);

    /** Asks the API each time. */
    static StoreSource asking(KubernetesApi api) {
        return (namespace, name) -> {
            if (!ObjectReference.isName(namespace) || !ObjectReference.isName(name)) {
                return Mono.just(Optional.empty());
            }
            return api.get(new ObjectReference(ResourceKind.OBJECT_STORES, namespace, name))
                    .map(Optional::<ObjectNode>of)
                    .onErrorResume(KubernetesException.NotFound.class, e -> Mono.just(Optional.empty()))
                    .map(found -> found.map(ObjectStoreResource::read));
        };
    }
}
