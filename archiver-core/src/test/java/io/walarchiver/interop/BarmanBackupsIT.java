package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.base.BackupPhase;
import io.walarchiver.backup.base.BaseBackup;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.recovery.BackupChoice;
import io.walarchiver.backup.recovery.RecoveryException;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.TablespaceMapping;
import io.walarchiver.backup.retention.Retention;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.backup.retention.RetentionRun;
import io.walarchiver.backup.verify.Recoverability;
import io.walarchiver.backup.verify.TimelineHistories;
import io.walarchiver.backup.verify.UnrecoverableBackup;
import io.walarchiver.backup.verify.WalInventory;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** We on archives that the real barman-cloud tools write: we list, choose and restore their base backups. */
@Timeout(300)
class BarmanBackupsIT {

    private static final List<BarmanTools> TOOLS = BarmanTools.installed();

    /** Half an hour off the others, and 14 hours from the other one. */
    private static final String SERVER_ZONE = "America/St_Johns";

    private static final String TOOL_ZONE = "Pacific/Kiritimati";

    @TempDir
    static Path bucket;

    private static EmbeddedS3 server;
    private static ObjectStore store;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() {
        server = EmbeddedS3.startIn(bucket);
        store = WalArchiver.storeOf(server);
    }

    @AfterAll
    static void stop() {
        store.close();
        server.close();
    }

    /** Every algorithm for every release that knows it, spread over the versions of PostgreSQL. */
    static Stream<Arguments> scenarios() {
        List<Arguments> scenarios = new ArrayList<>();
        for (BarmanTools tools : TOOLS) {
            new TreeMap<>(Map.of(
                            14, Compression.NONE,
                            15, Compression.SNAPPY,
                            16, Compression.LZ4,
                            17, Compression.BZIP2,
                            18, Compression.GZIP))
                    .forEach((major, compression) -> {
                        if (tools.backsUpWith(compression)) {
                            scenarios.add(Arguments.of(tools, major, compression));
                        }
                    });
        }
        return scenarios.stream();
    }

    private static List<String> option(Compression compression) {
        return compression == Compression.NONE ? List.of() : List.of("--" + compression.configurationName());
    }

    private static List<String> backupOptions(PostgresServer source, String... more) {
        List<String> options = new ArrayList<>(List.of(
                "--immediate-checkpoint", "-h", "127.0.0.1", "-U", "postgres", "-p", Integer.toString(source.port())));
        options.addAll(List.of(more));
        return options;
    }

    private static Map<String, String> archivingByBarman(BarmanTools tools, String prefix, List<String> options) {
        return Map.of(
                "archive_mode",
                "on",
                "archive_command",
                tools.walCommand(server, "barman-cloud-wal-archive", prefix, options, "%p"));
    }

