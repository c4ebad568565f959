package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.catalog.FakeBackup;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.sidecar.maintenance.CatalogSummary;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.SpoolDirectory;
import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.store.Content;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each step of maintenance on an archive in memory, and what is told of it. */
@Timeout(60)
class ArchiveCareTest {

    private static final Instant NOW = Instant.parse("2031-04-30T00:00:00Z");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private final InMemoryObjectStore store = new InMemoryObjectStore();
    private final Workers workers = Workers.start(1);
    private final LongWorkers threads = LongWorkers.start();
    private final BufferPool pool = new BufferPool(17 << 20, 4);
    private FakeCluster cluster;
    private ServeSettings settings;

    @BeforeEach
    void makeArchive() throws IOException {
        directory = directory.toRealPath();
        cluster = FakeCluster.create(directory.resolve("pgdata"), SegmentSize.DEFAULT);
        settings = settings("retentionPolicy: 7d");
        backup("20310401T000000", "000000010000000000000002", "2031-04-01T00:10:00Z");
        backup("20310410T000000", "000000010000000000000004", "2031-04-10T00:10:00Z");
        backup("20310425T000000", "000000010000000000000006", "2031-04-25T00:10:00Z");
        for (int number = 1; number <= 8; number++) {
            put("db/wals/0000000100000000/00000001000000000000000" + number, 16);
        }
    }

    @AfterEach
    void stop() {
        threads.close();
        workers.close();
        assertThat(pool.inUse()).isZero();
    }

    private ServeSettings settings(String policy, String... verify) throws IOException {
        Path file = StoreFiles.inDirectory(directory, directory.resolve("bucket"));
        Files.writeString(
                file,
                Files.readString(file).replace("spec:\n", policy.isEmpty() ? "spec:\n" : "spec:\n  " + policy + "\n"));
        ServeSettings read = ServeSettings.of(new ServeSettings.Written(
                file,
                Optional.empty(),
                "db",
                cluster.pgdata(),
                directory.resolve("sock"),
                Optional.empty(),
                Optional.empty(),
                "off",
                "walarchiver.io",
                "64MiB",
                5,
                Optional.empty(),
                DatabaseAddress.UNSAID,
                verify.length == 0
                        ? ServeSettings.Verify.NEVER
                        : new ServeSettings.Verify(Optional.of(verify[0]), Optional.empty(), 100)));
        SpoolDirectory.create(read.spool());
        return read;
    }

    private ArchiveCare care() {
        return new ArchiveCare(
                Archive.of(settings.store(), "db"),
                settings,
                store,
                pool,
                workers,
                threads,
                Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @Test
    void retentionDeletesByThePolicyOfTheStoreAndTellsHowMuch() {
        RetentionSummary summary = care().retain().blockOptional(PATIENCE).orElseThrow();

        // The backup of the tenth is older than the window, but recovery to its start begins with it.
        assertThat(summary.policy()).isEqualTo("RECOVERY WINDOW OF 7 DAYS");
        assertThat(summary.backupsDeleted()).isEqualTo(1);
        assertThat(summary.filesDeleted()).isEqualTo(3);
        assertThat(summary.refused()).isZero();
        assertThat(summary.at()).isEqualTo(NOW);
        assertThat(store.list("db/")
                        .map(info -> info.key().value())
                        .collectList()
                        .block(PATIENCE))
                .noneMatch(key -> key.startsWith("db/base/20310401T000000"))
                .contains("db/base/20310410T000000/backup.info", "db/wals/0000000100000000/000000010000000000000004")
                .doesNotContain("db/wals/0000000100000000/000000010000000000000003");
    }

    @Test
    void withoutAPolicyNothingIsPlanned() throws IOException {
        settings = settings("");
        assertThat(settings.store().retention()).isEmpty();
        assertThat(care().retain().blockOptional(PATIENCE)).isEmpty();
    }

    @Test
    void catalogIsTold() {
        CatalogSummary summary =
                care().catalog().blockOptional(PATIENCE).orElseThrow().summary();
        assertThat(summary.restorable()).isEqualTo(3);
        assertThat(summary.newest())
                .extracting(CatalogSummary.Backup::id)
                .containsExactly("20310425T000000", "20310410T000000", "20310401T000000");
        assertThat(summary.window().firstRecoverabilityPoint()).contains(Instant.parse("2031-04-01T00:10:00Z"));
        assertThat(summary.window().lastSuccessfulBackup()).contains(Instant.parse("2031-04-25T00:10:00Z"));
    }

    @Test
    void gapsAreToldWithWhatTheyMean() {
        store.delete(new ObjectKey("db/wals/0000000100000000/000000010000000000000007"))
                .block(PATIENCE);
        store.delete(new ObjectKey("db/wals/0000000100000000/000000010000000000000002"))
                .block(PATIENCE);

        InventorySummary summary = care().inventory().blockOptional(PATIENCE).orElseThrow();

        assertThat(summary.objects()).isEqualTo(6);
        assertThat(summary.bytes()).isEqualTo(6 * 16);
        assertThat(summary.breakingGaps()).isEqualTo(2);
        assertThat(summary.gaps()).extracting(InventorySummary.Gap::first).contains("000000010000000000000007");
        assertThat(summary.unrecoverable()).singleElement().asString().startsWith("20310401T000000: ");
    }

    @Test
    void verificationTellsDamageAndIsRemembered() throws IOException {
        settings = settings("retentionPolicy: 7d", "7d");
        assertThat(care().lastVerification().blockOptional(PATIENCE)).isEmpty();

        VerifySummary summary = care().verify().blockOptional(PATIENCE).orElseThrow();

        // Sixteen bytes are no segment.
        assertThat(summary.damaged()).isPositive();
        assertThat(summary.findings()).isNotEmpty();
        assertThat(care().lastVerification().blockOptional(PATIENCE)).contains(NOW);
    }

    @Test
    void noteOfAnEarlierVerificationThatIsDamagedIsNone() throws IOException {
        Files.writeString(settings.spool().resolve("last-verification"), "yesterday");
        assertThat(care().lastVerification().blockOptional(PATIENCE)).isEmpty();
    }

    @Test
    void primaryIsWhoIsInProductionAndRuns() throws IOException {
        ControlFileRole role = new ControlFileRole(new DataDirectory(cluster.pgdata()), workers.fileIo());
        assertThat(role.isPrimary().block(PATIENCE)).isFalse();
        Files.writeString(cluster.pgdata().resolve("postmaster.pid"), "1\n");
        assertThat(role.isPrimary().block(PATIENCE)).isTrue();
        Files.writeString(cluster.pgdata().resolve("standby.signal"), "");
        assertThat(role.isPrimary().block(PATIENCE)).isFalse();
    }

    private void backup(String id, String wal, String end) {
        FakeBackup unused = FakeBackup.done(id, wal, Instant.parse(end)).placeIn(store, new ArchiveLayout("", "db"));
    }

    private void put(String key, int bytes) {
        store.put(new ObjectKey(key), Content.of(ByteBuffer.allocateDirect(bytes)), PutOptions.NONE)
                .block(PATIENCE);
    }
}
