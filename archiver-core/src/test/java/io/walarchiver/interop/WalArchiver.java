package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivePipeline;
import io.walarchiver.archive.ArchiveSettings;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.BackupObserver;
import io.walarchiver.backup.base.BackupSettings;
import io.walarchiver.backup.base.BaseBackup;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.base.WalPresence;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.postgres.JdbcBackupServer;
import io.walarchiver.backup.postgres.ServerAddress;
import io.walarchiver.backup.recovery.BackupChoice;
import io.walarchiver.backup.recovery.BackupRestore;
import io.walarchiver.backup.recovery.BackupRestoreObserver;
import io.walarchiver.backup.recovery.BackupRestoreSettings;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.RestoreOrder;
import io.walarchiver.backup.recovery.TargetHistories;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.S3Server;
import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The library, assembled as a program would, for the archive of one server. Blocks, as tests do. */
final class WalArchiver implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofMinutes(2);

    private final ArchiveLayout layout;
    private final ObjectStore store;
    private final Compression compression;
    private final Path workDirectory;
    private final BufferPool pool = new BufferPool(MultipartUpload.MIN_PART_BYTES + (1 << 20), 8);
    private final Scheduler fileIo = Schedulers.newBoundedElastic(6, 10_000, "interop-file-io");
    private final Scheduler compute = Schedulers.newParallel("interop-compute", 2);
    private final Scheduler jdbc = Schedulers.newBoundedElastic(4, 100, "interop-jdbc");
    private final Deque<WalCommands> commands = new ArrayDeque<>();
    private final List<String> warnings = new CopyOnWriteArrayList<>();

    /**
     * For an archive in {@code store}.
     *
     * @param store         closed by whoever opened it
     * @param prefix        of the archive in the store
     * @param compression   of WAL and of base backups
     * @param workDirectory for state of our own
     */
    WalArchiver(ObjectStore store, String prefix, Compression compression, Path workDirectory) {
        this.store = store;
        this.layout = new ArchiveLayout(prefix, BarmanTools.SERVER_NAME);
        this.compression = compression;
        this.workDirectory = workDirectory;
    }

    static ObjectStore storeOf(S3Server server) {
        return S3ObjectStore.open(
                S3Settings.of(
                                server.bucket(),
                                new S3Settings.StaticKeys(
                                        server.accessKeyId(), server.secretAccessKey(), Optional.empty()))
                        .withEndpoint(server.endpoint()),
                StoreObserver.NONE);
    }

    ArchiveLayout layout() {
        return layout;
    }

    ObjectStore store() {
        return store;
    }

    BackupCatalog catalog() {
        return new BackupCatalog(store, layout, PutOptions.NONE);
    }

    List<CatalogEntry> list() {
        return answer(catalog().list().collectList());
    }

    /** Keys below the archive of the server, without what they have in common. */
    SortedSet<String> keys() {
        String prefix = layout.serverPrefix();
        return answer(store.list(prefix)
                .map(ObjectInfo::key)
                .map(key -> key.value().substring(prefix.length()))
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** The commands for the data directory of a server that archives, running from now on. */
    WalCommands commands(Path dataDirectory) {
        String name = String.valueOf(dataDirectory.getFileName());
        ArchivePipeline archive = new ArchivePipeline(
                new ArchiveSettings(
                        layout,
                        DigestAlgorithm.CRC64NVME,
                        PutOptions.NONE,
                        PutOptions.NONE,
                        2,
                        workDirectory.resolve(name + "-state")),
                new DataDirectory(dataDirectory),
                store,
                Codec.of(compression),
                pool,
                fileIo,
                compute,
                ArchiveObserver.NONE);
        return commands(new WalCommands(dataDirectory, Optional.of(archive), walRestore(name)));
    }

    /** The same for a data directory from which nothing is archived. */
    WalCommands restoreCommands(Path dataDirectory) {
        return commands(new WalCommands(
                dataDirectory, Optional.empty(), walRestore(String.valueOf(dataDirectory.getFileName()))));
    }

    private WalCommands commands(WalCommands made) {
        commands.push(made);
        return made;
    }

    /** Settings with which a server archives by us. */
    static Map<String, String> archivingBy(WalCommands commands) {
        return Map.of("archive_mode", "on", "archive_command", commands.archiveCommand());
    }

    private RestorePipeline walRestore(String name) {
        return new RestorePipeline(
                RestoreSettings.of(layout, workDirectory.resolve(name + "-spool"))
                        .withFirstGuess(compression)
                        .withRetryWindow(() -> Duration.ofSeconds(20)),
                store,
                pool,
                compute,
                fileIo,
                Schedulers.parallel(),
                new RestoreObserver() {});
    }

    /** A backup with the checkpoint at once. */
    CompletedBackup backUp(PostgresServer server, Optional<String> name, UnaryOperator<BackupSettings> settings) {
        return answer(baseBackup(server, store, settings).take(name));
    }

    /** What takes backups of a server, perhaps by way of another store that leads to the same. */
    BaseBackup baseBackup(PostgresServer server, ObjectStore through, UnaryOperator<BackupSettings> settings) {
        return new BaseBackup(
                settings.apply(BackupSettings.of(layout).withFastCheckpoint(true)),
                new DataDirectory(server.dataDirectory()),
                new JdbcBackupServer(new ServerAddress.Tcp("127.0.0.1", server.port()), "postgres", "postgres", jdbc),
                new BackupCatalog(through, layout, PutOptions.NONE),
                through,
                Codec.of(compression),
                pool,
                WalPresence.in(through, layout),
                BackupObserver.NONE,
                fileIo,
                compute,
                Schedulers.parallel());
    }

    /** The backup that leads to a target. */
    BackupChoice choose(RecoveryTarget target) {
        List<CatalogEntry> catalog = list();
        TimelineHistories histories = answer(TargetHistories.read(store, layout, catalog, target));
        return BackupChoice.of(catalog, histories, target);
    }

    /** Chooses a backup and brings it back. */
    BackupChoice restore(RecoveryTarget target, RestoreDestination destination) {
        BackupChoice choice = choose(target);
        List<BackupFile> files = answer(catalog().files(choice.backup().id()));
        BackupRestore restore = new BackupRestore(
                BackupRestoreSettings.DEFAULT.withFlush(false).withRetryWindow(Duration.ofSeconds(20)),
                store,
                layout,
                pool,
                walRestore("first"),
                Schedulers.parallel(),
                new BackupRestoreObserver() {
                    @Override
                    public void warning(String text) {
                        warnings.add(text);
                    }
                });
        assertThat(restore.restore(new RestoreOrder(choice.backup(), files, target, destination))
                        .block(PATIENCE))
                .isNotNull();
        return choice;
    }

    /** What people were told by all restores. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Closes the segment a server writes and waits until it is archived, by whomever. */
    void archiveEverything(PostgresServer server) {
        WalSegmentName segment =
                WalSegmentName.parse(server.query("select pg_walfile_name(pg_current_wal_insert_lsn())"));
        server.execute("select pg_switch_wal()");
        awaitArchived(segment);
    }

    void awaitArchived(WalSegmentName segment) {
        awaitArchived(new WalFileName.Segment(segment));
    }

    void awaitArchived(WalFileName file) {
        Awaitility.await("archiving of " + file)
                .atMost(PATIENCE)
                .until(() -> answer(store.list(layout.walKeyStem(file))
                        .any(object -> layout.walFileOf(object.key())
                                .filter(file::equals)
                                .isPresent())));
    }

    static <T> T answer(Mono<T> call) {
        return Objects.requireNonNull(call.block(PATIENCE));
    }

    /** No memory is held when nothing is under way. */
    void assertNothingHeld() {
        Awaitility.await("buffers of the pool").atMost(PATIENCE).until(() -> pool.inUse() == 0 && pool.waiting() == 0);
    }

    @Override
    public void close() {
        while (!commands.isEmpty()) {
            commands.pop().close();
        }
        fileIo.dispose();
        compute.dispose();
        jdbc.dispose();
    }
}