    @ParameterizedTest(name = "{0}, PostgreSQL {1}, {2}", allowZeroInvocations = true)
    @MethodSource("scenarios")
    void weRestoreTheirBackupAndPostgresRecovers(BarmanTools tools, int major, Compression compression)
            throws IOException {
        String prefix = "theirs/" + tools.version() + "/" + major;
        SampleCluster cluster = SampleCluster.create(major, Files.createDirectory(directory.resolve("source")));
        Path configuration = moveConfigurationOut(cluster);
        try (WalArchiver archiver = new WalArchiver(store, prefix, Compression.ZSTD, directory)) {
            Map<String, String> settings = new LinkedHashMap<>(archivingByBarman(tools, prefix, option(compression)));
            settings.put("config_file", configuration.resolve("postgresql.conf").toString());
            settings.put("hba_file", configuration.resolve("pg_hba.conf").toString());
            settings.put("ident_file", configuration.resolve("pg_ident.conf").toString());
            settings.put("timezone", SERVER_ZONE);
            Map<String, Integer> atEnd;
            Instant before;
            Instant after;
            try (PostgresServer source = cluster.start(settings)) {
                before = now(source);
                List<String> options = backupOptions(source, "-S", "10MB", "-J", "3", "--name", "nightly");
                options.addAll(option(compression));
                tools.succeed(
                        server,
                        "barman-cloud-backup",
                        prefix,
                        options,
                        Map.of("TZ", TOOL_ZONE),
                        BarmanTools.SERVER_NAME);
                after = now(source);
                SampleCluster.addRows(source);
                atEnd = SampleCluster.rows(source);
                archiver.archiveEverything(source);
            }

            BackupInfo listed = ((CatalogEntry.Readable) archiver.list().get(0)).info();
            assertThat(listed.name()).contains("nightly");
            assertThat(listed.status()).isEqualTo(BackupStatus.DONE);
            assertThat(listed.begin().time().orElseThrow()).isBetween(before, after);
            assertThat(listed.end().time().orElseThrow()).isBetween(before, after);
            assertThat(listed.tablespaces()).hasSize(2);

            Path restored = directory.resolve("restored");
            BackupChoice choice = archiver.restore(
                    RecoveryTarget.time(after),
                    RestoreDestination.of(restored).withTablespaces(TablespaceMapping.of(targets(cluster))));
            assertThat(choice.backup().info().name()).contains("nightly");
            assertThat(archiver.warnings()).isEmpty();
            assertThat(restored.resolve("pg_hba.conf")).hasSameTextualContentAs(configuration.resolve("pg_hba.conf"));

            WalCommands commands = archiver.restoreCommands(restored);
            Files.createFile(restored.resolve("recovery.signal"));
            try (PostgresServer recovered =
                    cluster.startRestored(restored, Map.of("restore_command", commands.restoreCommand()))) {
                SampleCluster.awaitPrimary(recovered);
                assertThat(SampleCluster.rows(recovered)).isEqualTo(atEnd);
                assertThat(recovered.query("show work_mem")).isEqualTo("5MB");
            }
            assertThat(commands.failures()).isEmpty();
            archiver.assertNothingHeld();
        }
    }

    /** As Debian does: the configuration is not in the data directory. */
    private Path moveConfigurationOut(SampleCluster cluster) throws IOException {
        Path configuration = Files.createDirectory(directory.resolve("etc"));
        for (String name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
            Files.move(cluster.dataDirectory().resolve(name), configuration.resolve(name));
        }
        Path main = configuration.resolve("postgresql.conf");
        Files.writeString(main, Files.readString(main) + "\nwork_mem = '5MB'\n");
        PostgresBinaries.handOver(configuration);
        return configuration;
    }

