package io.walarchiver.sidecar.assembly;

import io.walarchiver.backup.base.BackupSettings;
import io.walarchiver.bridge.objectstore.DataSettings;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.MultipartUpload;

/** What an ObjectStore says about base backups, in the words of the library. */
final class DataArchives {

    private DataArchives() {}

    /** How tar archives are compressed. */
    static Codec codec(StoreConfiguration store) {
        DataSettings data = store.data();
        String name = data.compression().configurationName();
        return Codec.of(
                Compression.ofConfigurationName(name)
                        .orElseThrow(() -> new IllegalStateException("no codec for " + name)),
                data.compressionLevel());
    }

    /** How they are cut and uploaded. */
    static BackupSettings settings(StoreConfiguration store, Archive archive) {
        DataSettings data = store.data();
        return BackupSettings.of(archive.layout())
                .withOptions(archive.backupOptions())
                .withFastCheckpoint(data.immediateCheckpoint())
                .withJobs(data.jobs())
                .withMaxArchiveBytes(data.maxArchiveSizeBytes().orElse(BackupSettings.DEFAULT_MAX_ARCHIVE_BYTES))
                .withMinPartBytes(partBytes(data.minPartSizeBytes().orElse(0)))
                .withBytesPerSecond(data.maxBandwidthBytesPerSecond());
    }

    /** A part has at least what S3 asks for. */
    static int partBytes(long wanted) {
        return (int) Math.min(Math.max(wanted, MultipartUpload.MIN_PART_BYTES), Integer.MAX_VALUE);
    }
}
