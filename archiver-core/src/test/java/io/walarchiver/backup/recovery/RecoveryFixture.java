package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.backup.tar.TarBytes;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.testing.WalLikeData;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A small cluster's backup in memory, and a restore of it. */
final class RecoveryFixture implements BackupRestoreObserver {

    static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders-db");
    static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);
    static final String ID = "20310405T060708";
    static final WalSegmentName FIRST = WalSegmentName.parse("000000010000000000000003");
    static final String LABEL = "START WAL LOCATION: 0/300028 (file 000000010000000000000003)\n"
            + "CHECKPOINT LOCATION: 0/300060\nBACKUP METHOD: streamed\nBACKUP FROM: primary\nSTART TIMELINE: 1\n";

    final InMemoryObjectStore memory = new InMemoryObjectStore();
    final FaultyObjectStore store = new FaultyObjectStore(memory);
    final List<String> warnings = new CopyOnWriteArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<RestoreProgress> progress = new CopyOnWriteArrayList<>();
    final Path directory;
    final Path pgdata;
    BufferPool pool = new BufferPool(64 << 10, 6);
    Scheduler timer = Schedulers.parallel();
    LongSupplier nanoTime = System::nanoTime;
    List<TablespaceLocation> tablespaces = List.of();
    RecoveryTarget target = RecoveryTarget.latest();
    RestoreDestination destination;
    BackupRestoreSettings settings =
            BackupRestoreSettings.DEFAULT.withFlush(false).withRetryWindow(Duration.ZERO);
    Duration walWindow = Duration.ZERO;
    Runnable onProgress = () -> {};
    Runnable onExtracted = () -> {};

    @Nullable
    String error;

    boolean endMissing;
    int version = 170_004;
    long identifier = FakeCluster.SYSTEM_IDENTIFIER;

    RecoveryFixture(Path directory) {
        this.directory = directory;
        this.pgdata = directory.resolve("restored/pgdata");
        this.destination = RestoreDestination.of(pgdata);
        placeWal(FIRST, FakeCluster.SYSTEM_IDENTIFIER);
    }

    void placeWal(WalSegmentName name, long systemIdentifier) {
        memory.place(
                LAYOUT.walKey(new WalFileName.Segment(name), Compression.NONE),
                WalLikeData.segment(1, name, SIZE, systemIdentifier),
                Map.of());
    }

    /** Members of a data directory without those that come last. */
    static TarBytes beginning(TarBytes tar) {
        tar.directory("./", 0700)
                .file("./PG_VERSION", "17\n")
                .file("./postgresql.conf", "# from the data directory\n")
                .directory("base", 0700)
                .directory("base/1", 0700)
                .file("base/1/1259", noise(40_000))
                .file("base/1/1260", new byte[0])
                .file("base/1/1261", noise(8192))
                .directory("global", 0700)
                .file("global/1262", noise(100));
        for (String empty : List.of(
                "pg_commit_ts",
                "pg_dynshmem",
                "pg_logical",
                "pg_multixact",
                "pg_notify",
                "pg_replslot",
                "pg_serial",
                "pg_snapshots",
                "pg_stat",
                "pg_stat_tmp",
                "pg_subtrans",
                "pg_tblspc",
                "pg_twophase",
                "pg_wal",
                "pg_xact")) {
            tar.directory(empty, 0700);
        }
        return tar;
    }

    /** What comes last in the last volume. */
    static TarBytes end(TarBytes tar) {
        return tar.file("global/pg_control", FakeCluster.controlFile(SIZE, FakeCluster.SYSTEM_IDENTIFIER))
                .file("backup_label", 0644, LABEL.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] cluster() {
        return end(beginning(new TarBytes())).bytes();
    }

    static byte[] tablespace() {
        return new TarBytes()
                .directory("PG_17_202406281", 0700)
                .directory("PG_17_202406281/5", 0700)
                .file("PG_17_202406281/5/16390", noise(70_000))
                .bytes();
    }

    static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    static byte[] encode(byte[] content, Compression compression) {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (OutputStream out = Codec.of(compression).encodingStream(object, content.length)) {
            out.write(content);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return object.toByteArray();
    }

    /** Stores an archive, compressed as its name says. */
    @CanIgnoreReturnValue
    ObjectKey place(String name, byte[] tar) {
        return placeAsIs(name, encode(tar, Compression.ofKey(name)));
    }

    @CanIgnoreReturnValue
    ObjectKey placeAsIs(String name, byte[] object) {
        ObjectKey key = LAYOUT.backupKey(ID, name);
        memory.place(key, object, Map.of());
        return key;
    }

    /** Adds tablespaces with targets below the test's directory, their archives plain. */
    void withTablespaces(String... suffixes) {
        List<TablespaceLocation> all = new ArrayList<>();
        for (int i = 0; i < suffixes.length; i++) {
            long oid = 16_384 + i;
            all.add(new TablespaceLocation(
                    "space" + i, oid, directory.resolve("restored/space" + i).toString()));
            place(oid + ".tar" + suffixes[i], tablespace());
        }
        tablespaces = all;
    }

    BackupInfo info() {
        return new BackupInfo(
                BackupStatus.DONE,
                Optional.empty(),
                Optional.ofNullable(error),
                new LogPosition(
                        Optional.of(Instant.parse("2031-04-05T06:07:08Z")),
                        Optional.of(Lsn.parse("0/300028")),
                        Optional.of(FIRST),
                        OptionalLong.of(0x28)),
                new LogPosition(
                        Optional.of(Instant.parse("2031-04-05T06:08:00Z")),
                        Optional.of(Lsn.parse("0/300138")),
                        Optional.of(endMissing ? FIRST.next(SIZE) : FIRST),
                        OptionalLong.of(0x138)),
                Optional.of(new Timeline(1)),
                OptionalInt.of(version),
                Optional.of(Long.toUnsignedString(identifier)),
                SIZE.bytes(),
                Optional.of("/var/lib/postgresql/data/pgdata"),
                tablespaces,
                Map.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                new TreeMap<>());
    }

    RestoreOrder order() {
        BackupId id = new BackupId(ID);
        List<BackupFile> files = Objects.requireNonNull(
                new BackupCatalog(memory, LAYOUT, PutOptions.NONE).files(id).block());
        return new RestoreOrder(new CatalogEntry.Readable(id, info(), Optional.empty()), files, target, destination);
    }

    Mono<RestoredBackup> restore() {
        return restore(order());
    }

    Mono<RestoredBackup> restore(RestoreOrder order) {
        RestoreSettings wal = RestoreSettings.of(LAYOUT, directory.resolve("spool"))
                .withFirstGuess(Compression.NONE)
                .withRetryWindow(() -> walWindow);
        RestorePipeline wals = new RestorePipeline(
                wal, store, pool, Schedulers.parallel(), Schedulers.boundedElastic(), timer, new RestoreObserver() {});
        return new BackupRestore(settings, store, LAYOUT, pool, wals, timer, this, nanoTime).restore(order);
    }

    @CanIgnoreReturnValue
    RestoredBackup done() {
        return Objects.requireNonNull(restore().block(Duration.ofSeconds(60)));
    }

    /** The failure that a restore must end with. */
    RecoveryException failure() {
        try {
            RestoredBackup restored = restore().block(Duration.ofSeconds(60));
            throw new AssertionError("was restored: " + restored);
        } catch (RecoveryException expected) {
            return expected;
        }
    }

    /** Asserts that no memory is held, no download open and no thread of a restore left. */
    void assertNothingHeld() {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(pool.inUse()).isZero();
            assertThat(pool.waiting()).isZero();
            assertThat(memory.openDownloads()).isZero();
            assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .noneMatch(name -> name.startsWith(RestoreRun.THREADS));
        });
    }

    boolean isMarked() {
        return Files.isDirectory(pgdata.resolve(UnfinishedMark.NAME));
    }

    @Override
    public void started(BackupId backup, boolean resumed, RestoreProgress begin) {
        events.add("started " + backup + (resumed ? " resumed" : ""));
    }

    @Override
    public void progressed(RestoreProgress now) {
        progress.add(now);
        onProgress.run();
    }

    @Override
    public void extracted(BackupFile file) {
        events.add("extracted " + file.key().name());
        onExtracted.run();
    }

    @Override
    public void retrying(ObjectKey object, StoreException failure, Duration delay) {
        events.add("retrying " + object.name());
    }

    @Override
    public void warning(String text) {
        warnings.add(text);
    }
}
