package io.walarchiver.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.TablespaceMapping;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.testing.EmbeddedS3;
import io.walarchiver.testing.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL's own checks of pages and indexes, on clusters that were backed up by us under load and brought back. */
@Timeout(300)
class RestoredPagesIT {

    @TempDir
    Path directory;

    @Test
    void theChecksOfPostgresFindNothing() throws IOException {
        Optional<PostgresTools> installed = PostgresTools.installed();
        assumeThat(installed)
                .as("pg_amcheck and pg_checksums are not installed; see CONTRIBUTING.md, Test")
                .isPresent();
        PostgresTools postgres = installed.orElseThrow();
        int major = postgres.major();
        String prefix = "pages";
        try (EmbeddedS3 server = EmbeddedS3.startIn(Files.createDirectory(directory.resolve("bucket")));
                ObjectStore store = WalArchiver.storeOf(server);
                WalArchiver archiver = new WalArchiver(store, prefix, Compression.GZIP, directory)) {
            SampleCluster cluster = SampleCluster.create(major, Files.createDirectory(directory.resolve("source")));
            WalCommands commands = archiver.commands(cluster.dataDirectory());
            CompletedBackup backup;
            long rows;
            try (PostgresServer source = cluster.start(WalArchiver.archivingBy(commands))) {
                EventLog.create(source);
                try (EventLog unused = EventLog.write(source)) {
                    backup = archiver.backUp(
                            source, Optional.empty(), settings -> settings.withMaxArchiveBytes(1 << 20));
                }
                rows = EventLog.rows(source);
                archiver.archiveEverything(source);
            }
            assertThat(backup.damagedPages()).isZero();

            Path byUs = directory.resolve("by-us");
            archiver.restore(
                    RecoveryTarget.latest(),
                    RestoreDestination.of(byUs).withTablespaces(TablespaceMapping.of(targets(cluster, byUs))));
            check(postgres, cluster, byUs, archiver.restoreCommands(byUs).restoreCommand(), rows);

            for (BarmanTools tools : BarmanTools.installed()) {
                Path byBarman = directory.resolve("by-barman-" + tools.version());
                List<String> options = new ArrayList<>();
                targets(cluster, byBarman)
                        .forEach((name, target) -> options.addAll(List.of("--tablespace", name + ":" + target)));
                String unused = tools.succeed(
                        server,
                        "barman-cloud-restore",
                        prefix,
                        options,
                        Map.of(),
                        BarmanTools.SERVER_NAME,
                        backup.id().value(),
                        byBarman.toString());
                check(
                        postgres,
                        cluster,
                        byBarman,
                        archiver.restoreCommands(byBarman).restoreCommand(),
                        rows);
            }
            archiver.assertNothingHeld();
        }
    }

    private static Map<String, Path> targets(SampleCluster cluster, Path restored) {
        Map<String, Path> targets = new HashMap<>();
        cluster.tablespaces()
                .forEach((name, location) -> targets.put(name, Path.of(restored + "-" + location.getFileName())));
        return targets;
    }

    private static void check(
            PostgresTools postgres, SampleCluster cluster, Path data, String restoreCommand, long rows)
            throws IOException {
        Files.createFile(data.resolve("recovery.signal"));
        try (PostgresServer recovered = cluster.startRestored(data, Map.of("restore_command", restoreCommand))) {
            SampleCluster.awaitPrimary(recovered);
            assertThat(EventLog.rows(recovered)).isEqualTo(rows);
            String unused = postgres.run(
                    "pg_amcheck",
                    "--host=127.0.0.1",
                    "--port=" + recovered.port(),
                    "--username=postgres",
                    "--all",
                    "--install-missing",
                    "--heapallindexed");
        }
        assertThat(postgres.run("pg_checksums", "--check", "--pgdata=" + data))
                .containsPattern("Bad checksums: +0\n")
                .doesNotContainPattern("Files scanned: +0\n");
    }
}
