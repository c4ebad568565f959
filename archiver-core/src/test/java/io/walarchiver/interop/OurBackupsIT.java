package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The real barman-cloud tools on archives that we write: they list, show, restore, pin and delete our base backups. */
@Timeout(300)
class OurBackupsIT {

    private static final List<BarmanTools> TOOLS = BarmanTools.installed();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DateTimeFormatter CONSOLE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter ASCTIME = DateTimeFormatter.ofPattern(
                    "EEE MMM ppd HH:mm:ss uuuu", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

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
                            14, Compression.GZIP,
                            15, Compression.LZ4,
                            16, Compression.BZIP2,
                            17, Compression.SNAPPY,
                            18, Compression.NONE))
                    .forEach((major, compression) -> {
                        if (tools.backsUpWith(compression)) {
                            scenarios.add(Arguments.of(tools, major, compression));
                        }
                    });
        }
        return scenarios.stream();
    }

    @ParameterizedTest(name = "{0}, PostgreSQL {1}, {2}", allowZeroInvocations = true)
    @MethodSource("scenarios")
    void barmanRestoresOurBackupAndPostgresRecovers(BarmanTools tools, int major, Compression compression)
            throws IOException, SQLException {
        String prefix = "ours/" + tools.version() + "/" + major;
        SampleCluster cluster = SampleCluster.create(major, Files.createDirectory(directory.resolve("source")));
        CompletedBackup backup;
        Map<String, Integer> atBackup;
        Map<String, Integer> atEnd;
        try (WalArchiver archiver = new WalArchiver(store, prefix, compression, directory)) {
            WalCommands commands = archiver.commands(cluster.dataDirectory());
            try (PostgresServer source = cluster.start(WalArchiver.archivingBy(commands))) {
                backup = archiver.backUp(
                        source, Optional.of("nightly"), settings -> settings.withMaxArchiveBytes(1 << 20));
                atBackup = SampleCluster.rows(source);
                SampleCluster.addRows(source);
                atEnd = SampleCluster.rows(source);
                archiver.archiveEverything(source);
            }
            assertThat(commands.failures()).isEmpty();
            archiver.assertNothingHeld();
            assertThat(archiver.keys())
                    .contains("base/" + backup.id() + "/data_0001.tar" + compression.suffix())
                    .noneMatch(key -> key.matches("wals/.*/[0-9A-F]{24}\\.partial.*"));
        }

        listsAndShows(tools, prefix, backup);

        Path restored = directory.resolve("restored");
        Map<String, Path> tablespaces = new HashMap<>();
        List<String> options = new ArrayList<>();
        cluster.tablespaces().forEach((name, location) -> {
            Path target = directory.resolve("restored " + location.getFileName());
            tablespaces.put(name, target);
            options.addAll(List.of("--tablespace", name + ":" + target));
        });
        tools.succeed(
                server,
                "barman-cloud-restore",
                prefix,
                options,
                Map.of(),
                BarmanTools.SERVER_NAME,
                backup.id().value(),
                restored.toString());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(restored)))
                .isEqualTo("rwx------");
        assertThat(links(restored)).containsExactlyInAnyOrderElementsOf(tablespaces.values());

        String restoreCommand = tools.walCommand(server, "barman-cloud-wal-restore", prefix, List.of(), "%f %p");
        Files.createFile(restored.resolve("recovery.signal"));
        try (PostgresServer recovering = cluster.startRestored(
                restored,
                Map.of(
                        "restore_command",
                        restoreCommand,
                        "recovery_target",
                        "immediate",
                        "recovery_target_action",
                        "pause"))) {
            Awaitility.await("the end of the backup")
                    .atMost(WalArchiver.PATIENCE)
                    .until(() -> recovering
                            .query("select pg_get_wal_replay_pause_state()")
                            .equals("paused"));
            assertThat(SampleCluster.rows(recovering)).isEqualTo(atBackup);
        }
        try (PostgresServer recovered = cluster.startRestored(restored, Map.of("restore_command", restoreCommand))) {
            SampleCluster.awaitPrimary(recovered);
            assertThat(SampleCluster.rows(recovered)).isEqualTo(atEnd);
            assertThat(recovered.query("select count(*) from forgotten")).isEqualTo("0");
            List<Path> places = new ArrayList<>(tablespaces.values());
            places.add(restored);
            Set<Path> open = openFiles(recovered);
            assertThat(open).allMatch(file -> places.stream().anyMatch(file::startsWith));
            assertThat(places).allMatch(place -> open.stream().anyMatch(file -> file.startsWith(place)));
        }
    }

    private static void listsAndShows(BarmanTools tools, String prefix, CompletedBackup backup) throws IOException {
        String console =
                tools.succeed(server, "barman-cloud-backup-list", prefix, List.of(), Map.of(), BarmanTools.SERVER_NAME);
        assertThat(console.lines().filter(line -> line.startsWith(backup.id().value())))
                .singleElement()
                .asString()
                .contains(CONSOLE.format(backup.stoppedAt()), backup.beginWal().toString(), "nightly");

        JsonNode list = JSON.readTree(tools.succeed(
                server,
                "barman-cloud-backup-list",
                prefix,
                List.of("--format", "json"),
                Map.of(),
                BarmanTools.SERVER_NAME));
        assertThat(list.get("backups_list")).singleElement().satisfies(listed -> isOf(listed, backup));

        JsonNode shown = JSON.readTree(tools.succeed(
                server,
                "barman-cloud-backup-show",
                prefix,
                List.of("--format", "json"),
                Map.of(),
                BarmanTools.SERVER_NAME,
                "nightly"));
        assertThat(shown.fieldNames()).toIterable().containsExactly("cloud");
        isOf(shown.get("cloud"), backup);
    }

    private static void isOf(JsonNode record, CompletedBackup backup) {
        assertThat(record.get("backup_id").asText()).isEqualTo(backup.id().value());
        assertThat(record.get("backup_name").asText()).isEqualTo("nightly");
        assertThat(record.get("status").asText()).isEqualTo("DONE");
        assertThat(record.get("begin_time").asText()).isEqualTo(ASCTIME.format(backup.startedAt()));
        assertThat(record.get("end_time").asText()).isEqualTo(ASCTIME.format(backup.stoppedAt()));
        assertThat(record.get("begin_wal").asText()).isEqualTo(backup.beginWal().toString());
        assertThat(record.get("end_wal").asText()).isEqualTo(backup.endWal().toString());
        assertThat(record.get("begin_xlog").asText())
                .isEqualTo(backup.beginLsn().toString());
        assertThat(record.get("end_xlog").asText()).isEqualTo(backup.endLsn().toString());
        assertThat(record.get("timeline").asInt()).isEqualTo(1);
        assertThat(record.get("systemid").asText()).isEqualTo(Long.toUnsignedString(backup.systemIdentifier()));
        assertThat(record.get("tablespaces")).hasSize(2);
    }

    private static List<Path> links(Path dataDirectory) throws IOException {
        try (Stream<Path> tablespaces = Files.list(dataDirectory.resolve("pg_tblspc"))) {
            List<Path> targets = new ArrayList<>();
            for (Path link : (Iterable<Path>) tablespaces::iterator) {
                targets.add(Files.readSymbolicLink(link));
            }
            return targets;
        }
    }

    /**
     * Files below the directory of this test that are open in any process the server may look into. One session reads every
     * table and then asks: what it has read, it has open.
     */
    private Set<Path> openFiles(PostgresServer server) throws SQLException {
        Set<Path> files = new TreeSet<>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            for (String table : SampleCluster.tables()) {
                statement.execute("select count(*) from " + table);
            }
            statement.execute("create temporary table open_file (path text)");
            statement.execute("copy open_file from program 'find /proc/[0-9]*/fd -lname \"" + directory
                    + "/*\" -printf \"%l\\n\" 2>/dev/null; true'");
            try (ResultSet rows = statement.executeQuery("select path from open_file where path not like '%.log'")) {
                while (rows.next()) {
                    files.add(Path.of(rows.getString(1)));
                }
            }
        }
        return files;
    }
}
