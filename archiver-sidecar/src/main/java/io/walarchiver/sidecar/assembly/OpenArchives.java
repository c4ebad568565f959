package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.request.StoreLookup;
import io.walarchiver.store.ObjectStore;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * The archives that requests name, each opened once. A store whose description has changed is opened anew; the old one
 * stays open for who still uses it, until the process ends.
 */
final class OpenArchives implements AutoCloseable {

    private final StoreLookup lookup;
    private final Function<StoreConfiguration, ObjectStore> opening;
    private final Map<String, Opened> current = new HashMap<>();
    private final Deque<ObjectStore> all = new ArrayDeque<>();

    OpenArchives(StoreLookup lookup, Function<StoreConfiguration, ObjectStore> opening) {
        this.lookup = lookup;
        this.opening = opening;
    }

    /** Takes a store that somebody else has opened, and will close. */
    synchronized void adopt(StoreConfiguration configuration, ObjectStore store) {
        current.put(configuration.name(), new Opened(configuration, store));
    }

    private record Opened(StoreConfiguration configuration, ObjectStore store) {}

    /**
     * An archive, ready to be used.
     *
     * @param reference what it was asked for by
     * @param archive   what its store says about it
     * @param store     the store
     */
    record OpenArchive(
            ArchiveReference reference, Archive archive, ObjectStore store, StoreConfiguration configuration) {}

    /** Opens it, or finds it open. */
    Mono<OpenArchive> open(ArchiveReference reference) {
        return lookup.find(reference.storeName())
                .map(configuration -> new OpenArchive(
                        reference,
                        Archive.of(configuration, reference.serverName()),
                        store(reference.storeName(), configuration),
                        configuration));
    }

    private synchronized ObjectStore store(String name, StoreConfiguration configuration) {
        Opened known = current.get(name);
        if (known != null && known.configuration.equals(configuration)) {
            return known.store;
        }
        ObjectStore opened = opening.apply(configuration);
        all.push(opened);
        current.put(name, new Opened(configuration, opened));
        return opened;
    }

    @Override
    public synchronized void close() {
        all.forEach(ObjectStore::close);
        all.clear();
        current.clear();
    }
}
