package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.testing.MinioS3;
import io.walarchiver.testing.S3Server;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract against MinIO in a container, where containers run. */
final class S3ObjectStoreMinioIT implements S3ServerFixture {

    private static @Nullable MinioS3 server;
    private static @Nullable ObjectStore store;

    @BeforeAll
    static void start() {
        server = MinioS3.startOrAbort();
        store = S3ObjectStore.open(S3ServerFixture.settings(server), StoreObserver.NONE);
    }

    @AfterAll
    static void stop() {
        if (store != null) {
            store.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Override
    public S3Server server() {
        return Objects.requireNonNull(server);
    }

    @Override
    public ObjectStore store() {
        return Objects.requireNonNull(store);
    }
}
