package io.walarchiver.sidecar.assembly;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.bridge.objectstore.DigestChoice;
import io.walarchiver.bridge.objectstore.Encryption;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.bridge.objectstore.StoreProvider;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.ServerSideEncryption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What an ObjectStore says about an archive, in the words of the library.
 *
 * @param layout         where they are kept
 * @param trailingSlash  whether the destination was written with a slash at its end
 * @param codec          how they are compressed
 * @param digest         how they are fingerprinted
 * @param segmentOptions what goes with a segment
 * @param historyOptions what goes with a history file
 * @param parallelism    how many travel at once
 * @param backupOptions  what goes with each object of a base backup
 */
record Archive(
        ArchiveLayout layout,
        boolean trailingSlash,
        Codec codec,
        DigestAlgorithm digest,
        PutOptions segmentOptions,
        PutOptions historyOptions,
        int parallelism,
        PutOptions backupOptions) {

    private static final long DAYS_OF_A_MONTH = 31;

    static Archive of(StoreConfiguration store, String serverName) {
        Compression compression = Compression.ofConfigurationName(
                        store.wal().compression().configurationName())
                .orElseThrow(() -> new IllegalStateException(
                        "no codec for " + store.wal().compression().configurationName()));
        Optional<ServerSideEncryption> encryption = store.wal().encryption().map(Archive::encryption);
        Map<String, String> historyTags = store.historyTags().isEmpty() ? store.tags() : store.historyTags();
        return new Archive(
                new ArchiveLayout(prefix(store.provider()), serverName),
                store.provider() instanceof StoreProvider.S3
                        && store.destinationPath().endsWith("/"),
                Codec.of(compression, store.wal().compressionLevel()),
                store.wal().digest() == DigestChoice.SHA256 ? DigestAlgorithm.SHA256 : DigestAlgorithm.CRC64NVME,
                new PutOptions(Map.of(), store.tags(), encryption),
                new PutOptions(Map.of(), historyTags, encryption),
                store.wal().maxParallel(),
                new PutOptions(Map.of(), store.tags(), store.data().encryption().map(Archive::encryption)));
    }

    /** The policy of an ObjectStore; a month has 31 days, as for barman. */
    static Optional<RetentionPolicy> retention(StoreConfiguration store) {
        return store.retention()
                .map(window -> new RetentionPolicy.RecoveryWindow(
                        Duration.ofDays(window.getDays() + DAYS_OF_A_MONTH * window.toTotalMonths())));
    }

    /** The base backups beside the WAL. */
    BackupCatalog catalog(ObjectStore store) {
        BackupCatalog catalog = new BackupCatalog(store, layout, backupOptions);
        return trailingSlash ? catalog.withTrailingSlash() : catalog;
    }

    private static String prefix(StoreProvider provider) {
        return provider instanceof StoreProvider.S3 s3 ? s3.prefix() : "";
    }

    private static ServerSideEncryption encryption(Encryption asked) {
        return asked instanceof Encryption.Kms kms
                ? new ServerSideEncryption.Kms(kms.keyId())
                : new ServerSideEncryption.Aes256();
    }
}
