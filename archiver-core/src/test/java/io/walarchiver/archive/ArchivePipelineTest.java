package io.walarchiver.archive;

import static io.walarchiver.archive.ArchiveFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.archive.ArchivedFile.Outcome;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.Content;
import io.walarchiver.store.Fault;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class ArchivePipelineTest {

    @TempDir
    Path directory;

    private ArchiveFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new ArchiveFixture(directory);
    }

    @AfterEach
    void close() throws Exception {
        fixture.assertNothingInUse();
        fixture.close();
    }

    @Test
    void anAskedSegmentIsDurableAndIdenticalWhenTheAnswerComes() throws IOException {
        WalFileName name = fixture.cluster.readySegments(1).get(0);

        fixture.running().archive(name, false).block(PATIENCE);

        fixture.assertArchived(name);
        Map<String, String> metadata =
                fixture.store.stored(fixture.key(name)).orElseThrow().options().metadata();
        assertThat(WalObjectMetadata.of(metadata)).hasValueSatisfying(recorded -> {
            assertThat(recorded.length()).isEqualTo(1 << 20);
            assertThat(recorded.systemIdentifier()).hasValue(FakeCluster.SYSTEM_IDENTIFIER);
        });
        assertThat(fixture.recorder.archived).singleElement().satisfies(file -> {
            assertThat(file.outcome()).isEqualTo(Outcome.STORED);
            assertThat(file.asked()).isTrue();
            assertThat(file.storedBytes()).isLessThan(file.originalBytes());
        });
    }

    @Test
    void aSegmentCostsOnePutAndNoOtherRequest() throws IOException {
        WalFileName name = fixture.cluster.readySegments(1).get(0);

        fixture.running().archive(name, false).block(PATIENCE);

        assertThat(fixture.store.requests(StoreOperation.PUT_IF_ABSENT)).isEqualTo(1);
        assertThat(fixture.store.requests()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everyCompressionStoresTheSameContent(Compression compression, @TempDir Path other) throws Exception {
        try (ArchiveFixture with = new ArchiveFixture(other, ArchiveFixture.SIZE, compression, 4)) {
            WalFileName name = with.cluster.readySegments(1).get(0);

            with.running().archive(name, false).block(PATIENCE);

            assertThat(with.store.keys()).containsExactly(with.key(name));
            assertThat(with.key(name).value()).endsWith(compression.suffix());
            with.assertArchived(name);
            with.assertNothingInUse();
        }
    }

    @Test
    void oneQuestionArchivesEveryReadyFile() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(20);

        fixture.running().archive(names.get(0), false).block(PATIENCE);

        fixture.awaitKeys(20);
        for (WalFileName name : names) {
            fixture.assertArchived(name);
        }
    }

    @Test
    void nothingIsArchivedBeforePostgresAsks() throws IOException {
        fixture.cluster.readySegments(3);
        ArchivePipeline pipeline = fixture.running();

        Awaitility.await().atMost(PATIENCE).until(() -> pipeline.status().readyFiles() == 3);

        assertThat(fixture.store.requests()).isZero();
    }

    @Test
    void aFileThatBecomesReadyLaterIsArchivedWithoutAQuestion() throws IOException {
        WalFileName first = fixture.cluster.readySegments(1).get(0);
        ArchivePipeline pipeline = fixture.running();
        pipeline.archive(first, false).block(PATIENCE);

        WalFileName.Segment second = fixture.cluster.name(2);
        fixture.cluster.write(second, fixture.cluster.segmentBytes(second.segment()));
        fixture.cluster.markReady(second);

        fixture.awaitKeys(2);
        pipeline.archive(second, false).block(PATIENCE);
        assertThat(fixture.recorder.fromJournal).containsExactly(false, true);
        assertThat(fixture.store.requests()).isEqualTo(2);
    }

    @Test
    void theAskedFileGoesAheadOfItsElders() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(30);

        fixture.running().archive(names.get(25), false).block(PATIENCE);

        assertThat(fixture.recorder.names().indexOf(names.get(25))).isZero();
        fixture.awaitKeys(30);
    }

    @Test
    void historyFilesGoFirst() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(12);
        WalFileName history = new WalFileName.TimelineHistoryFile(new Timeline(2));
        fixture.cluster.write(history, "1\t0/A000000\tno recovery target specified\n".getBytes(StandardCharsets.UTF_8));
        fixture.cluster.markReady(history);

        fixture.running().archive(names.get(0), false).block(PATIENCE);

        fixture.awaitKeys(13);
        // The three lanes may already hold the next segments when the first scan comes in; more they cannot.
        assertThat(fixture.recorder.names().indexOf(history)).isLessThan(5);
        fixture.assertArchived(history);
        assertThat(fixture.store
                        .stored(fixture.key(history))
                        .orElseThrow()
                        .options()
                        .tags())
                .containsEntry("kind", "history");
    }

    @Test
    void backupHistoryAndPartialFilesAreArchived() throws IOException {
        WalFileName backup = WalFileName.parse("000000010000000000000002.00000028.backup");
        fixture.cluster.write(backup, "START WAL LOCATION: 0/2000028\n".getBytes(StandardCharsets.UTF_8));
        WalFileName partial = WalFileName.parse("000000010000000000000003.partial");
        fixture.cluster.write(partial, fixture.cluster.segmentBytes(((WalFileName.PartialSegment) partial).segment()));
        ArchivePipeline pipeline = fixture.running();

        pipeline.archive(backup, false).block(PATIENCE);
        pipeline.archive(partial, false).block(PATIENCE);

        fixture.assertArchived(backup);
        fixture.assertArchived(partial);
    }

    @Test
    void archivingTheSameSegmentTwiceSucceeds() throws IOException {
        WalFileName name = fixture.cluster.readySegments(1).get(0);
        fixture.running().archive(name, false).block(PATIENCE);
        Files.delete(directory.resolve("state/archived.journal"));

        fixture.running().archive(name, false).block(PATIENCE);

        assertThat(fixture.recorder.archived).extracting(ArchivedFile::outcome).contains(Outcome.ALREADY_STORED);
        assertThat(fixture.store.requests(StoreOperation.PUT_IF_ABSENT)).isEqualTo(2);
    }

    @Test
    void differentContentIsRefusedAndNothingIsOverwritten() throws IOException {
        WalFileName.Segment name = fixture.cluster.name(1);
        fixture.cluster.readySegments(1);
        fixture.running().archive(name, false).block(PATIENCE);
        byte[] before = fixture.archived(name);
        byte[] other = fixture.cluster.segmentBytes(name.segment());
        other[700_000] ^= 1;
        fixture.cluster.write(name, other);

        assertThatThrownBy(() -> fixture.running().archive(name, false).block(PATIENCE))
                .isInstanceOf(ArchiveException.Conflict.class)
                .hasMessageContaining(name.toString())
                .hasMessageContaining("nothing was overwritten");

        byte[] object = fixture.store.stored(fixture.key(name)).orElseThrow().toByteArray();
        ByteBuffer content = ByteBuffer.allocate(1 << 20);
        fixture.codec.decode(ByteBuffer.wrap(object), content);
        assertThat(content.array()).isEqualTo(before);
    }

    @Test
    void anObjectBarmanWroteIsComparedByContent() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(2);
        placeAsBarmanDoes(names.get(0), fixture.cluster.read(names.get(0)));
        byte[] different = fixture.cluster.read(names.get(1));
        different[1] ^= 1;
        placeAsBarmanDoes(names.get(1), different);
        ArchivePipeline pipeline = fixture.running();

        pipeline.archive(names.get(0), false).block(PATIENCE);
        assertThatThrownBy(() -> pipeline.archive(names.get(1), false).block(PATIENCE))
                .isInstanceOf(ArchiveException.Conflict.class);
    }

    @Test
    void aFullDiskIsNotBlamedOnTheObject() throws IOException {
        WalFileName name = fixture.cluster.readySegments(1).get(0);
        placeAsBarmanDoes(name, fixture.cluster.read(name));
        Files.writeString(directory.resolve("state"), "no place for a copy of the object");
        ArchivePipeline pipeline = fixture.running();

        for (boolean checkOwnership : new boolean[] {false, true}) {
            assertThatThrownBy(() -> pipeline.archive(name, checkOwnership).block(PATIENCE))
                    .isInstanceOf(ArchiveException.SourceUnusable.class)
                    .hasMessageContaining(directory.resolve("state").toString())
                    .message()
                    .doesNotContain("remove");
        }
    }

    private void placeAsBarmanDoes(WalFileName name, byte[] content) {
        ByteBuffer source =
                ByteBuffer.allocateDirect(content.length).put(content).flip();
        ByteBuffer target = ByteBuffer.allocateDirect(fixture.codec.maxEncodedLength(content.length));
        try (var encoder = fixture.codec.newBlockEncoder()) {
            encoder.encode(source, target);
        }
        byte[] object = new byte[target.flip().remaining()];
        target.get(object);
        fixture.store.place(fixture.key(name), object, Map.of());
    }

    @Test
    void aLostAnswerIsSettledByLookingAtTheObject() throws IOException {
        WalFileName name = fixture.cluster.readySegments(1).get(0);
        fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.ambiguous());

        fixture.running().archive(name, false).block(PATIENCE);

        fixture.assertArchived(name);
        assertThat(fixture.store.requests(StoreOperation.PUT_IF_ABSENT)).isEqualTo(1);
    }

    @Test
    void aRequestThatWasLostWithItsAnswerIsRepeated() throws IOException {
        WalFileName name = fixture.cluster.readySegments(1).get(0);
        fixture.faulty.script(
                StoreOperation.PUT_IF_ABSENT,
                Fault.fail(new StoreException.Ambiguous("lost", StoreException.Detail.NONE, null)));

        fixture.running().archive(name, false).block(PATIENCE);

        fixture.assertArchived(name);
    }

    @Test
    void aFailingStoreFailsTheQuestionAndTheNextOneSucceeds() throws IOException {
        WalFileName name = fixture.cluster.readySegments(1).get(0);
        fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.unavailable());
        ArchivePipeline pipeline = fixture.running();

        assertThatThrownBy(() -> pipeline.archive(name, false).block(PATIENCE))
                .isInstanceOf(ArchiveException.StoreFailed.class)
                .hasMessageContaining(name.toString());
        assertThat(pipeline.status().consecutiveFailures()).isEqualTo(1);
        assertThat(pipeline.status().lastFailure()).isPresent();

        pipeline.archive(name, false).block(PATIENCE);
        assertThat(pipeline.status().consecutiveFailures()).isZero();
        assertThat(pipeline.status().lastFailure()).isEmpty();
        fixture.assertArchived(name);
    }

    @Test
    void aNeighbourThatCannotBeArchivedDoesNotFailTheQuestion() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(5);
        fixture.cluster.write(names.get(2), new byte[10]);
        ArchivePipeline pipeline = fixture.running();

        pipeline.archive(names.get(0), false).block(PATIENCE);

        fixture.awaitKeys(4);
        assertThatThrownBy(() -> pipeline.archive(names.get(2), false).block(PATIENCE))
                .isInstanceOf(ArchiveException.SourceUnusable.class)
                .hasMessageContaining("10 bytes");
    }

    @Test
    void aQuestionDoesNotWaitForNeighboursThatHang() throws Exception {
        List<WalFileName> names = fixture.cluster.readySegments(8);
        ArchivePipeline pipeline = fixture.running();
        pipeline.archive(names.get(0), false).block(PATIENCE);
        fixture.awaitKeys(8);
        WalFileName.Segment stuck = fixture.cluster.name(9);
        WalFileName.Segment asked = fixture.cluster.name(10);
        fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.hang());
        fixture.cluster.write(stuck, fixture.cluster.segmentBytes(stuck.segment()));
        fixture.cluster.markReady(stuck);
        Awaitility.await().atMost(PATIENCE).until(() -> fixture.faulty.pending(StoreOperation.PUT_IF_ABSENT) == 0);
        fixture.cluster.write(asked, fixture.cluster.segmentBytes(asked.segment()));

        pipeline.archive(asked, false).block(PATIENCE);

        fixture.assertArchived(asked);
        fixture.close();
    }

    @Test
    void aQuestionAboutAFileInFlightJoinsIt() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(2);
        Sinks.Empty<Void> latch = Sinks.empty();
        fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.pass(), Fault.delayUntil(latch.asMono()));
        ArchivePipeline pipeline = fixture.running();
        pipeline.archive(names.get(0), false).block(PATIENCE);
        Awaitility.await().atMost(PATIENCE).until(() -> pipeline.status().inFlight() == 1);

        Mono<Void> answer = pipeline.archive(names.get(1), false).cache();
        Disposable asked = answer.subscribe();
        latch.tryEmitEmpty().orThrow();
        answer.block(PATIENCE);
        asked.dispose();

        assertThat(fixture.store.requests(StoreOperation.PUT_IF_ABSENT)).isEqualTo(2);
    }

    @Test
    void theJournalAnswersAfterARestart() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(3);
        fixture.running().archive(names.get(0), false).block(PATIENCE);
        fixture.awaitKeys(3);
        Awaitility.await().atMost(PATIENCE).until(() -> fixture.recorder.archived.size() == 3);
        long before = fixture.store.requests();

        fixture.running().archive(names.get(2), false).block(PATIENCE);

        assertThat(fixture.recorder.fromJournal).containsExactly(false, true);
        assertThat(fixture.store.requests()).isEqualTo(before);
    }

    @Test
    void theJournalDoesNotAnswerForAnotherFileOfTheSameName() throws IOException {
        WalFileName.Segment name = fixture.cluster.name(1);
        fixture.cluster.readySegments(1);
        fixture.running().archive(name, false).block(PATIENCE);
        byte[] other = fixture.cluster.segmentBytes(name.segment());
        other[500_000] ^= 1;
        Files.delete(fixture.cluster.walDirectory().resolve(name.toString()));
        fixture.cluster.write(name, other);

        assertThatThrownBy(() -> fixture.running().archive(name, false).block(PATIENCE))
                .isInstanceOf(ArchiveException.Conflict.class);
    }

    @Test
    void aSegmentLargerThanTheBuffersGoesInParts(@TempDir Path other) throws Exception {
        for (Compression compression : List.of(Compression.ZSTD, Compression.NONE, Compression.GZIP)) {
            Path place = other.resolve(compression.name());
            try (ArchiveFixture large =
                    new ArchiveFixture(place, SegmentSize.ofMebibytes(16), compression, 1, 5 << 20)) {
                WalFileName name = large.cluster.readySegments(1).get(0);
                ArchivePipeline pipeline = large.running();

                pipeline.archive(name, false).block(PATIENCE);
                large.assertArchived(name);

                Files.delete(place.resolve("state/archived.journal"));
                large.running().archive(name, false).block(PATIENCE);
                assertThat(large.store.openUploads()).isZero();
                assertThat(large.recorder.archived)
                        .extracting(ArchivedFile::outcome)
                        .containsExactly(Outcome.STORED, Outcome.ALREADY_STORED);
                large.assertNothingInUse();
            }
        }
    }

    @Test
    void aLargeSegmentThatFailsLeavesNoUploadBehind(@TempDir Path other) throws Exception {
        try (ArchiveFixture large =
                new ArchiveFixture(other, SegmentSize.ofMebibytes(16), Compression.NONE, 1, 5 << 20)) {
            WalFileName name = large.cluster.readySegments(1).get(0);
            large.faulty.script(StoreOperation.UPLOAD_PART, Fault.pass(), Fault.unavailable());

            assertThatThrownBy(() -> large.running().archive(name, false).block(PATIENCE))
                    .isInstanceOf(ArchiveException.StoreFailed.class);

            assertThat(large.store.openUploads()).isZero();
            assertThat(large.store.keys()).isEmpty();
            large.assertNothingInUse();
        }
    }

    @Test
    void aLargeSegmentThatFailsLeavesNoFileOpen(@TempDir Path other) throws Exception {
        for (StoreOperation failing : List.of(StoreOperation.START_MULTIPART, StoreOperation.UPLOAD_PART)) {
            Path place = other.resolve(failing.name());
            try (ArchiveFixture large =
                    new ArchiveFixture(place, SegmentSize.ofMebibytes(16), Compression.ZSTD, 1, 5 << 20)) {
                WalFileName name = large.cluster.readySegments(1).get(0);
                large.faulty.script(failing, Fault.unavailable());

                assertThatThrownBy(() -> large.running().archive(name, false).block(PATIENCE))
                        .isInstanceOf(ArchiveException.StoreFailed.class);

                assertThat(openFiles()).as("%s", failing).noneMatch(file -> file.endsWith(name.toString()));
            }
        }
    }

    private static List<String> openFiles() throws IOException {
        List<String> files = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    files.add(Files.readSymbolicLink(descriptor).toString());
                } catch (IOException closedInBetween) {
                    continue;
                }
            }
        }
        return files;
    }

    @Test
    void noPartIsEmpty(@TempDir Path other) throws Exception {
        try (ArchiveFixture large =
                new ArchiveFixture(other, SegmentSize.ofMebibytes(16), Compression.NONE, 1, 8 << 20)) {
            WalFileName name = large.cluster.readySegments(1).get(0);

            large.running().archive(name, false).block(PATIENCE);

            large.assertArchived(name);
            assertThat(large.store.requests(StoreOperation.UPLOAD_PART)).isEqualTo(2);
            large.assertNothingInUse();
        }
    }

    @Test
    void stoppingInEveryStageFreesAllBuffersAndLosesNothing() throws IOException {
        List<WalFileName> names = fixture.cluster.readySegments(6);
        for (int round = 0; round < 30; round++) {
            fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.pass(), Fault.hang(), Fault.hangAfterEffect());
            ArchivePipeline pipeline = fixture.pipeline();
            Disposable running = fixture.run(pipeline);
            Disposable asking = pipeline.archive(names.get(round % 6), false)
                    .onErrorComplete()
                    .subscribe();
            long until = System.nanoTime() + round * 200_000L;
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
            asking.dispose();
            running.dispose();
            fixture.assertNothingInUse();
        }
        while (fixture.faulty.pending(StoreOperation.PUT_IF_ABSENT) > 0) {
            // What the rounds left of the script is used up here, so that the last run meets a healthy store.
            fixture.faulty
                    .putIfAbsent(new ObjectKey("scratch"), Content.of(), PutOptions.NONE)
                    .timeout(Duration.ofMillis(50))
                    .onErrorComplete()
                    .block(PATIENCE);
        }
        ArchivePipeline last = fixture.running();
        for (WalFileName name : names) {
            last.archive(name, false).block(PATIENCE);
            fixture.assertArchived(name);
        }
    }
}
