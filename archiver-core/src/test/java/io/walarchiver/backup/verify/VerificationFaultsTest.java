package io.walarchiver.backup.verify;

import static io.walarchiver.backup.verify.VerificationFixture.BUFFER_BYTES;
import static io.walarchiver.backup.verify.VerificationFixture.LAYOUT;
import static io.walarchiver.backup.verify.VerificationFixture.backupKey;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.backup.verify.VerificationReport.Unchecked;
import io.walarchiver.backup.verify.VerificationReport.Verdict;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.BufferPool.Priority;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.store.Bandwidth;
import io.walarchiver.store.Fault;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What a store can do to a verification, and what a verification may take of the machine. */
@Timeout(120)
class VerificationFaultsTest {

    private static final Fault DENIED =
            Fault.fail(new StoreException.AccessDenied("scripted: no", StoreException.Detail.NONE, null));

    private final VerificationFixture archive = new VerificationFixture();

    @AfterEach
    void close() {
        archive.close();
    }

    private void segments(int count) {
        archive.settings = archive.settings.withCluster(VerificationFixture.SIZE, VerificationFixture.CLUSTER);
        for (int i = 1; i <= count; i++) {
            archive.segment(String.format("0000000100000000000000%02X", i), Compression.ZSTD);
        }
    }

    private void script(StoreOperation operation, Fault... faults) {
        assertThat(archive.store.script(operation, faults)).isSameAs(archive.store);
    }

    private static Fault[] times(int count, Fault fault) {
        return IntStream.range(0, count).mapToObj(i -> fault).toArray(Fault[]::new);
    }

    @Test
    void aStoreThatComesBackLeavesNoTrace() {
        segments(3);
        script(StoreOperation.GET, Fault.unavailable(), Fault.unavailable(), Fault.breakBody(10_000));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(report.counts().walFiles()).isEqualTo(3);
        assertThat(archive.timer.delays.get()).isEqualTo(3);
    }

    @Test
    void aBodyThatEndsEarlyIsNoDamage() {
        segments(2);
        script(StoreOperation.GET, Fault.truncateBody(5000));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(archive.found).isEmpty();
    }

    @Test
    void aStoreThatKeepsFailingForAnObjectLeavesItUnchecked() {
        segments(3);
        archive.settings = archive.settings.withConcurrency(1);
        script(StoreOperation.GET, times(5, Fault.unavailable()));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
        assertThat(archive.found).isEmpty();
        assertThat(report.counts().unchecked()).isEqualTo(1);
        assertThat(report.counts().walFiles()).isEqualTo(2);
        assertThat(report.unchecked())
                .containsExactly(new Unchecked(
                        LAYOUT.walPrefix() + "0000000100000000/000000010000000000000001.zst", "scripted: no answer"));
        assertThat(report.stopped()).isEmpty();
    }

    @Test
    void aRefusalIsNotRepeated() {
        segments(2);
        archive.settings = archive.settings.withConcurrency(1);
        script(StoreOperation.GET, DENIED);

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
        assertThat(report.unchecked()).hasSize(1);
        assertThat(archive.store.calls(StoreOperation.GET)).isEqualTo(2);
    }

