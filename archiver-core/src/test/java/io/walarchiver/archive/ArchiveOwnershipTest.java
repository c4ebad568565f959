package io.walarchiver.archive;

import static io.walarchiver.archive.ArchiveFixture.PATIENCE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.store.Fault;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveOwnershipTest {

    @TempDir
    Path directory;

    private ArchiveFixture fixture;
    private WalFileName own;

    @BeforeEach
    void open() throws IOException {
        fixture = new ArchiveFixture(directory);
        own = fixture.cluster.readySegments(1).get(0);
    }

    @AfterEach
    void close() throws Exception {
        fixture.assertNothingInUse();
        fixture.close();
    }

    @CanIgnoreReturnValue
    private ObjectKey place(String name, byte[] content, Map<String, String> metadata) {
        ObjectKey key = new ObjectKey("pg/main/orders-db/wals/" + name);
        fixture.store.place(key, content, metadata);
        return key;
    }

    private void archive() {
        fixture.running().archive(own, true).block(PATIENCE);
    }

    @Test
    void anEmptyArchiveIsOurs() {
        archive();

        assertThat(fixture.store.requests(StoreOperation.LIST)).isEqualTo(1);
    }

    @Test
    void onceOursNothingIsAskedAgain() throws IOException {
        ArchivePipeline pipeline = fixture.running();
        pipeline.archive(own, true).block(PATIENCE);
        pipeline.archive(write(2), true).block(PATIENCE);
        long before = fixture.store.requests();

        pipeline.archive(write(3), true).block(PATIENCE);

        assertThat(fixture.store.requests(StoreOperation.LIST)).isEqualTo(2);
        assertThat(fixture.store.requests() - before).isEqualTo(1);
    }

    private WalFileName.Segment write(int number) throws IOException {
        WalFileName.Segment name = fixture.cluster.name(number);
        fixture.cluster.write(name, fixture.cluster.segmentBytes(name.segment()));
        return name;
    }

    @Test
    void anArchiveThatWasEmptyAndIsNotAnyMoreIsLookedAtAgain() throws IOException {
        fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.unavailable());
        ArchivePipeline pipeline = fixture.running();
        assertThatThrownBy(() -> pipeline.archive(own, true).block(PATIENCE))
                .isInstanceOf(ArchiveException.StoreFailed.class);
        FakeCluster other = FakeCluster.create(directory.resolve("other"), ArchiveFixture.SIZE, 42);
        place(
                "0000000100000000/000000010000000000000009",
                other.segmentBytes(other.name(9).segment()),
                Map.of());

        assertThatThrownBy(() -> pipeline.archive(own, true).block(PATIENCE))
                .isInstanceOf(ArchiveException.ForeignArchive.class);
    }

    @Test
    void anArchiveThatHoldsOnlyOurHistoryFileIsOursAfterARestart() throws IOException {
        WalFileName history = WalFileName.parse("00000002.history");
        fixture.cluster.write(history, "1\t0/A000000\tno recovery target specified\n".getBytes(UTF_8));
        fixture.running().archive(history, true).block(PATIENCE);

        fixture.running().archive(own, true).block(PATIENCE);

        fixture.assertArchived(own);
    }

    @Test
    void anArchiveOfOurSystemIdentifierIsOursOnAnyTimeline() throws IOException {
        WalFileName.Segment older = (WalFileName.Segment) WalFileName.parse("000000010000000000000002");
        place("0000000100000000/" + older, fixture.cluster.segmentBytes(older.segment()), Map.of());
        place("00000002.history", new byte[] {'1'}, Map.of());

        archive();

        fixture.assertArchived(own);
    }

    @Test
    void recordedMetadataAnswersWithoutADownload() throws IOException {
        place(
                "0000000100000000/000000010000000000000009.zst",
                new byte[10],
                Map.of(
                        "wal-archiver-length", "1048576",
                        "wal-archiver-digest", "crc64nvme:0000000000000000",
                        "wal-archiver-system-identifier", Long.toString(FakeCluster.SYSTEM_IDENTIFIER)));

        archive();

        assertThat(fixture.store.requests(StoreOperation.GET)).isZero();
    }

    @Test
    void aForeignArchiveIsRefusedAndNamed() throws IOException {
        FakeCluster other = FakeCluster.create(directory.resolve("other"), ArchiveFixture.SIZE, 42);
        ObjectKey key = place(
                "0000000100000000/000000010000000000000009",
                other.segmentBytes(other.name(9).segment()),
                Map.of());

        assertThatThrownBy(this::archive)
                .isInstanceOf(ArchiveException.ForeignArchive.class)
                .hasMessageContaining("Expected empty archive")
                .hasMessageContaining(key.value())
                .hasMessageContaining("42");
        assertThat(fixture.store.requests(StoreOperation.PUT_IF_ABSENT)).isZero();
    }

    @Test
    void lookAheadDoesNotWriteToAForeignArchive() throws IOException {
        FakeCluster other = FakeCluster.create(directory.resolve("other"), ArchiveFixture.SIZE, 42);
        place(
                "0000000100000000/000000010000000000000009",
                other.segmentBytes(other.name(9).segment()),
                Map.of());
        ArchivePipeline pipeline = fixture.running();
        assertThatThrownBy(() -> pipeline.archive(own, true).block(PATIENCE))
                .isInstanceOf(ArchiveException.ForeignArchive.class);

        // Asking for the status makes it look at the directory, as a scrape does.
        Awaitility.await().during(Duration.ofMillis(500)).atMost(PATIENCE).until(() -> {
            ArchiveStatus unused = pipeline.status();
            return fixture.store.requests(StoreOperation.PUT_IF_ABSENT) == 0;
        });
    }

    @Test
    void aForeignArchiveIsNotAskedAboutUnlessWanted() throws IOException {
        FakeCluster other = FakeCluster.create(directory.resolve("other"), ArchiveFixture.SIZE, 42);
        place(
                "0000000100000000/000000010000000000000009",
                other.segmentBytes(other.name(9).segment()),
                Map.of());

        fixture.running().archive(own, false).block(PATIENCE);

        fixture.assertArchived(own);
    }

    @Test
    void anArchiveThatTellsNothingIsRefused() {
        ObjectKey key = place("00000002.history.gz", new byte[] {1}, Map.of());

        assertThatThrownBy(this::archive)
                .isInstanceOf(ArchiveException.ForeignArchive.class)
                .hasMessageContaining(key.value());
    }

    @Test
    void aDamagedSegmentIsNotTakenForOurs() {
        ObjectKey key = place("0000000100000000/000000010000000000000009.zst", new byte[] {1, 2, 3}, Map.of());

        assertThatThrownBy(this::archive)
                .isInstanceOf(ArchiveException.ForeignArchive.class)
                .hasMessageContaining(key.value());
    }

    @Test
    void filesThatAreNoWalDoNotCount() {
        for (int i = 0; i < 1100; i++) {
            place("0000000100000000/junk-" + i + ".txt", new byte[1], Map.of());
        }

        archive();
    }

    @Test
    void walBehindAPageOfJunkIsFound() throws IOException {
        for (int i = 0; i < 1100; i++) {
            place("0-junk-" + i + ".txt", new byte[1], Map.of());
        }
        FakeCluster other = FakeCluster.create(directory.resolve("other"), ArchiveFixture.SIZE, 42);
        place(
                "0000000100000000/000000010000000000000009",
                other.segmentBytes(other.name(9).segment()),
                Map.of());

        assertThatThrownBy(this::archive).isInstanceOf(ArchiveException.ForeignArchive.class);
    }

    @Test
    void aFailingListingIsAFailureOfTheStore() {
        fixture.faulty.script(StoreOperation.LIST, Fault.unavailable());

        assertThatThrownBy(this::archive)
                .isInstanceOf(ArchiveException.StoreFailed.class)
                .hasMessageContaining("is ours");
    }

    @Test
    void aBigArchiveCostsOnePage() throws IOException {
        WalFileName.Segment older = (WalFileName.Segment) WalFileName.parse("000000010000000000000002");
        place("0000000100000000/" + older, fixture.cluster.segmentBytes(older.segment()), Map.of());
        for (int i = 0; i < 3000; i++) {
            place("0000000100000001/0000000100000001" + String.format("%08X", i), new byte[1], Map.of());
        }

        archive();

        assertThat(fixture.store.requests(StoreOperation.LIST)).isEqualTo(1);
        assertThat(Files.list(directory.resolve("state")))
                .noneMatch(file -> file.toString().endsWith(".tmp"));
    }
}
