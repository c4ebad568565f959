package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What the stores of a Cluster name, as far as they are there.
 *
 * @param secrets of all stores found
 * @param missing the stores that are not there, or cannot be read
 */
record StoreSecrets(SortedSet<String> secrets, SortedSet<String> missing) {

    static StoreSecrets of(SortedSet<String> stores, Function<String, Optional<ObjectStoreResource>> find) {
        SortedSet<String> secrets = new TreeSet<>();
        SortedSet<String> missing = new TreeSet<>();
        for (String store : stores) {
            find.apply(store)
                    .ifPresentOrElse(resource -> secrets.addAll(resource.secretNames()), () -> missing.add(store));
        }
        return new StoreSecrets(secrets, missing);
    }
}
