package io.walarchiver.bench.service;

import io.walarchiver.bench.s3.S3Credentials;
import io.walarchiver.bench.s3.S3ServerProcess;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import java.net.URI;
import java.util.Optional;

/** A look into the bucket that does not go through the service. */
public final class StoreClient {

    private StoreClient() {}

    /**
     * Opens the bucket of a plain HTTP server.
     *
     * @throws IllegalArgumentException when the server speaks TLS: the trust of this JVM cannot be changed any more
     */
    public static ObjectStore connect(S3ServerProcess server) {
        if (server.certificate().isPresent()) {
            throw new IllegalArgumentException("only for plain HTTP: " + server.endpoint());
        }
        S3Credentials credentials = server.credentials();
        return S3ObjectStore.open(
                S3Settings.of(
                                S3ServerProcess.BUCKET,
                                new S3Settings.StaticKeys(
                                        credentials.accessKeyId(), credentials.secretAccessKey(), Optional.empty()))
                        .withEndpoint(URI.create(server.endpoint()))
                        .withAddressing(S3Settings.Addressing.PATH),
                StoreObserver.NONE);
    }
}
