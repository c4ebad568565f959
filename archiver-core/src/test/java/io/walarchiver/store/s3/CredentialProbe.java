package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** A process of its own, for its environment: deletes one object as whoever the surroundings say. */
final class CredentialProbe {

    private CredentialProbe() {}

    /** Arguments: the endpoint, and the region and the profile, each empty for none. Prints the outcome. */
    public static void main(String[] arguments) {
        S3Settings defaults = S3Settings.of("bucket", new S3Settings.DefaultChain(given(arguments[2])));
        S3Settings settings = new S3Settings(
                defaults.bucket(),
                Optional.of(URI.create(arguments[0])),
                given(arguments[1]),
                defaults.addressing(),
                defaults.credentials(),
                defaults.caBundle(),
                defaults.checksums(),
                defaults.requestTimeout(),
                defaults.attempts(),
                defaults.maxConcurrency());
        try (ObjectStore store = S3ObjectStore.open(settings, StoreObserver.NONE)) {
            long start = System.nanoTime();
            try {
                store.delete(new ObjectKey("key")).block(Duration.ofSeconds(60));
                System.out.println("outcome: ok");
            } catch (RuntimeException e) {
                System.out.println("outcome: " + e);
            }
            System.out.println("milliseconds: " + (System.nanoTime() - start) / 1_000_000);
        }
    }

    private static Optional<String> given(String argument) {
        return argument.isEmpty() ? Optional.empty() : Optional.of(argument);
    }
}
