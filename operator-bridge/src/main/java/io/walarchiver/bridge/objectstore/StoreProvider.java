package io.walarchiver.bridge.objectstore;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the objects are. */
public sealed interface StoreProvider {

    /**
     * A bucket of an S3-compatible store.
     *
     * @param bucket          not empty
     * @param prefix          without slash at either end; empty when keys begin with the server name
     * @param endpoint        http or https; empty for Amazon's own
     * @param region          empty when neither the store nor its Secrets name one
     * @param access          who the requests are made as
     * @param addressingStyle where the bucket stands in a request
     * @param checksumMode    which requests carry checksums
     * @param certificates    PEM certificates to trust in addition to the system's
     * @param requestTimeout  how long one request may take; empty for the program's default
     */
    record S3(
            String bucket,
            String prefix,
            Optional<URI> endpoint,
            Optional<String> region,
            S3Access access,
            AddressingStyle addressingStyle,
            ChecksumMode checksumMode,
            Optional<String> certificates,
            Optional<Duration> requestTimeout)
            implements StoreProvider {}

    /**
     * A directory, possibly of a network file system.
     *
     * @param directory absolute and normalised
     */
    record FileDirectory(Path directory) implements StoreProvider {}
}
