package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.objectstore.S3Access;
import io.walarchiver.bridge.objectstore.SecretText;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreProvider;
import io.walarchiver.sidecar.settings.SettingsException;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.file.FileObjectStore;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** Opens the object store an ObjectStore describes. The only place that knows the implementations. */
final class Stores {

    /** How long one access to a file may make no progress; a network volume that is away blocks for ever. */
    private static final Duration FILE_PATIENCE = Duration.ofMinutes(2);

    private Stores() {}

    /**
     * Opens it; nothing is asked of it yet.
     *
     * @param observer is told of each request
     * @throws SettingsException when the settings cannot work here
     */
    static ObjectStore open(StoreConfiguration store, Workers workers, StoreObserver observer) {
        StoreProvider provider = store.provider();
        if (provider instanceof StoreProvider.FileDirectory file) {
            return new FileObjectStore(file.directory(), workers.storeIo(), FILE_PATIENCE, observer, Clock.systemUTC());
        }
        StoreProvider.S3 s3 = (StoreProvider.S3) provider;
        try {
            return S3ObjectStore.open(settings(s3), observer);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new SettingsException(List.of("--store: " + e.getMessage()));
        }
    }

    private static S3Settings settings(StoreProvider.S3 s3) {
        return new S3Settings(
                s3.bucket(),
                s3.endpoint(),
                s3.region(),
                addressing(s3),
                credentials(s3.access()),
                s3.certificates(),
                checksums(s3),
                s3.requestTimeout().orElse(S3Settings.DEFAULT_REQUEST_TIMEOUT),
                S3Settings.DEFAULT_ATTEMPTS,
                S3Settings.DEFAULT_MAX_CONCURRENCY);
    }

    private static S3Settings.Addressing addressing(StoreProvider.S3 s3) {
        return switch (s3.addressingStyle()) {
            case AUTO -> S3Settings.Addressing.AUTO;
            case PATH -> S3Settings.Addressing.PATH;
            case VIRTUAL -> S3Settings.Addressing.VIRTUAL;
        };
    }

    private static S3Settings.ChecksumMode checksums(StoreProvider.S3 s3) {
        return switch (s3.checksumMode()) {
            case AUTO -> S3Settings.ChecksumMode.AUTO;
            case REQUIRED -> S3Settings.ChecksumMode.REQUIRED;
            case OFF -> S3Settings.ChecksumMode.OFF;
        };
    }

    private static S3Settings.Credentials credentials(S3Access access) {
        if (access instanceof S3Access.StaticKeys keys) {
            return new S3Settings.StaticKeys(
                    keys.accessKeyId().reveal(),
                    keys.secretAccessKey().reveal(),
                    keys.sessionToken().map(SecretText::reveal));
        }
        return new S3Settings.DefaultChain(((S3Access.DefaultChain) access).profile());
    }
}
