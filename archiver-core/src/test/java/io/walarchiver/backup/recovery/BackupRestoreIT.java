package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.recovery.RecoveryConfiguration.Action;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import io.walarchiver.restore.RestoreObserver;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.restore.RestoreSettings;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3ObjectStore;
import io.walarchiver.store.s3.S3Settings;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.Lsn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.scheduler.Schedulers;

/** Real servers: backed up under load, lost, brought back from S3, recovered to a target, and asked for their rows. */
@Timeout(300)
class BackupRestoreIT {

    private static final ArchiveLayout LAYOUT = new ArchiveLayout("pg", "orders-db");
    private static final String ID = "20310405T060708";
    private static final int ROWS = 1000;

    @TempDir
    Path directory;

    private EmbeddedS3 s3;
    private ObjectStore store;
    private Path archive;
    private final BufferPool pool = new BufferPool(1 << 20, 6);

    @BeforeEach
    void start() throws IOException {
        s3 = EmbeddedS3.start();
        store = S3ObjectStore.open(
                S3Settings.of(
                                s3.bucket(),
                                new S3Settings.StaticKeys(s3.accessKeyId(), s3.secretAccessKey(), Optional.empty()))
                        .withEndpoint(s3.endpoint()),
                StoreObserver.NONE);
        archive = directory("archive");
    }

    @AfterEach
    void stop() {
        assertThat(pool.inUse()).isZero();
        store.close();
        s3.close();
    }

    static Stream<Integer> everyVersion() {
        return PostgresBinaries.MAJOR_VERSIONS.stream();
    }

    /** A directory that a server of another user can use, too. */
    private Path directory(String name) throws IOException {
        Path made = Files.createDirectories(directory.resolve(name));
        made.toFile().setWritable(true, false);
        return made;
    }

