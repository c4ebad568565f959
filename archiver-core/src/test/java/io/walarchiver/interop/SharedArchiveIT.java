package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.base.BackupException;
import io.walarchiver.backup.base.BaseBackup;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupRemains;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.backup.catalog.KeepTarget;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.TablespaceMapping;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Content;
import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;

/** The real barman-cloud tools and we at work on one archive: marks, deletion, failures, backups side by side. */
@Timeout(300)
class SharedArchiveIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path home;

    private static EmbeddedS3 server;
    private static ObjectStore store;
    private static @Nullable SampleCluster cluster;

    @TempDir
    Path directory;

    static List<BarmanTools> tools() {
        return BarmanTools.installed();
    }

    @BeforeAll
    static void start() throws IOException {
        server = EmbeddedS3.startIn(Files.createDirectory(home.resolve("bucket")));
        store = WalArchiver.storeOf(server);
        if (!tools().isEmpty()) {
            cluster = SampleCluster.create(17, Files.createDirectory(home.resolve("source")));
        }
    }

    @AfterAll
    static void stop() {
        store.close();
        server.close();
    }

    private WalArchiver archiver(String prefix) {
        return new WalArchiver(store, prefix, Compression.GZIP, directory);
    }

    /** A server whose WAL goes nowhere, for tests that need none. */
    private static PostgresServer serverWithoutArchive() {
        return Objects.requireNonNull(cluster).start(Map.of("archive_mode", "on", "archive_command", "true"));
    }

    private static String run(
            BarmanTools tools, String tool, String prefix, List<String> options, String... arguments) {
        return tools.succeed(server, tool, prefix, options, Map.of(), arguments);
    }

    private static JsonNode list(BarmanTools tools, String prefix) throws IOException {
        String console = run(tools, "barman-cloud-backup-list", prefix, List.of(), BarmanTools.SERVER_NAME);
        JsonNode list = JSON.readTree(run(
                        tools,
                        "barman-cloud-backup-list",
                        prefix,
                        List.of("--format", "json"),
                        BarmanTools.SERVER_NAME))
                .get("backups_list");
        // Old releases leave out of the console what is not done.
        list.forEach(backup -> {
            if (backup.get("status").asText().equals("DONE")) {
                assertThat(console).contains(backup.get("backup_id").asText());
            }
        });
        return list;
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("tools")
    void barmanDeletesOurBackupUnlessWePinnedIt(BarmanTools tools) {
        String prefix = "delete/" + tools.version();
        try (WalArchiver archiver = archiver(prefix);
                PostgresServer source = serverWithoutArchive()) {
            CompletedBackup backup =
                    archiver.backUp(source, Optional.empty(), settings -> settings.withMaxArchiveBytes(1 << 20));
            String id = backup.id().value();
            assertThat(archiver.keys())
                    .contains("base/" + id + "/data_0001.tar.gz")
                    .filteredOn(key -> key.matches("base/" + id + "/[0-9]+\\.tar\\.gz"))
                    .hasSize(2);

            archiver.catalog().keep(backup.id(), KeepTarget.STANDALONE).block(WalArchiver.PATIENCE);
            assertThat(run(tools, "barman-cloud-backup-list", prefix, List.of(), BarmanTools.SERVER_NAME))
                    .contains("KEEP:STANDALONE");
            BarmanTools.Outcome refused =
                    tools.run(server, "barman-cloud-backup-delete", prefix, List.of("-b", id), BarmanTools.SERVER_NAME);
            assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);

            archiver.catalog().release(backup.id()).block(WalArchiver.PATIENCE);
            run(tools, "barman-cloud-backup-delete", prefix, List.of("-b", id), BarmanTools.SERVER_NAME);
            assertThat(archiver.keys()).noneMatch(key -> key.startsWith("base/"));
            archiver.assertNothingHeld();
        }
    }

    /** Given such a URL, barman looks for marks, and for nothing else, below one more slash. */
    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("tools")
    void keepMarksAreSeenBothWaysWhenTheUrlEndsInASlash(BarmanTools tools) {
        String prefix = "slash/" + tools.version();
        String url = prefix + "/";
        try (WalArchiver archiver = archiver(prefix)) {
            FakeBackup fake = FakeBackup.done(
                    "20310405T060708", "000000010000000000000003", Instant.parse("2031-04-05T06:08:00Z"));
            BackupId id = new BackupId(fake.id());
            place(archiver, "data.tar", "no tar".getBytes(StandardCharsets.UTF_8), id);
            place(archiver, "backup.info", fake.record(), id);

            keep(tools, url, List.of("--target", "standalone"), fake.id());
            assertThat(archiver.store()
                            .list(prefix + "//")
                            .map(object -> object.key().value())
                            .collectList()
                            .block(WalArchiver.PATIENCE))
                    .containsExactly(url + "/orders-db/base/20310405T060708/annotations/keep");
            assertThat(archiver.catalog().keepTarget(id).block(WalArchiver.PATIENCE))
                    .isEqualTo(KeepTarget.STANDALONE);
            assertThat(archiver.list())
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.keep()).contains(KeepTarget.STANDALONE));
            assertThat(keep(tools, url, List.of("-s"), fake.id())).contains("Keep: standalone");
            archiver.catalog().release(id).block(WalArchiver.PATIENCE);
            assertThat(keep(tools, url, List.of("-s"), fake.id())).contains("nokeep");

            archiver.catalog().withTrailingSlash().keep(id, KeepTarget.FULL).block(WalArchiver.PATIENCE);
            assertThat(keep(tools, url, List.of("-s"), fake.id())).contains("Keep: full");
            assertThat(keep(tools, prefix, List.of("-s"), fake.id())).contains("Keep: full");
        }
    }

    private static void place(WalArchiver archiver, String name, byte[] content, BackupId id) {
        archiver.store()
                .put(
                        archiver.layout().backupKey(id.value(), name),
                        Content.of(ByteBuffer.wrap(content)),
                        PutOptions.NONE)
                .block(WalArchiver.PATIENCE);
    }

    private static String keep(BarmanTools tools, String prefix, List<String> options, String id) {
        return run(tools, "barman-cloud-backup-keep", prefix, options, BarmanTools.SERVER_NAME, id);
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("tools")
    void failedAndCancelledBackupsOfOursDoNotBreakTheList(BarmanTools tools) throws IOException {
        String prefix = "failed/" + tools.version();
        try (WalArchiver archiver = archiver(prefix);
                PostgresServer source = serverWithoutArchive()) {
            CompletedBackup sound = archiver.backUp(source, Optional.of("sound"), settings -> settings);

            // The uploads of the two tablespaces are completed before backup mode ends, that of the data after it.
            FaultyObjectStore faulty = new FaultyObjectStore(store)
                    .script(StoreOperation.COMPLETE_MULTIPART, Fault.pass(), Fault.pass(), Fault.unavailable());
            BaseBackup failing = archiver.baseBackup(source, faulty, settings -> settings);
            assertThatThrownBy(() -> failing.take(Optional.of("failing")).block(WalArchiver.PATIENCE))
                    .isInstanceOf(BackupException.class);
            assertThat(faulty.pending(StoreOperation.COMPLETE_MULTIPART)).isZero();

            BaseBackup cancelled = archiver.baseBackup(
                    source, store, settings -> settings.withBytesPerSecond(OptionalLong.of(1 << 20)));
            Disposable taking = cancelled.take(Optional.of("cancelled")).subscribe();
            Awaitility.await("a part of the backup")
                    .atMost(WalArchiver.PATIENCE)
                    .until(() -> cancelled
                            .progress()
                            .filter(p -> p.bytesStored() > 0)
                            .isPresent());
            taking.dispose();
            cancelled.idle().block(WalArchiver.PATIENCE);

            JsonNode list = list(tools, prefix);
            assertThat(list.findValuesAsText("backup_name")).containsExactly("sound", "failing", "cancelled");
            assertThat(list.findValuesAsText("status")).containsExactly("DONE", "FAILED", "FAILED");
            assertThat(list.findValues("end_time")).element(1).matches(JsonNode::isNull);
            assertThat(list.findValues("end_time")).element(2).matches(JsonNode::isNull);
            assertThat(archiver.list())
                    .extracting(entry -> ((CatalogEntry.Readable) entry).info().status())
                    .containsExactly(BackupStatus.DONE, BackupStatus.FAILED, BackupStatus.FAILED);
            assertThat(archiver.choose(RecoveryTarget.latest()).backup().id()).isEqualTo(sound.id());
            assertThat(server.openUploads()).isZero();
            archiver.assertNothingHeld();

            // Neither program deletes them by policy. barman can by id, and so can we.
            run(tools, "barman-cloud-backup-delete", prefix, List.of("-r", "REDUNDANCY 1"), BarmanTools.SERVER_NAME);
            assertThat(list(tools, prefix)).hasSize(3);
            String failed = list.get(1).get("backup_id").asText();
            run(tools, "barman-cloud-backup-delete", prefix, List.of("-b", failed), BarmanTools.SERVER_NAME);
            assertThat(archiver.keys()).noneMatch(key -> key.startsWith("base/" + failed));
        }
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("tools")
    void whatAKilledProcessLeavesIsNoBackup(BarmanTools tools) throws Exception {
        String prefix = "killed/" + tools.version();
        try (WalArchiver archiver = archiver(prefix);
                PostgresServer source = serverWithoutArchive()) {
            CompletedBackup sound = archiver.backUp(source, Optional.of("sound"), settings -> settings);
            int objects = archiver.keys().size();

            Process probe = BackupProbe.start(server, prefix, source, directory.resolve("probe.log"));
            try {
                Awaitility.await("a whole volume of the backup")
                        .atMost(WalArchiver.PATIENCE)
                        .until(() -> archiver.keys().size() > objects || !probe.isAlive());
                assertThat(probe.isAlive())
                        .as(() -> read(directory.resolve("probe.log")))
                        .isTrue();
            } finally {
                assertThat(probe.destroyForcibly().waitFor(1, TimeUnit.MINUTES)).isTrue();
            }

            assertThat(list(tools, prefix).findValuesAsText("backup_name")).containsExactly("sound");
            run(tools, "barman-cloud-backup-delete", prefix, List.of("-r", "REDUNDANCY 1"), BarmanTools.SERVER_NAME);
            assertThat(archiver.list()).extracting(CatalogEntry::id).containsExactly(sound.id());
            // Nobody lists it, so nobody but us says that it is there.
            assertThat(archiver.catalog().withoutRecord().collectList().block(WalArchiver.PATIENCE))
                    .extracting(BackupRemains::id)
                    .singleElement()
                    .isNotEqualTo(sound.id());
            assertThat(source.query("select count(*) from pg_stat_activity where application_name like '%backup%'"))
                    .isEqualTo("0");
            // The server is not left in backup mode, and the next one is.
            assertThat(archiver.backUp(source, Optional.empty(), settings -> settings)
                            .id())
                    .isGreaterThan(sound.id());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("tools")
    void barmanAndWeBackUpToTheSameArchive(BarmanTools tools) throws IOException {
        String prefix = "both/" + tools.version();
        try (WalArchiver archiver = archiver(prefix)) {
            SampleCluster source = SampleCluster.create(16, Files.createDirectory(directory.resolve("source")));
            CompletedBackup ours;
            Map<String, Integer> atEnd;
            WalCommands commands = archiver.commands(source.dataDirectory());
            try (PostgresServer running = source.start(WalArchiver.archivingBy(commands))) {
                ours = archiver.backUp(running, Optional.of("ours"), settings -> settings);
                SampleCluster.addRows(running);
            }
            Map<String, String> archivingByBarman = Map.of(
                    "archive_mode",
                    "on",
                    "archive_command",
                    tools.walCommand(server, "barman-cloud-wal-archive", prefix, List.of("-z"), "%p"));
            try (PostgresServer running = source.start(archivingByBarman)) {
                run(
                        tools,
                        "barman-cloud-backup",
                        prefix,
                        List.of(
                                "-z",
                                "--immediate-checkpoint",
                                "--name",
                                "theirs",
                                "-h",
                                "127.0.0.1",
                                "-U",
                                "postgres",
                                "-p",
                                Integer.toString(running.port())),
                        BarmanTools.SERVER_NAME);
                SampleCluster.addRows(running);
                atEnd = SampleCluster.rows(running);
                archiver.archiveEverything(running);
            }

            assertThat(list(tools, prefix).findValuesAsText("backup_name")).containsExactly("ours", "theirs");
            assertThat(archiver.list())
                    .extracting(entry ->
                            ((CatalogEntry.Readable) entry).info().name().orElse(""))
                    .containsExactly("ours", "theirs");

            Path byBarman = directory.resolve("by-barman");
            tools.succeed(
                    server,
                    "barman-cloud-restore",
                    prefix,
                    tablespaceOptions(source, byBarman),
                    Map.of(),
                    BarmanTools.SERVER_NAME,
                    ours.id().value(),
                    byBarman.toString());
            recover(
                    source,
                    byBarman,
                    tools.walCommand(server, "barman-cloud-wal-restore", prefix, List.of(), "%f %p"),
                    atEnd);

            Path byUs = directory.resolve("by-us");
            assertThat(archiver.restore(RecoveryTarget.latest(), destination(source, byUs))
                            .backup()
                            .info()
                            .name())
                    .contains("theirs");
            recover(source, byUs, archiver.restoreCommands(byUs).restoreCommand(), atEnd);
            archiver.assertNothingHeld();
        }
    }

    private static List<String> tablespaceOptions(SampleCluster cluster, Path restored) {
        return cluster.tablespaces().entrySet().stream()
                .flatMap(
                        entry -> List.of(
                                "--tablespace",
                                entry.getKey() + ":" + restored + "-"
                                        + entry.getValue().getFileName())
                                .stream())
                .toList();
    }

    private static RestoreDestination destination(SampleCluster cluster, Path restored) {
        Map<String, Path> targets = new HashMap<>();
        cluster.tablespaces()
                .forEach((name, location) -> targets.put(name, Path.of(restored + "-" + location.getFileName())));
        return RestoreDestination.of(restored).withTablespaces(TablespaceMapping.of(targets));
    }

    private static void recover(SampleCluster cluster, Path data, String restoreCommand, Map<String, Integer> expected)
            throws IOException {
        Files.createFile(data.resolve("recovery.signal"));
        try (PostgresServer recovered = cluster.startRestored(data, Map.of("restore_command", restoreCommand))) {
            SampleCluster.awaitPrimary(recovered);
            assertThat(SampleCluster.rows(recovered)).isEqualTo(expected);
        }
    }
}
