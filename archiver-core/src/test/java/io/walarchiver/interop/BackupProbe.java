package io.walarchiver.interop;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.BackupObserver;
import io.walarchiver.backup.base.BackupSettings;
import io.walarchiver.backup.base.BaseBackup;
import io.walarchiver.backup.base.WalPresence;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.postgres.JdbcBackupServer;
import io.walarchiver.backup.postgres.ServerAddress;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.S3Server;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import reactor.core.scheduler.Schedulers;

/** A process of its own, to be killed: takes a backup in small volumes, so slowly that somebody can see it doing so. */
final class BackupProbe {

    private static final long BYTES_PER_SECOND = 256 << 10;

    private BackupProbe() {}

    static Process start(S3Server server, String prefix, PostgresServer source, Path output) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        BackupProbe.class.getName(),
                        server.endpoint().toString(),
                        server.bucket(),
                        server.accessKeyId(),
                        server.secretAccessKey(),
                        prefix,
                        source.dataDirectory().toString(),
                        Integer.toString(source.port()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /** Arguments: endpoint, bucket, access key, secret key, prefix, data directory, port of the server. */
    public static void main(String[] arguments) {
        S3Settings settings = S3Settings.of(
                        arguments[1], new S3Settings.StaticKeys(arguments[2], arguments[3], Optional.empty()))
                .withEndpoint(URI.create(arguments[0]));
        ArchiveLayout layout = new ArchiveLayout(arguments[4], BarmanTools.SERVER_NAME);
        try (ObjectStore store = S3ObjectStore.open(settings, StoreObserver.NONE)) {
            var unused = new BaseBackup(
                            BackupSettings.of(layout)
                                    .withFastCheckpoint(true)
                                    .withMaxArchiveBytes(256 << 10)
                                    .withBytesPerSecond(OptionalLong.of(BYTES_PER_SECOND)),
                            new DataDirectory(Path.of(arguments[5])),
                            new JdbcBackupServer(
                                    new ServerAddress.Tcp("127.0.0.1", Integer.parseInt(arguments[6])),
                                    "postgres",
                                    "postgres",
                                    Schedulers.newBoundedElastic(2, 100, "probe-jdbc", 60, true)),
                            new BackupCatalog(store, layout, PutOptions.NONE),
                            store,
                            Codec.of(Compression.GZIP),
                            new BufferPool(MultipartUpload.MIN_PART_BYTES, 4),
                            WalPresence.in(store, layout),
                            BackupObserver.NONE,
                            Schedulers.boundedElastic(),
                            Schedulers.parallel(),
                            Schedulers.parallel())
                    .take(Optional.of("killed"))
                    .block(Duration.ofMinutes(5));
        }
    }
}