    private static Instant now(PostgresServer server) {
        return Instant.parse(server.query(
                "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @FieldSource("TOOLS")
    void aTablespaceInsideTheDataDirectoryIsRestoredWithAWarning(BarmanTools tools) throws IOException {
        String prefix = "inside/" + tools.version();
        SampleCluster cluster = SampleCluster.create(16, Files.createDirectory(directory.resolve("source")));
        Path inside = Files.createDirectory(cluster.dataDirectory().resolve("inside"));
        PostgresBinaries.handOver(inside);
        try (WalArchiver archiver = new WalArchiver(store, prefix, Compression.NONE, directory)) {
            WalCommands commands = archiver.commands(cluster.dataDirectory());
            try (PostgresServer source = cluster.start(WalArchiver.archivingBy(commands))) {
                source.execute(
                        "create tablespace inside location '" + inside + "'",
                        "create table inmate tablespace inside as select generate_series(1, 77)");
                tools.succeed(
                        server,
                        "barman-cloud-backup",
                        prefix,
                        backupOptions(source),
                        Map.of(),
                        BarmanTools.SERVER_NAME);
                archiver.archiveEverything(source);
            }

            Path restored = directory.resolve("restored");
            Map<String, Path> targets = targets(cluster);
            targets.put("inside", restored.resolve("inside"));
            archiver.restore(
                    RecoveryTarget.latest(),
                    RestoreDestination.of(restored).withTablespaces(TablespaceMapping.of(targets)));
            assertThat(archiver.warnings()).singleElement().asString().contains("inside the data directory");

            Files.createFile(restored.resolve("recovery.signal"));
            String restoreCommand = archiver.restoreCommands(restored).restoreCommand();
            try (PostgresServer recovered =
                    cluster.startRestored(restored, Map.of("restore_command", restoreCommand))) {
                SampleCluster.awaitPrimary(recovered);
                assertThat(recovered.query("select count(*) from inmate")).isEqualTo("77");
                assertThat(recovered.query(
                                "select pg_tablespace_location(oid) from pg_tablespace where spcname = 'inside'"))
                        .isEqualTo(restored.resolve("inside").toString());
            }
            archiver.assertNothingHeld();
        }
    }

    private Map<String, Path> targets(SampleCluster cluster) {
        Map<String, Path> targets = new HashMap<>();
        cluster.tablespaces()
                .forEach(
                        (name, location) -> targets.put(name, directory.resolve("restored " + location.getFileName())));
        return targets;
    }

    /**
     * barman reports a backup of a standby when the files are copied. The record says nothing about the WAL it needs, which
     * the primary archives when it likes; what tells is the archive.
     */
    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @FieldSource("TOOLS")
    void aBackupOfAStandbyIsOfUseOnceItsWalIsArchived(BarmanTools tools) throws IOException {
        String prefix = "standby/" + tools.version();
        SampleCluster cluster = SampleCluster.create(17, Files.createDirectory(directory.resolve("source")));
        try (WalArchiver archiver = new WalArchiver(store, prefix, Compression.GZIP, directory)) {
            WalCommands commands = archiver.commands(cluster.dataDirectory());
            try (PostgresServer primary = cluster.start(WalArchiver.archivingBy(commands));
                    PostgresServer standby = standbyOf(archiver, cluster, primary)) {
                writeWhatIsNotArchived(primary, standby);
                tools.succeed(
                        server,
                        "barman-cloud-backup",
                        prefix,
                        backupOptions(standby, "--name", "theirs"),
                        Map.of(),
                        BarmanTools.SERVER_NAME);

                CatalogEntry.Readable theirs =
                        archiver.choose(RecoveryTarget.latest()).backup();
                assertThat(theirs.info().name()).contains("theirs");
                WalSegmentName end = theirs.info().end().segment().orElseThrow();
                assertThat(recoverability(archiver).unrecoverable())
                        .extracting(UnrecoverableBackup::backup)
                        .containsExactly(theirs.id());
                Path early = directory.resolve("early");
                assertThatThrownBy(() -> archiver.restore(
                                RecoveryTarget.latest(),
                                RestoreDestination.of(early)
                                        .withTablespaces(
                                                tablespace -> early.resolveSibling("early-" + tablespace.oid()))))
                        .isInstanceOf(RecoveryException.FirstWalMissing.class)
                        .hasMessageContaining(
                                theirs.info().begin().segment().orElseThrow().toString());
                assertThat(early).doesNotExist();

                archiver.archiveEverything(primary);
                archiver.awaitArchived(end);
                assertThat(recoverability(archiver).unrecoverable()).isEmpty();

                // Ours waits, as long as it has to.
                writeWhatIsNotArchived(primary, standby);
                BaseBackup ours = archiver.baseBackup(standby, store, settings -> settings);
                CompletableFuture<CompletedBackup> taken =
                        ours.take(Optional.of("ours")).toFuture();
                Awaitility.await("a backup that waits for the primary")
                        .atMost(WalArchiver.PATIENCE)
                        .until(() -> ours.progress()
                                .filter(progress -> progress.phase() == BackupPhase.WAITING_FOR_WAL)
                                .isPresent());
                assertThat(statuses(archiver)).doesNotContainKey("ours");
                primary.execute("select pg_switch_wal()");
                assertThat(taken).succeedsWithin(WalArchiver.PATIENCE);
                assertThat(recoverability(archiver).unrecoverable()).isEmpty();
                assertThat(tools.succeed(
                                server,
                                "barman-cloud-backup-list",
                                prefix,
                                List.of(),
                                Map.of(),
                                BarmanTools.SERVER_NAME))
                        .contains("theirs", "ours");

                Path restored = directory.resolve("restored");
                archiver.restore(
                        RecoveryTarget.latest().with(theirs.id()),
                        RestoreDestination.of(restored).withTablespaces(TablespaceMapping.of(targets(cluster))));
                Map<String, Integer> rows = SampleCluster.rows(primary);
                Files.createFile(restored.resolve("recovery.signal"));
                String restoreCommand = archiver.restoreCommands(restored).restoreCommand();
                try (PostgresServer recovered =
                        cluster.startRestored(restored, Map.of("restore_command", restoreCommand))) {
                    SampleCluster.awaitPrimary(recovered);
                    assertThat(SampleCluster.rows(recovered)).isEqualTo(rows);
                }
                archiver.assertNothingHeld();
            }
        }
    }

    /** A standby that streams, made of a backup of ours that is deleted afterwards. */
    private PostgresServer standbyOf(WalArchiver archiver, SampleCluster cluster, PostgresServer primary)
            throws IOException {
        CompletedBackup base = archiver.backUp(primary, Optional.empty(), settings -> settings);
        Path data = directory.resolve("standby");
        archiver.restore(
                RecoveryTarget.latest(),
                RestoreDestination.of(data)
                        .withTablespaces(tablespace -> directory.resolve("standby-" + tablespace.oid())));
        Retention retention = new Retention(store, archiver.layout(), archiver.catalog());
        RetentionRun run = new RetentionRun(store, archiver.layout(), archiver.catalog());
        var unused = WalArchiver.answer(retention.planDeletion(base.id(), 0).flatMap(run::execute));
        Files.createFile(data.resolve("standby.signal"));
        return cluster.startRestored(
                data,
                Map.of(
                        "archive_mode",
                        "on",
                        "archive_command",
                        "false",
                        "primary_conninfo",
                        "host=127.0.0.1 user=postgres port=" + primary.port()));
    }

    /** Makes the standby begin its next backup in a segment that is not archived. */
    private static void writeWhatIsNotArchived(PostgresServer primary, PostgresServer standby) {
        SampleCluster.addRows(primary);
        primary.execute("checkpoint");
        SampleCluster.awaitReplay(primary, standby);
        standby.execute("checkpoint");
    }

    private static Recoverability recoverability(WalArchiver archiver) {
        WalInventory inventory =
                WalArchiver.answer(WalInventory.read(store, archiver.layout(), SegmentSize.ofMebibytes(1)));
        TimelineHistories histories = WalArchiver.answer(TimelineHistories.read(store, archiver.layout(), inventory));
        return Recoverability.of(inventory, histories, archiver.list());
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @FieldSource("TOOLS")
    void theirFailuresAreSeenAndNeverChosen(BarmanTools tools) throws Exception {
        String prefix = "failures/" + tools.version();
        Path archiveWorks = Files.createFile(directory.resolve("archive-works"));
        SampleCluster cluster = SampleCluster.create(15, Files.createDirectory(directory.resolve("source")));
        try (WalArchiver archiver = new WalArchiver(store, prefix, Compression.NONE, directory);
                PostgresServer source =
                        cluster.start(Map.of("archive_mode", "on", "archive_command", "test -e " + archiveWorks))) {
            tools.succeed(
                    server,
                    "barman-cloud-backup",
                    prefix,
                    backupOptions(source, "--name", "good"),
                    Map.of(),
                    BarmanTools.SERVER_NAME);

            awaitNextId();
            // While it waits for a checkpoint that takes its time.
            source.execute("update noise set note = note || '!'");
            List<String> slowly = new ArrayList<>(backupOptions(source, "--name", "at-start"));
            slowly.remove("--immediate-checkpoint");
            try (Running backup = new Running(tools, prefix, slowly)) {
                awaitWaiting(source, "CheckpointStart", "CheckpointDone");
                terminateSession(source);
                backup.awaitFailure();
            }
            source.execute("checkpoint");

            awaitNextId();
            server.refuseParts(true);
            try (Running backup = new Running(tools, prefix, backupOptions(source, "--name", "refused"))) {
                // Releases of old may hang when they have recorded the failure.
                Awaitility.await("the record of the failure")
                        .atMost(WalArchiver.PATIENCE)
                        .until(() -> statuses(archiver).get("refused") == BackupStatus.FAILED);
            } finally {
                server.refuseParts(false);
            }

            // While it waits for the archive that does not work.
            Files.delete(archiveWorks);
            awaitNextId();
            try (Running backup = new Running(tools, prefix, backupOptions(source, "--name", "at-stop"))) {
                awaitWaiting(source, "BackupWaitWalArchive");
                terminateSession(source);
                backup.awaitFailure();
            }
            awaitNextId();
            try (Running backup = new Running(tools, prefix, backupOptions(source, "--name", "killed"))) {
                awaitWaiting(source, "BackupWaitWalArchive");
            }
            Files.createFile(archiveWorks);

            Map<String, BackupStatus> statuses = statuses(archiver);
            // Since 3.19 a record is there from the start, without the name.
            BackupStatus killed = statuses.remove("");
            assertThat(killed).isIn(null, BackupStatus.STARTED);
            assertThat(statuses)
                    .containsExactlyInAnyOrderEntriesOf(Map.of(
                            "good",
                            BackupStatus.DONE,
                            "at-start",
                            BackupStatus.FAILED,
                            "refused",
                            BackupStatus.FAILED,
                            "at-stop",
                            BackupStatus.FAILED));

            List<CatalogEntry.Readable> failed = archiver.list().stream()
                    .map(CatalogEntry.Readable.class::cast)
                    .filter(entry -> !entry.info().name().equals(Optional.of("good")))
                    .toList();
            assertThat(failed).noneMatch(CatalogEntry.Readable::isRestorable);
            for (RecoveryTarget target :
                    List.of(RecoveryTarget.latest(), RecoveryTarget.immediate(), RecoveryTarget.time(now(source)))) {
                assertThat(archiver.choose(target).backup().info().name()).contains("good");
                for (CatalogEntry.Readable entry : failed) {
                    assertThatThrownBy(() -> archiver.choose(target.with(entry.id())))
                            .isInstanceOf(RecoveryException.NoSuitableBackup.class)
                            .hasMessageContaining(entry.id().value());
                }
            }

            Retention retention = new Retention(store, archiver.layout(), archiver.catalog());
            assertThat(WalArchiver.answer(retention.plan(new RetentionPolicy.Redundancy(0), 0, now(source)))
                            .deletions())
                    .extracting(decision -> decision.entry().info().name().orElse(""))
                    .containsExactly("good");
            RetentionRun run = new RetentionRun(store, archiver.layout(), archiver.catalog());
            for (CatalogEntry.Readable entry : failed) {
                assertThat(WalArchiver.answer(
                                        retention.planDeletion(entry.id(), 1).flatMap(run::execute))
                                .isComplete())
                        .isTrue();
                assertThat(archiver.keys()).noneMatch(key -> key.startsWith("base/" + entry.id()));
            }
            assertThat(archiver.choose(RecoveryTarget.latest()).backup().isRestorable())
                    .isTrue();
        }
    }

    /** barman names backups by the second, and the second of two with one name replaces the first. */
    private static void awaitNextId() {
        Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Awaitility.await("the next second")
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Instant.now().truncatedTo(ChronoUnit.SECONDS).isAfter(before));
    }

    private static Map<String, BackupStatus> statuses(WalArchiver archiver) {
        Map<String, BackupStatus> statuses = new HashMap<>();
        archiver.list().forEach(entry -> {
            BackupInfo info = ((CatalogEntry.Readable) entry).info();
            statuses.put(info.name().orElse(""), info.status());
        });
        return statuses;
    }

    private static void awaitWaiting(PostgresServer server, String... events) {
        Awaitility.await("a backup that waits for " + List.of(events))
                .atMost(WalArchiver.PATIENCE)
                .until(() -> server.query("select count(*) from pg_stat_activity where application_name ="
                                + " 'barman_cloud_backup' and wait_event in ('" + String.join("', '", events) + "')")
                        .equals("1"));
    }

    private static void terminateSession(PostgresServer server) {
        server.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name ="
                + " 'barman_cloud_backup'");
    }

    /** A backup by barman in the background. Closing it kills it, with the processes it started. */
    private final class Running implements AutoCloseable {

        private final Path output = directory.resolve("barman.log");
        private final Process process;

        Running(BarmanTools tools, String prefix, List<String> options) {
            this.process = tools.start(server, "barman-cloud-backup", prefix, options, output);
        }

        void awaitFailure() throws IOException, InterruptedException {
            boolean ended = process.waitFor(2, TimeUnit.MINUTES);
            assertThat(ended).as(Files.readString(output)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(output)).isNotZero();
        }

        @Override
        public void close() throws InterruptedException {
            List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
            all.add(process.toHandle());
            all.forEach(ProcessHandle::destroyForcibly);
            int unused = process.waitFor();
        }
    }
}
