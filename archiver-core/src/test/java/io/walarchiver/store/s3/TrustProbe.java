package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A process of its own, for a variable of the environment: opens a store and deletes one object. */
final class TrustProbe {

    private TrustProbe() {}

    /** Arguments: the endpoint and optionally the file with the CA to configure. Prints the outcome. */
    public static void main(String[] arguments) throws IOException {
        S3Settings settings = S3Settings.of("bucket", new S3Settings.StaticKeys("AKID", "secret", Optional.empty()))
                .withEndpoint(URI.create(arguments[0]))
                .withPatience(Duration.ofSeconds(5), 2);
        if (arguments.length > 1) {
            settings = settings.withCaBundle(Files.readString(Path.of(arguments[1])));
        }
        try (ObjectStore store = S3ObjectStore.open(settings, StoreObserver.NONE)) {
            store.delete(new ObjectKey("key")).block(Duration.ofSeconds(40));
            System.out.println("outcome: ok");
        } catch (RuntimeException e) {
            System.out.println("outcome: " + e);
        }
    }
}
