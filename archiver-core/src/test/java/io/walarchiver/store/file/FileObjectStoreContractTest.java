package io.walarchiver.store.file;

import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.ObjectStoreContract;
import io.walarchiver.store.StoreObserver;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

class FileObjectStoreContractTest implements ObjectStoreContract {

    private final Scheduler scheduler = Schedulers.newBoundedElastic(4, 10_000, "files");
    private ObjectStore store;

    @TempDir
    private Path root;

    @BeforeEach
    void open() {
        store = openStore();
    }

    @AfterEach
    void close() {
        store.close();
        scheduler.dispose();
    }

    @Override
    public ObjectStore store() {
        return store;
    }

    @Override
    public ObjectStore openStore() {
        return new FileObjectStore(root, scheduler, Duration.ofSeconds(30), StoreObserver.NONE, Clock.systemUTC());
    }

    /** The files are stored as they are. */
    @Override
    public boolean acceptsEncryption() {
        return false;
    }

    /** A name in a file system is a file or a directory, not both. */
    @Override
    public boolean nestsKeys() {
        return false;
    }

    @Override
    public OptionalInt openUploads() {
        String[] hidden = root.resolve(FileTree.TEMPORARY).toFile().list();
        return OptionalInt.of(hidden == null ? 0 : hidden.length);
    }
}
