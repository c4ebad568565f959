package io.walarchiver.bridge.kubernetes;

import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import java.util.Optional;

/**
 * What is known of a store.
 *
 * @param name          of the ObjectStore
 * @param generation    {@code metadata.generation} of the ObjectStore as it was seen last; 0 when it never was
 * @param resource      the ObjectStore that {@code configuration} was made from
 * @param configuration the last one that could be made; stays when the ObjectStore, a Secret or the API goes away
 * @param trouble       why that is not what the ObjectStore and its Secrets say now, if so
 */
public record StoreState(
        String name,
        long generation,
        Optional<ObjectStoreResource> resource,
        Optional<StoreConfiguration> configuration,
        Optional<StoreTrouble> trouble) {

    static StoreState unknown(String name) {
        return new StoreState(name, 0, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Whether the configuration is that of the ObjectStore and the Secrets as they are now. */
    public boolean isCurrent() {
        return configuration.isPresent() && trouble.isEmpty();
    }
}
