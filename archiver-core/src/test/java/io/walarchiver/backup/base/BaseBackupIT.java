package io.walarchiver.backup.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.backup.postgres.JdbcBackupServer;
import io.walarchiver.backup.postgres.ServerAddress;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Real servers, backed up while they are written to, into a real S3 server, and brought back: to the first consistent
 * moment and to the end.
 */
@Timeout(300)
class BaseBackupIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders-db");
    private static final String RECOVERY = "recovery.signal";
    private static final String STANDBY = "standby.signal";
    private static final Map<String, String> NO_ARCHIVING = Map.of("archive_mode", "off");
    private static final List<String> TABLES = List.of("here", "there", "elsewhere");

    @TempDir
    Path directory;

    private final Scheduler fileIo = Schedulers.newBoundedElastic(4, 10_000, "test-file-io");
    private final Scheduler compute = Schedulers.newParallel("test-compute", 2);
    private final Scheduler timer = Schedulers.newSingle("test-timer");
    private final Scheduler jdbc = Schedulers.newBoundedElastic(2, 100, "test-jdbc");
    private final BufferPool pool = new BufferPool(8 << 20, 4);
    private EmbeddedS3 s3;
    private S3ObjectStore store;
    private BackupCatalog catalog;
    private Path walArchive;

    @BeforeEach
    void open() throws IOException {
        s3 = EmbeddedS3.start();
        store = S3ObjectStore.open(
                S3Settings.of(
                                s3.bucket(),
                                new S3Settings.StaticKeys(s3.accessKeyId(), s3.secretAccessKey(), Optional.empty()))
                        .withEndpoint(s3.endpoint())
                        .withAddressing(S3Settings.Addressing.PATH),
                StoreObserver.NONE);
        catalog = new BackupCatalog(store, LAYOUT, PutOptions.NONE);
        walArchive = Files.createDirectory(directory.resolve("wal"));
        Files.setPosixFilePermissions(
                walArchive, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @AfterEach
    void close() {
        assertThat(pool.inUse()).isZero();
        assertThat(s3.openUploads()).isZero();
        store.close();
        s3.close();
        List.of(fileIo, compute, timer, jdbc).forEach(Scheduler::dispose);
    }

    private Map<String, String> settings(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of(
                "unix_socket_directories",
                directory.toString(),
                "archive_mode",
                "on",
                "archive_command",
                "test ! -f " + walArchive + "/%f && cp %p " + walArchive + "/%f",
                "autovacuum_naptime",
                "1s"));
        all.putAll(more);
        return all;
    }

    private PostgresServer primary(PostgresBinaries postgres) throws IOException {
        Path data = directory.resolve("primary");
        String unused = postgres.initdb(data, "--data-checksums", "--wal-segsize=1");
        PostgresServer server = postgres.start(data, settings(Map.of()));
        Path there = Files.createDirectory(directory.resolve("there"));
        Path elsewhere = Files.createDirectory(directory.resolve("else \"where\""));
        server.execute(
                "create tablespace there location '" + there + "'",
                "create tablespace \"else where's\" location '" + elsewhere + "'",
                "create table here (id bigint primary key, filler text)",
                "create table there (id bigint primary key, filler text) tablespace there",
                "create table elsewhere (id bigint primary key, filler text) tablespace \"else where's\"",
                "create unlogged table unlogged as select generate_series(1, 10000) as id",
                "create table large as select id, repeat(md5(id::text), 30) as filler from generate_series(1, 20000) id");
        return server;
    }

    private BaseBackup backup(PostgresServer server, Compression compression, BackupObserver observer) {
        return new BaseBackup(
                BackupSettings.of(LAYOUT)
                        .withFastCheckpoint(true)
                        .withMaxArchiveBytes(1 << 20)
                        .withChecksums(ChecksumPolicy.FAIL)
                        .withWalPatience(PATIENCE),
                new DataDirectory(server.dataDirectory()),
                new JdbcBackupServer(
                        new ServerAddress.UnixSocket(directory, server.port()), "postgres", "postgres", jdbc),
                catalog,
                store,
                Codec.of(compression),
                pool,
                segment -> Mono.fromCallable(() -> Files.exists(walArchive.resolve(segment.toString()))),
                observer,
                fileIo,
                compute,
                timer);
    }

    private CompletedBackup take(PostgresServer server, Compression compression) {
        return Objects.requireNonNull(backup(server, compression, BackupObserver.NONE)
                .take(Optional.of("nightly"))
                .block(PATIENCE));
    }

    private PostgresServer restore(
            PostgresBinaries postgres, CompletedBackup backup, String name, String signal, Map<String, String> more)
            throws IOException {
        Path data = directory.resolve(name);
        Map<String, Path> tablespaces = Map.of(
                "there", directory.resolve(name + "-there"),
                "else where's", directory.resolve(name + "-elsewhere"));
        RestoredCluster.unpack(store, catalog, backup.id(), data, backup.tablespaces(), tablespaces);
        assertThat(data.resolve("backup_label")).hasContent(backup.label().strip());
        assertThat(data.resolve("tablespace_map")).doesNotExist();
        assertThat(data.resolve("postmaster.pid")).doesNotExist();
        Files.writeString(data.resolve(signal), "");
        Map<String, String> all = settings(more);
        all.put("restore_command", "cp " + walArchive + "/%f %p");
        return postgres.start(data, all);
    }

    private static long count(PostgresServer server, String table) {
        return Long.parseLong(server.query("select count(*) from " + table));
    }

    private static void awaitPrimary(PostgresServer server) {
        Awaitility.await().atMost(PATIENCE).until(() -> server.query("select pg_is_in_recovery()")
                .equals("f"));
    }

    /** Everything the load wrote, to the same number of transactions in every table, in pages and indexes alike. */
    private static long assertConsistent(PostgresServer server) {
        long rows = count(server, "here");
        for (String table : TABLES) {
            assertThat(count(server, table)).as(table).isEqualTo(rows);
            assertThat(server.query("select count(*) from " + table + " where id = any (array(select id from here))"))
                    .isEqualTo(Long.toString(rows));
        }
        assertThat(count(server, "large where length(filler) = 960")).isEqualTo(20_000);
        assertThat(count(server, "unlogged")).isZero();
        return rows;
    }

    @ParameterizedTest
    @CsvSource({"14,GZIP", "15,BZIP2", "16,SNAPPY", "17,LZ4", "18,ZSTD"})
    void aServerIsBackedUpUnderLoadAndBroughtBack(int major, Compression compression) throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        try (PostgresServer server = primary(postgres)) {
            CompletedBackup backup;
            long before;
            long after;
            WriteLoad load = WriteLoad.start(server, TABLES);
            try (load) {
                Awaitility.await().atMost(PATIENCE).until(() -> load.transactions() > 200);
                before = load.transactions();
                backup = take(server, compression);
                long end = load.transactions();
                Awaitility.await().atMost(PATIENCE).until(() -> load.transactions() > end + 200);
            }
            after = load.transactions();
            server.execute("select pg_switch_wal()");
            server.stop();

            assertThat(backup.damagedPages()).isZero();
            assertThat(backup.serverVersion() / 10_000).isEqualTo(major);
            List<BackupFile> files = Objects.requireNonNull(
                    catalog.files(backup.id()).block(PATIENCE));
            assertThat(files).allSatisfy(file -> assertThat(file.compression()).isEqualTo(compression));
            assertThat(files).extracting(file -> file.archive().stem()).contains("data").doesNotContain("0");
            assertThat(files.stream().filter(file -> file.volume() > 0)).isNotEmpty();
            assertThat(Objects.requireNonNull(catalog.get(backup.id()).block(PATIENCE)))
                    .isInstanceOfSatisfying(
                            CatalogEntry.Readable.class,
                            entry -> assertThat(entry.isRestorable()).isTrue());

            try (PostgresServer consistent = restore(
                    postgres,
                    backup,
                    "consistent",
                    RECOVERY,
                    Map.of("recovery_target", "immediate", "recovery_target_action", "promote", "archive_mode", "off"))) {
                awaitPrimary(consistent);
                assertThat(assertConsistent(consistent)).isBetween(before, after);
            }
            try (PostgresServer latest = restore(postgres, backup, "latest", RECOVERY, NO_ARCHIVING)) {
                awaitPrimary(latest);
                assertThat(assertConsistent(latest)).isEqualTo(after);
                for (TablespaceLocation tablespace : backup.tablespaces()) {
                    assertThat(latest.query("select pg_tablespace_location(" + tablespace.oid() + ")"))
                            .startsWith(directory.resolve("latest-").toString());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {14, 18})
    void aStandbyIsBackedUpUnderLoadAndBroughtBack(int major) throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        try (PostgresServer server = primary(postgres)) {
            CompletedBackup first = take(server, Compression.ZSTD);
            try (PostgresServer standby = restore(postgres, first, "standby", STANDBY, Map.of())) {
                CompletedBackup backup;
                long before;
                WriteLoad load = WriteLoad.start(server, TABLES);
                try (load) {
                    Awaitility.await().atMost(PATIENCE).until(() -> load.transactions() > 100);
                    before = load.transactions();
                    Awaitility.await().atMost(PATIENCE).until(() -> count(standby, "here") >= before);
                    backup = take(standby, Compression.LZ4);
                    assertThat(walArchive.resolve(backup.endWal().toString())).exists();
                }
                long after = load.transactions();
                assertThat(backup.fromStandby()).isTrue();
                assertThat(backup.damagedPages()).isZero();
                server.execute("select pg_switch_wal()");
                server.stop();
                standby.stop();

                try (PostgresServer latest = restore(postgres, backup, "latest", RECOVERY, NO_ARCHIVING)) {
                    awaitPrimary(latest);
                    assertThat(assertConsistent(latest)).isEqualTo(after);
                }
            }
        }
    }

    @Test
    void aStandbyThatIsPromotedMeanwhileFailsTheBackup() throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(17);
        try (PostgresServer server = primary(postgres)) {
            CompletedBackup first = take(server, Compression.ZSTD);
            try (PostgresServer standby = restore(postgres, first, "standby", STANDBY, NO_ARCHIVING)) {
                BackupObserver promoter = new BackupObserver() {
                    private boolean promoted;

                    @Override
                    public synchronized void progressed(BackupProgress progress) {
                        if (!promoted) {
                            promoted = true;
                            standby.promote();
                        }
                    }
                };
                assertThatThrownBy(() -> backup(standby, Compression.ZSTD, promoter)
                                .take(Optional.empty())
                                .block(PATIENCE))
                        .isInstanceOf(BackupException.StandbyPromoted.class)
                        .hasMessageContaining("promoted");
            }
            assertThat(catalog.list()
                            .map(entry -> ((CatalogEntry.Readable) entry).info().status())
                            .collectList()
                            .block(PATIENCE))
                    .containsExactly(BackupStatus.DONE, BackupStatus.FAILED);
        }
    }

    @ParameterizedTest
    @FieldSource("io.walarchiver.testing.postgres.PostgresBinaries#MAJOR_VERSIONS")
    void aFlippedBitInAPageOfThatServerIsFound(int major) throws IOException {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        try (PostgresServer server = primary(postgres)) {
            server.execute("checkpoint");
            String file = server.query("select pg_relation_filepath('large')");
            try (FileChannel relation = FileChannel.open(
                    server.dataDirectory().resolve(file), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                ByteBuffer one = ByteBuffer.allocate(1);
                assertThat(relation.read(one, 7 * 8192 + 4711)).isEqualTo(1);
                one.flip();
                one.put(0, (byte) (one.get(0) ^ 1));
                assertThat(relation.write(one, 7 * 8192 + 4711)).isEqualTo(1);
            }

            assertThatThrownBy(() -> take(server, Compression.ZSTD))
                    .isInstanceOf(BackupException.DamagedPages.class)
                    .hasMessageStartingWith("1 pages")
                    .hasMessageContaining(file + " block 7");
        }
    }
}
