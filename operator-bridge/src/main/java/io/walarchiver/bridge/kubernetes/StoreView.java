package io.walarchiver.bridge.kubernetes;

import io.walarchiver.bridge.kubernetes.ResourceWatch.Observation;
import io.walarchiver.bridge.objectstore.InvalidStoreException;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.Optional;

/**
 * An ObjectStore without its Secrets.
 *
 * @param reference  which one
 * @param generation of the last one seen
 * @param resource   the last one that could be read
 * @param trouble    with the last one seen
 */
record StoreView(
        ObjectReference reference,
        long generation,
        Optional<ObjectStoreResource> resource,
        Optional<StoreTrouble> trouble) {

    static StoreView unknown(ObjectReference reference) {
        return new StoreView(reference, 0, Optional.empty(), Optional.empty());
    }

    StoreView next(Observation observation) {
        if (observation instanceof Observation.Present present) {
            long seen = present.object().at("/metadata/generation").asLong();
            try {
                return new StoreView(
                        reference, seen, Optional.of(ObjectStoreResource.read(present.object())), Optional.empty());
            } catch (InvalidStoreException e) {
                return new StoreView(
                        reference, seen, resource, Optional.of(StoreTrouble.of(StoreTrouble.Reason.INVALID_STORE, e)));
            }
        }
        if (observation instanceof Observation.Failed failed) {
            return new StoreView(reference, generation, resource, Optional.of(StoreTrouble.of(failed.error())));
        }
        return new StoreView(
                reference, generation, resource, Optional.of(missing(reference.namespace(), reference.name())));
    }

    static StoreTrouble missing(String namespace, String name) {
        return new StoreTrouble(
                StoreTrouble.Reason.STORE_MISSING,
                "there is no ObjectStore \"" + name + "\" in the namespace " + namespace
                        + ": create it, or correct the parameter barmanObjectName in the Cluster");
    }
}
