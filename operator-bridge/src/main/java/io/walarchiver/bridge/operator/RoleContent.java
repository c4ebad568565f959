package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What the Role of a Cluster has to name.
 *
 * @param stores       all stores, also such as are not there yet
 * @param secrets      the Secrets of those that are there
 * @param backupStores the stores that only Backups name
 * @param missing      the stores of the Cluster that are not there, or cannot be read
 */
record RoleContent(
        SortedSet<String> stores,
        SortedSet<String> secrets,
        SortedSet<String> backupStores,
        SortedSet<String> missing) {

    /**
     * Looks at the stores.
     *
     * @param own   the stores that the Cluster names
     * @param extra the stores that its Backups name
     * @param find  finds a store of the namespace
     */
    static RoleContent of(
            SortedSet<String> own, SortedSet<String> extra, Function<String, Optional<ObjectStoreResource>> find) {
        SortedSet<String> named = new TreeSet<>(own);
        named.addAll(extra);
        SortedSet<String> secrets = new TreeSet<>();
        SortedSet<String> notThere = new TreeSet<>();
        for (String store : named) {
            find.apply(store)
                    .ifPresentOrElse(resource -> secrets.addAll(resource.secretNames()), () -> notThere.add(store));
        }
        // A store that only an old Backup named, and that is gone, is of no use to anybody.
        SortedSet<String> backupStores = new TreeSet<>(extra);
        backupStores.removeAll(own);
        backupStores.removeAll(notThere);
        SortedSet<String> stores = new TreeSet<>(own);
        stores.addAll(backupStores);
        SortedSet<String> missing = new TreeSet<>(notThere);
        missing.retainAll(own);
        return new RoleContent(stores, secrets, backupStores, missing);
    }
}
