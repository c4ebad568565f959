package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreProvider;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.file.FileObjectStore;
import java.time.Clock;
import java.time.Duration;

/** Opens the object store an ObjectStore describes. The only place that knows the implementations. */
final class Stores {

    /** How long one access to a file may make no progress; a network volume that is away blocks for ever. */
    private static final Duration FILE_PATIENCE = Duration.ofMinutes(2);

    private Stores() {}

    /** @param observer is told of each request */
    static ObjectStore open(StoreConfiguration store, Workers workers, StoreObserver observer) {
        StoreProvider provider = store.provider();
        if (provider instanceof StoreProvider.FileDirectory file) {
            return new FileObjectStore(
                    file.directory(), workers.storeIo(), FILE_PATIENCE, observer, Clock.systemUTC());
        }
        throw new IllegalStateException("S3");
    }
}