    private Map<String, String> archiving() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("archive_mode", "on");
        settings.put("archive_command", "cp %p " + archive + "/%f");
        settings.put("wal_keep_size", "0");
        return settings;
    }

    /** Where the history of the source can be recovered to. */
    private record Points(String time, String lsn, String xid, Lsn backupEnd) {}

    /**
     * A server with {@code ROWS} rows before the backup, as many while it is taken, and each time as many more before a
     * restore point "first", before a moment, before a position, and in a transaction, all of them in two tablespaces.
     */
    private Points source(int major, Compression compression) throws Exception {
        PostgresBinaries postgres = PostgresBinaries.of(major);
        Path data = directory("source").resolve("data");
        postgres.initdb(data, "--wal-segsize=1");
        Path space = directory("source/space one");
        String time;
        String lsn;
        String xid;
        try (PostgresServer server = postgres.start(data, archiving())) {
            TestBackup backup = new TestBackup(store, LAYOUT, server, major);
            try (Connection connection = TestBackup.connect(server)) {
                run(connection, "create tablespace \"one\" location '" + space + "'");
                run(connection, "create table here (i int)");
                run(connection, "create table there (i int) tablespace one");
                insert(connection);
                backup.take(ID, compression, () -> insert(connection));
                insert(connection);
                run(connection, "select pg_create_restore_point('first')");
                insert(connection);
                time = TestBackup.ask(connection, "select clock_timestamp() at time zone 'UTC'");
                insert(connection);
                lsn = TestBackup.ask(connection, "select pg_current_wal_insert_lsn()");
                connection.setAutoCommit(false);
                insert(connection);
                xid = TestBackup.ask(connection, "select pg_current_xact_id()");
                connection.commit();
                connection.setAutoCommit(true);
                insert(connection);
                run(connection, "select pg_switch_wal()");
            }
            server.stop();
            backup.archive(archive);
        }
        CatalogEntry.Readable entry = (CatalogEntry.Readable) catalog().get(0);
        return new Points(time, lsn, xid, entry.info().end().lsn().orElseThrow());
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void insert(Connection connection) throws SQLException {
        boolean alone = connection.getAutoCommit();
        if (alone) {
            connection.setAutoCommit(false);
        }
        for (String table : List.of("here", "there")) {
            run(connection, "insert into " + table + " select generate_series(1, " + ROWS + ")");
        }
        if (alone) {
            connection.commit();
            connection.setAutoCommit(true);
        }
    }

    private List<CatalogEntry> catalog() {
        return Objects.requireNonNull(new BackupCatalog(store, LAYOUT, PutOptions.NONE)
                .list()
                .collectList()
                .block(Duration.ofSeconds(30)));
    }

    /** Chooses and restores, and tells PostgreSQL where to go. */
    private Path restore(String name, RecoveryTarget target) throws IOException {
        List<CatalogEntry> catalog = catalog();
        TimelineHistories histories = Objects.requireNonNull(
                TargetHistories.read(store, LAYOUT, catalog, target).block(Duration.ofSeconds(30)));
        BackupChoice choice = BackupChoice.of(catalog, histories, target);
        Path data = directory("restored " + name).resolve("data");
        RestoreDestination destination = RestoreDestination.of(data)
                .withTablespaces(space -> data.resolveSibling("space " + space.name()))
                .withWalVolume(data.resolveSibling("wal"));
        RestorePipeline wals = new RestorePipeline(
                RestoreSettings.of(LAYOUT, directory.resolve("spool")),
                store,
                pool,
                Schedulers.parallel(),
                Schedulers.boundedElastic(),
                Schedulers.parallel(),
                new RestoreObserver() {});
        BackupRestore restore = new BackupRestore(
                BackupRestoreSettings.DEFAULT,
                store,
                LAYOUT,
                pool,
                wals,
                Schedulers.parallel(),
                BackupRestoreObserver.NONE);
        RestoreOrder order = new RestoreOrder(
                choice.backup(),
                Objects.requireNonNull(new BackupCatalog(store, LAYOUT, PutOptions.NONE)
                        .files(choice.backup().id())
                        .block(Duration.ofSeconds(30))),
                target,
                destination);
        RestoredBackup restored = Objects.requireNonNull(restore.restore(order).block(Duration.ofMinutes(2)));
        assertThat(restored.resumed()).isFalse();
        new RecoveryConfiguration("cp '" + archive + "/%f' '%p'", Action.PROMOTE, Optional.of(target)).installIn(data);
        return data;
    }

    /** Recovers, and counts the rows in each of the tables. */
    private long recoveredRows(int major, String name, RecoveryTarget target) throws Exception {
        Path data = restore(name, target);
        // The server may run as another user than the test.
        try (PostgresServer server = PostgresBinaries.of(major).start(data, Map.of("archive_mode", "off"))) {
            try (Connection connection = TestBackup.connect(server)) {
                awaitPromotion(connection);
                String here = TestBackup.ask(connection, "select count(*) from here");
                String there = TestBackup.ask(connection, "select count(*) from there");
                assertThat(there).isEqualTo(here);
                assertThat(TestBackup.ask(
                                connection,
                                "select pg_tablespace_location(oid) from pg_tablespace where spcname = 'one'"))
                        .isEqualTo(data.resolveSibling("space one").toString());
                assertThat(Files.readSymbolicLink(data.resolve("pg_wal")))
                        .isEqualTo(data.resolveSibling("wal").resolve("pg_wal"));
                // Whatever is damaged in a page shows when all of it is read.
                run(connection, "vacuum (freeze)");
                return Long.parseLong(here) / ROWS;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("everyVersion")
    void everyVersionComesBack(int major) throws Exception {
        Compression[] all = Compression.values();
        Points points = source(major, all[major % all.length]);

        assertThat(recoveredRows(major, "latest", RecoveryTarget.latest())).isEqualTo(7);
        assertThat(recoveredRows(major, "name", RecoveryTarget.name("first"))).isEqualTo(3);
        // What allows a backup to be chosen that ends exactly at the target.
        for (boolean inclusive : new boolean[] {true, false}) {
            RecoveryTarget end =
                    new RecoveryTarget.Lsn(points.backupEnd(), inclusive, TargetTimeline.LATEST, Optional.empty());
            assertThat(recoveredRows(major, "end " + inclusive, end)).isEqualTo(2);
        }
    }

    @Test
    void everyTargetIsReached() throws Exception {
        int major = 17;
        Points points = source(major, Compression.ZSTD);

        assertThat(recoveredRows(major, "immediate", RecoveryTarget.immediate()))
                .isEqualTo(2);
        assertThat(recoveredRows(major, "time", target(Optional.of(points.time()), Optional.empty(), Optional.empty())))
                .isEqualTo(4);
        assertThat(recoveredRows(major, "lsn", target(Optional.empty(), Optional.of(points.lsn()), Optional.empty())))
                .isEqualTo(5);
        assertThat(recoveredRows(major, "xid", target(Optional.empty(), Optional.empty(), Optional.of(points.xid()))))
                .isEqualTo(6);
    }

    private static RecoveryTarget target(Optional<String> time, Optional<String> lsn, Optional<String> xid) {
        return new RecoveryTargetText(
                        Optional.empty(), Optional.empty(), time, lsn, Optional.empty(), xid, false, false)
                .toTarget();
    }

    /** Twice a server is lost, recovered to an earlier point and goes on along a new timeline; one backup leads to all. */
    @Test
    void oneBackupLeadsAcrossPromotions() throws Exception {
        int major = 18;
        PostgresBinaries postgres = PostgresBinaries.of(major);
        Points unused = source(major, Compression.GZIP);
        List<RecoveryTarget> targets = List.of(RecoveryTarget.name("first"), RecoveryTarget.name("second"));
        for (int promotion = 0; promotion < targets.size(); promotion++) {
            Path data = restore("promotion " + promotion, targets.get(promotion));
            try (PostgresServer server = postgres.start(data, archiving())) {
                try (Connection connection = TestBackup.connect(server)) {
                    awaitPromotion(connection);
                    insert(connection);
                    run(connection, "select pg_create_restore_point('second')");
                    insert(connection);
                    run(connection, "select pg_switch_wal()");
                }
                server.stop();
                new TestBackup(store, LAYOUT, server, major).archive(archive);
            }
        }

        // Three batches before "first", one before and one behind "second", of which the last is lost again.
        assertThat(recoveredRows(major, "latest", RecoveryTarget.latest())).isEqualTo(6);
        assertThat(recoveredRows(major, "second", RecoveryTarget.latest().with(TargetTimeline.parse("2"))))
                .isEqualTo(5);
        assertThat(recoveredRows(major, "first", RecoveryTarget.latest().with(TargetTimeline.parse("1"))))
                .isEqualTo(7);
        assertThat(recoveredRows(major, "current", RecoveryTarget.latest().with(TargetTimeline.CURRENT)))
                .isEqualTo(7);
    }

    private static void awaitPromotion(Connection connection) {
        await().alias("the end of recovery")
                .atMost(Duration.ofSeconds(60))
                .until(() ->
                        TestBackup.ask(connection, "select pg_is_in_recovery()").equals("f"));
    }
}
