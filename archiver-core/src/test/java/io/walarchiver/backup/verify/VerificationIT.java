package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.BackupObserver;
import io.walarchiver.backup.base.BackupSettings;
import io.walarchiver.backup.base.BaseBackup;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.base.WalPresence;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.postgres.JdbcBackupServer;
import io.walarchiver.backup.postgres.ServerAddress;
import io.walarchiver.backup.verify.Finding.Kind;
import io.walarchiver.backup.verify.Finding.Severity;
import io.walarchiver.backup.verify.VerificationReport.Verdict;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Bandwidth;
import io.walarchiver.store.Content;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.ControlFile;
import io.walarchiver.wal.WalFileName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Real servers' segments and backups in a real store, sound and damaged. */
@Timeout(240)
class VerificationIT {

    private static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders-db");
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int BUFFER_BYTES = 6 << 20;

    @TempDir
    Path directory;

    private final EmbeddedS3 server = EmbeddedS3.start();
    private final ObjectStore store = S3ObjectStore.open(
            S3Settings.of(
                            server.bucket(),
                            new S3Settings.StaticKeys(server.accessKeyId(), server.secretAccessKey(), Optional.empty()))
                    .withEndpoint(server.endpoint()),
            StoreObserver.NONE);
    private final BackupCatalog catalog = new BackupCatalog(store, LAYOUT, PutOptions.NONE);
    private final BufferPool pool = new BufferPool(BUFFER_BYTES, 4);
    private final Scheduler threads = Schedulers.newBoundedElastic(8, 1000, "verify-it");
    private final Scheduler compute = Schedulers.newParallel("verify-it-compute", 2);
    private final Scheduler timer = Schedulers.newSingle("verify-it-timer");

    @AfterEach
    void close() {
        store.close();
        server.close();
        threads.dispose();
        compute.dispose();
        timer.dispose();
    }

    private VerificationReport verify(VerificationSettings settings) {
        VerificationReport report = Objects.requireNonNull(new Verification(
                        settings, store, catalog, pool, threads, timer, Clock.systemUTC(), VerificationObserver.NONE)
                .run()
                .block(PATIENCE));
        assertThat(pool.inUse()).isZero();
        return report;
    }

    private CompletedBackup takeBackup(PostgresServer postgres) {
        return Objects.requireNonNull(new BaseBackup(
                        BackupSettings.of(LAYOUT).withFastCheckpoint(true).withMaxArchiveBytes(20 << 20),
                        new DataDirectory(postgres.dataDirectory()),
                        new JdbcBackupServer(
                                new ServerAddress.UnixSocket(directory, postgres.port()),
                                "postgres",
                                "postgres",
                                threads),
                        catalog,
                        store,
                        Codec.of(Compression.GZIP),
                        pool,
                        WalPresence.in(store, LAYOUT),
                        BackupObserver.NONE,
                        threads,
                        compute,
                        timer)
                .take(Optional.empty())
                .block(PATIENCE));
    }

    /** Archives what the server has copied; every other file as we do it, the rest as barman-cloud does. */
    private List<ObjectKey> archive(Path copies, long systemIdentifier) throws IOException {
        List<ObjectKey> keys = new ArrayList<>();
        try (Stream<Path> files = Files.list(copies)) {
            for (Path file : files.sorted().toList()) {
                WalFileName name = WalFileName.parse(file.getFileName().toString());
                ObjectKey key = LAYOUT.walKey(name, Compression.ZSTD);
                byte[] content = Files.readAllBytes(file);
                Map<String, String> metadata =
                        keys.size() % 2 == 0 ? VerificationFixture.recorded(content, systemIdentifier) : Map.of();
                put(key, VerificationFixture.encode(content, Compression.ZSTD), metadata);
                keys.add(key);
            }
        }
        return keys;
    }

    private void put(ObjectKey key, byte[] bytes, Map<String, String> metadata) {
        assertThat(store.put(key, Content.of(ByteBuffer.wrap(bytes)), PutOptions.NONE.withMetadata(metadata))
                        .block(PATIENCE))
                .isNull();
    }

