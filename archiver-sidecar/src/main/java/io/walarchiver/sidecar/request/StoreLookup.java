package io.walarchiver.sidecar.request;

import io.walarchiver.bridge.objectstore.StoreConfiguration;
import reactor.core.publisher.Mono;

/** Finds the ObjectStores that requests name: in a file, or on Kubernetes. */
@FunctionalInterface
public interface StoreLookup {

    /**
     * The store of that name as it is now. Fails with {@link PreconditionException}, which lists the known ones, when
     * there is none, and with {@link io.walarchiver.bridge.objectstore.InvalidStoreException} when it cannot be used.
     *
     * @param name {@code metadata.name} of the ObjectStore
     */
    Mono<StoreConfiguration> find(String name);
}
