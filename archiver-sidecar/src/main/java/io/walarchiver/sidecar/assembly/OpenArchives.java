package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.objectstore.S3Access;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreProvider;
import io.walarchiver.bridge.objectstore.WalSettings;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.request.StoreLookup;
import io.walarchiver.sidecar.settings.SettingsException;
import io.walarchiver.store.ObjectStore;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The archives that requests name, each opened once. When only the way to a store has changed, such as its credentials,
 * what was opened goes on with the new ones. One that has moved is opened anew; the old one stays open for who still uses
 * it, until the process ends.
 */
final class OpenArchives implements AutoCloseable {

    private final StoreLookup lookup;
    private final Function<StoreConfiguration, ObjectStore> opening;
    private final Scheduler closing;
    private final Map<String, Opened> current = new HashMap<>();
    private final Deque<ObjectStore> all = new ArrayDeque<>();

    /** @param closing where clients that are used no more are closed */
    OpenArchives(StoreLookup lookup, Function<StoreConfiguration, ObjectStore> opening, Scheduler closing) {
        this.lookup = lookup;
        this.opening = opening;
        this.closing = closing;
    }

    /** Takes a store that somebody else has opened, and will close. */
    synchronized void adopt(StoreConfiguration configuration, ObjectStore store) {
        current.put(configuration.name(), new Opened(configuration.provider(), store, Optional.empty()));
    }

    private record Opened(StoreProvider provider, ObjectStore store, Optional<LeasedStore> replaceable) {}

    /**
     * An archive, ready to be used.
     *
     * @param reference what it was asked for by
     * @param archive   what its store says about it
     * @param store     the store
     */
    record OpenArchive(
            ArchiveReference reference, Archive archive, ObjectStore store, StoreConfiguration configuration) {

        /** What a pipeline of WAL is made for: with another one it has to be made anew. */
        WalKind walKind() {
            return new WalKind(
                    reference,
                    configuration.destinationPath(),
                    place(configuration.provider()),
                    configuration.wal(),
                    new TreeMap<>(configuration.tags()),
                    new TreeMap<>(configuration.historyTags()));
        }
    }

    /** All that matters to WAL in an archive, without the way to its store. Its text is the same in every process. */
    record WalKind(
            ArchiveReference reference,
            String destinationPath,
            StoreProvider place,
            WalSettings wal,
            TreeMap<String, String> tags,
            TreeMap<String, String> historyTags) {}

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
        if (known != null && known.provider.equals(configuration.provider())) {
            return known.store;
        }
        ObjectStore client = client(configuration);
        if (known != null
                && known.replaceable.isPresent()
                && place(known.provider).equals(place(configuration.provider()))) {
            known.replaceable.get().replace(client);
            current.put(name, new Opened(configuration.provider(), known.store, known.replaceable));
            return known.store;
        }
        LeasedStore opened = new LeasedStore(client, closing);
        all.push(opened);
        current.put(name, new Opened(configuration.provider(), opened, Optional.of(opened)));
        return opened;
    }

    private ObjectStore client(StoreConfiguration configuration) {
        try {
            return opening.apply(configuration);
        } catch (SettingsException e) {
            throw new PreconditionException("the ObjectStore \"" + configuration.name() + "\" cannot be used: "
                    + String.join("; ", e.problems()));
        }
    }

    /** The same without what may change while an object is being read or written. */
    private static StoreProvider place(StoreProvider provider) {
        return provider instanceof StoreProvider.S3 s3
                ? new StoreProvider.S3(
                        s3.bucket(),
                        s3.prefix(),
                        s3.endpoint(),
                        Optional.empty(),
                        new S3Access.DefaultChain(Optional.empty()),
                        s3.addressingStyle(),
                        s3.checksumMode(),
                        Optional.empty(),
                        Optional.empty())
                : provider;
    }

    @Override
    public synchronized void close() {
        all.forEach(ObjectStore::close);
        all.clear();
        current.clear();
    }
}
