package io.walarchiver.store;

import java.util.OptionalInt;

class InMemoryObjectStoreTest implements ObjectStoreContract {

    private final InMemoryObjectStore store = new InMemoryObjectStore();

    @Override
    public ObjectStore store() {
        return store;
    }

    @Override
    public ObjectStore openStore() {
        return store.another();
    }

    @Override
    public OptionalInt openUploads() {
        return OptionalInt.of(store.openUploads());
    }
}
