package io.walarchiver.backup.base;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.ServerFacts.ArchiveMode;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupInfoFormat;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A data directory without a server, a scripted session, an in-memory store behind a faulty one, and the backup between. */
final class BackupFixture implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(30);
    static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders-db");
    static final int BUFFER_BYTES = MultipartUpload.MIN_PART_BYTES;

    final Path pgdata;
    final FakeCluster cluster;
    final ScriptedSession session;
    final InMemoryObjectStore store = new InMemoryObjectStore();
    final FaultyObjectStore faulty = new FaultyObjectStore(store);
    final Recorder recorder = new Recorder();
    final Scheduler fileIo = Schedulers.newBoundedElastic(4, 10_000, "test-file-io");
    final Scheduler compute = Schedulers.newParallel("test-compute", 2);
    Scheduler timer = Schedulers.newSingle("test-timer");
    BufferPool pool = new BufferPool(BUFFER_BYTES, 4);
    Compression compression = Compression.NONE;
    WalPresence presence = segment -> Mono.just(true);
    BackupSettings settings = BackupSettings.of(LAYOUT);
    Duration cleanUpPatience = Duration.ofSeconds(20);

    private final SegmentSize segmentSize;

    BackupFixture(Path directory) throws IOException {
        this(directory, SegmentSize.DEFAULT);
    }

    BackupFixture(Path directory, SegmentSize segmentSize) throws IOException {
        this.segmentSize = segmentSize;
        pgdata = directory.resolve("pgdata");
        cluster = FakeCluster.create(pgdata, segmentSize);
        Files.setPosixFilePermissions(pgdata, PosixFilePermissions.fromString("rwx------"));
        for (String name : List.of("base/1", "pg_tblspc", "pg_notify", "pg_stat_tmp")) {
            Files.createDirectories(pgdata.resolve(name));
        }
        write("PG_VERSION", "17\n");
        write("postgresql.conf", "");
        write("pg_hba.conf", "");
        write("pg_ident.conf", "");
        session = new ScriptedSession(facts(List.of()));
    }

    ServerFacts facts(List<TablespaceLocation> tablespaces) {
        return new ServerFacts(
                170_004,
                FakeCluster.SYSTEM_IDENTIFIER,
                false,
                ArchiveMode.ON,
                pgdata.toString(),
                segmentSize,
                8192,
                131_072,
                pgdata.resolve("postgresql.conf").toString(),
                pgdata.resolve("pg_hba.conf").toString(),
                pgdata.resolve("pg_ident.conf").toString(),
                List.of(),
                tablespaces,
                12_345_678);
    }

    /** The same server as a standby that does not archive. */
    static ServerFacts standby(ServerFacts facts) {
        return new ServerFacts(
                facts.version(),
                facts.systemIdentifier(),
                true,
                ArchiveMode.ON,
                facts.dataDirectory(),
                facts.segmentSize(),
                facts.blockSize(),
                facts.relationSegmentBlocks(),
                facts.configFile(),
                facts.hbaFile(),
                facts.identFile(),
                facts.includedFiles(),
                facts.tablespaces(),
                facts.clusterSizeBytes());
    }

    /** Makes a tablespace at {@code location}, with a link in the data directory, and tells the server of it. */
    void tablespace(long oid, Path location) throws IOException {
        Files.createDirectories(location.resolve("PG_17_202406281/5"));
        Path link = Files.createSymbolicLink(pgdata.resolve("pg_tblspc/" + oid), location);
        List<TablespaceLocation> all = new ArrayList<>(session.facts().tablespaces());
        all.add(new TablespaceLocation("space" + oid, oid, link.toRealPath().toString()));
        session.facts(facts(all));
    }

    @CanIgnoreReturnValue
    Path write(String name, String content) throws IOException {
        return Files.writeString(pgdata.resolve(name), content);
    }

    /** Noise, which no compressor makes smaller; always the same for one name. */
    @CanIgnoreReturnValue
    byte[] noise(String name, int length) throws IOException {
        byte[] bytes = new byte[length];
        new SplittableRandom(name.hashCode()).nextBytes(bytes);
        Files.write(pgdata.resolve(name), bytes);
        return bytes;
    }

    void settings(UnaryOperator<BackupSettings> change) {
        settings = change.apply(settings);
    }

    BaseBackup backup() {
        return new BaseBackup(
                session,
                new BackupRun.Tools(
                        settings,
                        new DataDirectory(pgdata),
                        catalog(),
                        faulty,
                        Codec.of(compression),
                        pool,
                        presence,
                        recorder,
                        fileIo,
                        compute,
                        timer,
                        cleanUpPatience));
    }

    BackupCatalog catalog() {
        return new BackupCatalog(faulty, LAYOUT, PutOptions.NONE);
    }

    @CanIgnoreReturnValue
    CompletedBackup take() {
        return Objects.requireNonNull(backup().take(Optional.empty()).block(PATIENCE));
    }

    ObjectKey key(BackupId id, String name) {
        return LAYOUT.backupKey(id.value(), name);
    }

    /** Names of the objects of a backup, in order. */
    List<String> objects(BackupId id) {
        String prefix = LAYOUT.backupPrefix(id.value());
        return store.keys().stream()
                .map(ObjectKey::value)
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .toList();
    }

    StoredTar tar(BackupId id, String name) {
        return StoredTar.of(store.stored(key(id, name)).orElseThrow().toByteArray(), compression);
    }

    BackupInfo record(BackupId id) {
        return BackupInfoFormat.parse(
                store.stored(key(id, "backup.info")).orElseThrow().toByteArray());
    }

    /** The ids of all backups that have a record. */
    List<BackupId> recorded() {
        return store.keys().stream()
                .map(ObjectKey::value)
                .filter(key -> key.endsWith("/backup.info"))
                .map(key -> new BackupId(key.split("/", -1)[4]))
                .toList();
    }

    void assertNothingHeld() {
        Awaitility.await().atMost(PATIENCE).until(() -> pool.inUse() == 0 && pool.waiting() == 0);
        Awaitility.await().atMost(PATIENCE).until(() -> store.openUploads() == 0);
        Awaitility.await().atMost(PATIENCE).until(() -> !session.open && !session.inBackup);
    }

    @Override
    public void close() {
        fileIo.dispose();
        compute.dispose();
        timer.dispose();
    }

    /** Remembers what was reported. */
    static final class Recorder implements BackupObserver {
        final List<BackupPhase> phases = Collections.synchronizedList(new ArrayList<>());
        final List<Long> stored = Collections.synchronizedList(new ArrayList<>());
        final List<DamagedPage> damaged = Collections.synchronizedList(new ArrayList<>());
        final List<String> waits = Collections.synchronizedList(new ArrayList<>());
        final List<Map.Entry<String, Throwable>> without = Collections.synchronizedList(new ArrayList<>());
        final List<CompletedBackup> completed = Collections.synchronizedList(new ArrayList<>());
        final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void phaseBegan(BackupProgress progress) {
            phases.add(progress.phase());
        }

        @Override
        public void progressed(BackupProgress progress) {
            stored.add(progress.bytesStored());
        }

        @Override
        public void pageIsDamaged(DamagedPage page) {
            damaged.add(page);
        }

        @Override
        public void waitingForWal(String what, Duration waited) {
            waits.add(what);
        }

        @Override
        public void completedWithout(String what, Throwable failure) {
            without.add(Map.entry(what, failure));
        }

        @Override
        public void completed(CompletedBackup backup) {
            completed.add(backup);
        }

        @Override
        public void failed(BackupProgress progress, Throwable failure) {
            failures.add(failure);
        }
    }
}
