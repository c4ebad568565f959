package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import io.walarchiver.backup.recovery.BackupChoice;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.TablespaceMapping;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
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
            Map.of(
                            14, Compression.NONE,
                            15, Compression.SNAPPY,
                            16, Compression.LZ4,
                            17, Compression.BZIP2,
                            18, Compression.GZIP)
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
                "--immediate-checkpoint",
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-p",
                Integer.toString(source.port())));
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
            Map<String, String> settings =
                    new LinkedHashMap<>(archivingByBarman(tools, prefix, option(compression)));
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
            Map<String, Path> targets = new HashMap<>();
            cluster.tablespaces()
                    .forEach((name, location) -> targets.put(name, directory.resolve("restored " + location.getFileName())));
            BackupChoice choice = archiver.restore(
                    RecoveryTarget.time(after),
                    RestoreDestination.of(restored).withTablespaces(TablespaceMapping.of(targets)));
            assertThat(choice.backup().info().name()).contains("nightly");
            assertThat(archiver.warnings()).isEmpty();
            assertThat(restored.resolve("pg_hba.conf")).hasSameTextualContentAs(configuration.resolve("pg_hba.conf"));

            WalCommands commands = archiver.commands(restored);
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
}