    private byte[] get(ObjectKey key) {
        return Objects.requireNonNull(store.get(
                        key,
                        (info, body) -> body.reduceWith(ByteArrayOutputStream::new, (out, buffer) -> {
                                    byte[] copy = new byte[buffer.remaining()];
                                    buffer.get(copy);
                                    out.writeBytes(copy);
                                    return out;
                                })
                                .map(ByteArrayOutputStream::toByteArray))
                .block(PATIENCE));
    }

    @ParameterizedTest
    @ValueSource(ints = {14, 18})
    void whatServersArchiveIsSoundUntilItIsDamaged(int major) throws IOException {
        PostgresBinaries binaries = PostgresBinaries.of(major);
        Path data = directory.resolve("data");
        String unused = binaries.initdb(data, "--wal-segsize=1");
        Path copies = data.resolve("copies");
        ControlFile control;
        CompletedBackup backup;
        List<ObjectKey> wal;
        try (PostgresServer postgres = binaries.start(
                data,
                Map.of(
                        "unix_socket_directories",
                        directory.toString(),
                        "archive_mode",
                        "on",
                        "archive_command",
                        "mkdir -p " + copies + " && cp %p " + copies + "/%f"))) {
            postgres.execute("create table t as select g, md5(g::text) m from generate_series(1, 20000) g");
            backup = takeBackup(postgres);
            postgres.execute("insert into t select g, md5(g::text) from generate_series(1, 30000) g");
            control = new DataDirectory(data).controlFile();
        }
        wal = archive(copies, control.systemIdentifier());
        VerificationSettings settings = VerificationSettings.of(LAYOUT);

        VerificationReport sound = verify(settings);

        assertThat(sound.findings())
                .filteredOn(finding -> finding.severity() != Severity.NOTICE)
                .isEmpty();
        assertThat(sound.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(sound.segmentSize()).isEqualTo(control.segmentSize());
        assertThat(sound.counts().walFiles()).isEqualTo(wal.size()).isGreaterThan(5);
        assertThat(sound.counts().backups()).isEqualTo(1);
        assertThat(sound.counts().members()).isGreaterThan(900);
        assertThat(sound.recoverable()).hasSize(1);
        assertThat(sound.recoverable().get(0).backup()).isEqualTo(backup.id());

        // The same at a bounded speed, in parts.
        long read = 0;
        for (int run = 0; run < 3; run++) {
            VerificationReport part = verify(settings.withScope(new VerificationScope.Part(run, 3))
                    .withBandwidth(new Bandwidth(200L << 20, timer)));
            assertThat(part.verdict()).isEqualTo(Verdict.GOOD);
            read += part.counts().storedBytes();
        }
        assertThat(read).isEqualTo(sound.counts().storedBytes());

        List<ObjectKey> segments = wal.stream()
                .filter(key -> LAYOUT.walFileOf(key).orElseThrow() instanceof WalFileName.Segment)
                .toList();
        ObjectKey first = segments.get(segments.size() - 1);
        ObjectKey second = segments.get(segments.size() - 2);
        byte[] swapped = get(first);
        put(first, get(second), Map.of());
        put(second, swapped, Map.of());
        ObjectInfo largest = Objects.requireNonNull(
                        store.list(LAYOUT.backupPrefix(backup.id().value()))
                                .collectList()
                                .block(PATIENCE))
                .stream()
                .max(Comparator.comparing(ObjectInfo::size))
                .orElseThrow();
        byte[] archive = get(largest.key());
        archive[archive.length / 2] ^= 1;
        put(largest.key(), archive, Map.of());
        ObjectKey missing = segments.get(segments.size() - 3);
        Mono<Void> deletion = store.delete(missing);
        assertThat(deletion.block(PATIENCE)).isNull();

        VerificationReport damaged = verify(settings);

        assertThat(damaged.verdict()).isEqualTo(Verdict.DAMAGED);
        assertThat(damaged.findings())
                .filteredOn(finding -> finding.severity() == Severity.ERROR)
                .extracting(finding -> finding.kind() + " " + finding.subject())
                .containsExactlyInAnyOrder(
                        Kind.DAMAGED_OBJECT + " " + first,
                        Kind.DAMAGED_OBJECT + " " + second,
                        Kind.DAMAGED_OBJECT + " " + largest.key(),
                        Kind.GAP + " " + LAYOUT.walFileOf(missing).orElseThrow());
    }
}
