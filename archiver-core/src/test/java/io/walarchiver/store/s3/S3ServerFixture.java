package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.ObjectStoreContract;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.testing.S3Server;
import java.util.List;
import java.util.Optional;

/** The contract against a running server. */
interface S3ServerFixture extends ObjectStoreContract {

    S3Server server();

    static S3Settings settings(S3Server server) {
        return S3Settings.of(
                        server.bucket(),
                        new S3Settings.StaticKeys(server.accessKeyId(), server.secretAccessKey(), Optional.empty()))
                .withEndpoint(server.endpoint());
    }

    @Override
    default ObjectStore openStore() {
        return S3ObjectStore.open(settings(server()), StoreObserver.NONE);
    }

    @Override
    default boolean acceptsEncryption() {
        return server().acceptsEncryption();
    }

    @Override
    default boolean nestsKeys() {
        return server().nestsKeys();
    }

    @Override
    default boolean ordersSupplementaryCharactersByBytes() {
        return server().ordersSupplementaryCharactersByBytes();
    }

    @Override
    default List<String> secrets() {
        return List.of(server().secretAccessKey());
    }
}
