package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.S3Server;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract against the embedded server. */
final class S3ObjectStoreIT implements S3ServerFixture {

    private static EmbeddedS3 server;
    private static ObjectStore store;

    @BeforeAll
    static void start() {
        server = EmbeddedS3.start();
        store = S3ObjectStore.open(S3ServerFixture.settings(server), StoreObserver.NONE);
    }

    @AfterAll
    static void stop() {
        store.close();
        server.close();
    }

    @Override
    public S3Server server() {
        return server;
    }

    @Override
    public ObjectStore store() {
        return store;
    }

    /** True: configured to ignore headers it does not know, the server ignores this one. */
    @Override
    public boolean acceptsEncryption() {
        return true;
    }

    @Override
    public OptionalInt openUploads() {
        return OptionalInt.of(server.openUploads());
    }
}