    @Test
    void aStoreThatFailsForEverythingEndsTheVerification() {
        segments(30);
        script(StoreOperation.GET, times(30, DENIED));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
        assertThat(report.stopped().orElseThrow()).contains("20 objects in a row", "scripted: no");
        assertThat(report.counts().unchecked()).isBetween(20L, 21L);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void anArchiveThatCannotBeListedIsToldAsSuch(int good) {
        archive.placeEverything();
        script(StoreOperation.LIST, times(good, Fault.pass()));
        script(StoreOperation.LIST, times(30, Fault.unavailable()));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
        assertThat(archive.found).isEmpty();
        assertThat(report.stopped().isPresent() || !report.unchecked().isEmpty())
                .isTrue();
    }

    @Test
    void whatIsDeletedMeanwhileIsNotMissed() {
        segments(3);
        script(
                StoreOperation.GET,
                Fault.pass(),
                Fault.fail(new StoreException.NotFound("scripted: gone", StoreException.Detail.NONE)));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(report.counts().vanished()).isEqualTo(1);
        assertThat(report.counts().walFiles()).isEqualTo(2);
    }

    @Test
    void damageThatWasOnlyOnTheWayIsForgotten() {
        segments(1);
        ObjectKey key = archive.memory.keys().get(0);
        byte[] sound = archive.object(key);
        archive.flip(key, sound.length / 2);
        Sinks.Empty<Void> second = Sinks.empty();
        script(StoreOperation.GET, Fault.pass(), Fault.delayUntil(second.asMono()));

        Disposable running = archive.verification(archive.store).run().subscribe();
        Awaitility.await().until(() -> archive.store.calls(StoreOperation.GET) == 2);
        archive.replace(key, sound);
        assertThat(second.tryEmitEmpty().isSuccess()).isTrue();
        Awaitility.await().until(running::isDisposed);

        assertThat(archive.found).isEmpty();
        assertThat(archive.sound).containsExactly(key.value());
        archive.assertNothingLeft();
    }

    // -- objects larger than a buffer

    @CanIgnoreReturnValue
    private ObjectKey placeLargeBackup(int tableBytes) {
        archive.settings = archive.settings.withConcurrency(1);
        Map<String, byte[]> files = VerificationFixture.dataFiles();
        byte[] table = new byte[tableBytes];
        new SplittableRandom(3).nextBytes(table);
        files.put("base/5/2608", table);
        ObjectKey key = archive.placeArchive("data", files, Compression.GZIP);
        Map<String, String> record = VerificationFixture.record();
        record.put("tablespaces", "None");
        ObjectKey unused = archive.placeRecord(record);
        archive.segment("000000010000000000000003", Compression.ZSTD);
        archive.segment("000000010000000000000004", Compression.ZSTD);
        return key;
    }

    @Test
    void anArchiveLargerThanABufferComesInRangesThatAreRepeatedAlone() {
        ObjectKey key = placeLargeBackup(5 * BUFFER_BYTES);
        int ranges = (archive.object(key).length + BUFFER_BYTES - 1) / BUFFER_BYTES;
        // Before the archive only the record is read.
        script(
                StoreOperation.GET,
                Fault.pass(),
                Fault.pass(),
                Fault.pass(),
                Fault.breakBody(1000),
                Fault.unavailable(),
                Fault.truncateBody(10));

        VerificationReport report = archive.verify();

        assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
        assertThat(report.counts().archives()).isEqualTo(1);
        assertThat(archive.store.calls(StoreOperation.GET)).isEqualTo(1 + ranges + 3 + 2);
    }

    @Test
    void anArchiveDamagedInAnyRangeIsFound() {
        ObjectKey key = placeLargeBackup(3 * BUFFER_BYTES);
        byte[] sound = archive.object(key);
        for (int offset : new int[] {BUFFER_BYTES / 2, 2 * BUFFER_BYTES + 5, sound.length - 7}) {
            archive.flip(key, offset);
            assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);
            assertThat(archive.found).extracting(Finding::subject).containsExactly(key.value());
            archive.replace(key, sound);
        }
    }

    @Test
    void anArchiveWrittenAgainWhileItIsReadIsUnchecked() {
        ObjectKey key = placeLargeBackup(3 * BUFFER_BYTES);
        byte[] sound = archive.object(key);
        Sinks.Empty<Void> latch = Sinks.empty();
        script(StoreOperation.GET, Fault.pass(), Fault.pass(), Fault.delayUntil(latch.asMono()));

        Disposable running = archive.verification(archive.store).run().subscribe();
        Awaitility.await().until(() -> archive.store.calls(StoreOperation.GET) == 3);
        archive.replace(key, Arrays.copyOf(sound, sound.length));
        assertThat(latch.tryEmitEmpty().isSuccess()).isTrue();
        Awaitility.await().until(running::isDisposed);

        assertThat(archive.found).isEmpty();
        assertThat(archive.unchecked).singleElement().asString().contains(key.value(), "written again");
        archive.assertNothingLeft();
    }

    @Test
    void anArchiveDeletedWithItsRecordIsNotMissedAndWithoutItIs() {
        ObjectKey key = placeLargeBackup(1000);
        Fault gone = Fault.fail(new StoreException.NotFound("scripted: gone", StoreException.Detail.NONE));
        script(StoreOperation.GET, Fault.pass(), gone);
        assertThat(archive.verify().verdict()).isEqualTo(Verdict.DAMAGED);
        assertThat(archive.found).extracting(Finding::kind).containsExactly(Finding.Kind.MISSING_ARCHIVE);

        Sinks.Empty<Void> latch = Sinks.empty();
        script(StoreOperation.GET, Fault.pass(), Fault.delayUntil(latch.asMono()));
        archive.found.clear();
        long before = archive.store.calls(StoreOperation.GET);
        Disposable running = archive.verification(archive.store).run().subscribe();
        Awaitility.await().until(() -> archive.store.calls(StoreOperation.GET) == before + 2);
        archive.memory.remove(key);
        archive.memory.remove(backupKey("backup.info"));
        assertThat(latch.tryEmitEmpty().isSuccess()).isTrue();
        Awaitility.await().until(running::isDisposed);
        assertThat(archive.found).isEmpty();
    }

