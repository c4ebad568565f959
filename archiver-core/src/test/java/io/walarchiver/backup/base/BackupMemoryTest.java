package io.walarchiver.backup.base;

import static io.walarchiver.backup.base.BackupFixture.BUFFER_BYTES;
import static io.walarchiver.backup.base.BackupFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.archive.ArchiveObserver;
import io.walarchiver.archive.ArchivePipeline;
import io.walarchiver.archive.ArchiveSettings;
import io.walarchiver.archive.DataDirectory;
import io.walarchiver.backup.base.ScriptedSession.Call;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.BufferPool.Priority;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.store.Fault;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreOperation;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A backup shares the memory of WAL archiving, and must never be in its way: PostgreSQL's stop waits for it. */
@Timeout(120)
class BackupMemoryTest {

    @TempDir
    Path directory;

    private BackupFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new BackupFixture(directory, SegmentSize.ofMebibytes(1));
    }

    @AfterEach
    void close() {
        fixture.assertNothingHeld();
        fixture.close();
    }

    /** What archiving one segment needs. */
    private Mono<Void> pair() {
        return fixture.pool
                .acquire(2, Priority.URGENT)
                .doOnNext(lease -> lease.forEach(PooledBuffer::release))
                .then();
    }

    /** Sizes that leave nothing, little, almost a part and a whole part in the buffer when the server is asked to stop. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1_000_000, BUFFER_BYTES - 30_000, BUFFER_BYTES - 9216, BUFFER_BYTES, 12_000_000})
    void withOnePairInThePoolStopStillGetsIt(int length) throws IOException {
        fixture.pool = new BufferPool(BUFFER_BYTES, 2);
        byte[] content = fixture.noise("base/1/16384", length);
        AtomicBoolean none = new AtomicBoolean();
        fixture.session.script(
                Call.STOP,
                answer -> Mono.fromRunnable(() -> none.set(fixture.pool.inUse() == 0))
                        .then(pair()));

        CompletedBackup backup = fixture.take();

        assertThat(none)
                .as("no buffer was held when the server was asked to stop")
                .isTrue();
        assertThat(fixture.tar(backup.id(), "data.tar").member("base/1/16384").content())
                .isEqualTo(content);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, mode = EnumSource.Mode.EXCLUDE, names = "XZ")
    void stopWaitsForTheRealPipelineWithOnePair(Compression compression) throws Exception {
        fixture.pool = new BufferPool(BUFFER_BYTES, 2);
        fixture.compression = compression;
        fixture.tablespace(24_601, directory.resolve("fast"));
        fixture.noise("base/1/16384", 7_000_000);
        Files.write(directory.resolve("fast/PG_17_202406281/5/16384"), fixture.noise("base/1/16385", 6_000_000));
        List<WalFileName> segments = fixture.cluster.readySegments(3);
        Codec codec = Codec.of(Compression.ZSTD);
        try (ArchivePipeline pipeline = new ArchivePipeline(
                new ArchiveSettings(
                        BackupFixture.LAYOUT,
                        DigestAlgorithm.CRC64NVME,
                        PutOptions.NONE,
                        PutOptions.NONE,
                        2,
                        directory.resolve("state")),
                new DataDirectory(fixture.pgdata),
                fixture.store,
                codec,
                fixture.pool,
                fixture.fileIo,
                fixture.compute,
                ArchiveObserver.NONE)) {
            Disposable running = pipeline.run().subscribe();
            fixture.session.script(
                    Call.STOP,
                    answer -> Flux.fromIterable(segments)
                            .concatMap(segment -> pipeline.archive(segment, false))
                            .then());

            CompletedBackup backup = fixture.take();

            running.dispose();
            assertThat(fixture.objects(backup.id()))
                    .containsExactly(
                            "24601.tar" + compression.suffix(), "backup.info", "data.tar" + compression.suffix());
            assertThat(fixture.store.keys())
                    .containsAll(segments.stream()
                            .map(segment -> BackupFixture.LAYOUT.walKey(segment, Compression.ZSTD))
                            .toList());
        }
    }

    @Test
    void segmentsAreArchivedWhileTheDataIsCopied() throws IOException {
        fixture.pool = new BufferPool(BUFFER_BYTES, 2);
        for (int i = 0; i < 8; i++) {
            fixture.noise("base/1/1638" + i, 6_000_000);
        }
        AtomicBoolean done = new AtomicBoolean();
        Mono<Long> archiving = pair().thenReturn(1)
                .repeatWhen(archived -> archived.delayElements(Duration.ofMillis(1)))
                .takeUntil(one -> done.get())
                .count();

        Long pairs = Mono.zip(fixture.backup().take(Optional.empty()).doFinally(signal -> done.set(true)), archiving)
                .map(both -> both.getT2())
                .block(PATIENCE);

        assertThat(pairs).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"2,1,1", "2,8,1", "3,8,1", "4,8,2", "6,8,4", "16,2,3", "16,4,5"})
    void aPairIsLeftInEveryPoolThatHasMoreThanOne(int capacity, int jobs, int most) throws IOException {
        fixture.pool = new BufferPool(BUFFER_BYTES, capacity);
        fixture.settings(settings -> settings.withJobs(jobs));
        for (int i = 0; i < 3; i++) {
            fixture.tablespace(24_600 + i, directory.resolve("space" + i));
            Files.write(
                    directory.resolve("space" + i + "/PG_17_202406281/5/16384"),
                    fixture.noise("base/1/1638" + i, 12_000_000));
        }
        List<Integer> held = Collections.synchronizedList(new ArrayList<>());
        Fault[] look = new Fault[32];
        for (int i = 0; i < look.length; i++) {
            look[i] = Fault.delayUntil(
                    Mono.fromCallable(() -> held.add(fixture.pool.inUse())).delayElement(Duration.ofMillis(5)));
        }
        fixture.faulty.script(StoreOperation.UPLOAD_PART, look);

        fixture.take();

        assertThat(Collections.max(held)).isLessThanOrEqualTo(most);
        assertThat(fixture.pool.capacity() - Collections.max(held)).isGreaterThanOrEqualTo(capacity > 2 ? 2 : 1);
    }

    @Test
    void noBufferIsHeldWhileTheBandwidthIsWaitedFor() throws IOException {
        fixture.timer.dispose();
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        fixture.timer = time;
        fixture.settings(settings -> settings.withBytesPerSecond(OptionalLong.of(1 << 20)));
        fixture.noise("base/1/16384", 2 * BUFFER_BYTES);

        StepVerifier.create(fixture.backup().take(Optional.empty()))
                .then(() -> {
                    for (int part = 1; part <= 2; part++) {
                        int sent = part;
                        Awaitility.await()
                                .atMost(PATIENCE)
                                .until(() -> fixture.recorder.stored.size() == sent && fixture.pool.inUse() == 0);
                        time.advanceTimeBy(Duration.ofMillis(4999));
                        assertThat(fixture.faulty.calls(StoreOperation.UPLOAD_PART))
                                .isEqualTo(sent);
                        time.advanceTimeBy(Duration.ofMillis(1));
                    }
                })
                .expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void partsAreSentInParallel() throws IOException {
        fixture.pool = new BufferPool(BUFFER_BYTES, 8);
        fixture.settings(settings -> settings.withJobs(3));
        fixture.noise("base/1/16384", 40_000_000);
        // None of the first three is answered before all three were sent.
        Mono<Long> three = Mono.defer(() -> Mono.just(fixture.faulty.calls(StoreOperation.UPLOAD_PART)))
                .filter(calls -> calls >= 3)
                .repeatWhenEmpty(misses -> misses.delayElements(Duration.ofMillis(1)));
        fixture.faulty.script(
                StoreOperation.UPLOAD_PART, Fault.delayUntil(three), Fault.delayUntil(three), Fault.delayUntil(three));

        CompletedBackup backup = fixture.take();

        assertThat(fixture.tar(backup.id(), "data.tar").names()).endsWith("backup_label");
    }

    @Test
    void buffersTooSmallForAPartAreRefused() {
        fixture.pool = new BufferPool(MultipartUpload.MIN_PART_BYTES - 1, 4);
        assertThatThrownBy(fixture::backup).isInstanceOf(IllegalArgumentException.class);
        fixture.pool = new BufferPool(BUFFER_BYTES, 4);
    }

    @Test
    void partsAreAsLargeAsTheLimitOfAVolumeWants() {
        BackupSettings settings = BackupSettings.of(BackupFixture.LAYOUT);
        assertThat(settings.partBytes(64 << 20)).isEqualTo(21_474_836);
        assertThat(settings.partBytes(16 << 20)).isEqualTo(16 << 20);
        assertThat(settings.withMaxArchiveBytes(1 << 20).partBytes(64 << 20)).isEqualTo(5 << 20);
        assertThat(settings.withMinPartBytes(30 << 20).partBytes(64 << 20)).isEqualTo(30 << 20);
        assertThat(Objects.requireNonNull(settings.options())).isEqualTo(PutOptions.NONE);
    }
}