    // -- memory, speed, cancellation

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 6})
    void twoBuffersAreLeftToOthersWhereThereAreAsMany(int capacity) {
        segments(6);
        archive.pool = new BufferPool(BUFFER_BYTES, capacity);
        archive.settings = archive.settings.withConcurrency(8);
        Sinks.Empty<Void> latch = Sinks.empty();
        int lanes = Math.max(1, capacity - 2);
        script(StoreOperation.GET, times(lanes, Fault.delayUntil(latch.asMono())));

        Disposable running = archive.verification(archive.store).run().subscribe();
        Awaitility.await().until(() -> archive.store.calls(StoreOperation.GET) == lanes);

        assertThat(archive.pool.inUse()).isEqualTo(lanes);
        assertThat(archive.pool.waiting()).isZero();
        assertThat(latch.tryEmitEmpty().isSuccess()).isTrue();
        Awaitility.await().until(running::isDisposed);
        assertThat(archive.sound).hasSize(6);
        archive.assertNothingLeft();
    }

    @Test
    void memoryIsHadAfterThoseWhoAreInAHurry() {
        segments(1);
        archive.pool = new BufferPool(BUFFER_BYTES, 1);
        List<PooledBuffer> taken = archive.pool.acquire(1, Priority.URGENT).block(Duration.ofSeconds(5));
        Disposable running = archive.verification(archive.store).run().subscribe();
        Awaitility.await().until(() -> archive.pool.waiting() == 1);
        Sinks.One<List<PooledBuffer>> urgent = Sinks.one();
        Disposable waiting = archive.pool
                .acquire(1, Priority.URGENT)
                .subscribe(lease ->
                        assertThat(urgent.tryEmitValue(lease).isSuccess()).isTrue());

        assertThat(taken).isNotNull().allSatisfy(PooledBuffer::release);

        List<PooledBuffer> lease = urgent.asMono().block(Duration.ofSeconds(5));
        assertThat(archive.sound).isEmpty();
        assertThat(waiting.isDisposed()).isTrue();
        assertThat(lease).isNotNull().allSatisfy(PooledBuffer::release);
        Awaitility.await().until(running::isDisposed);
        assertThat(archive.sound).hasSize(1);
    }

    @Test
    void asManyBytesAreAskedForAsAreRead() {
        placeLargeBackup(3 * BUFFER_BYTES);
        // The clock stands still: whoever comes last waits for all the bytes before him, but for the full bucket.
        archive.settings =
                archive.settings.withConcurrency(1).withBandwidth(new Bandwidth(1000, archive.timer, () -> 0));

        VerificationReport report = archive.verify();

        long lastObject =
                archive.object(VerificationFixture.walKey("000000010000000000000004", Compression.ZSTD)).length;
        double longest = (double) archive.timer.longestNanos.get() / TimeUnit.SECONDS.toNanos(1);
        assertThat(longest * 1000).isCloseTo(report.counts().storedBytes() - lastObject - 1000, Offset.offset(5.0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void cancellingGivesEverythingBack(int stalledCall) {
        placeLargeBackup(4 * BUFFER_BYTES);
        script(StoreOperation.GET, times(stalledCall - 1, Fault.pass()));
        script(StoreOperation.GET, Fault.stallBody(3000));

        Disposable running = archive.verification(archive.store).run().subscribe();
        Awaitility.await()
                .until(() ->
                        archive.memory.openDownloads() == 1 && archive.store.calls(StoreOperation.GET) >= stalledCall);
        running.dispose();

        archive.assertNothingLeft();
        assertThat(archive.reports).isEmpty();
    }

    @Test
    void cancellingWhileWaitingForBandwidthGivesEverythingBack() {
        segments(3);
        VirtualTimeScheduler still = VirtualTimeScheduler.create();
        Bandwidth slow = new Bandwidth(1, still, () -> 0);
        archive.settings = archive.settings.withConcurrency(2).withBandwidth(slow);

        Disposable running = archive.verification(archive.store).run().subscribe();
        Awaitility.await().until(() -> archive.sound.size() == 1);
        running.dispose();

        archive.assertNothingLeft();
        assertThat(archive.sound).hasSize(1);
    }
}
