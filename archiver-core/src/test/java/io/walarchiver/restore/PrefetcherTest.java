package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.SIZE;
import static io.walarchiver.restore.RestoreFixture.await;
import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.restore.RestoredFile.Source;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class PrefetcherTest {

    @TempDir
    Path directory;

    private RestoreFixture fixture;
    private Prefetcher prefetcher;
    private Disposable running;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RestoreFixture(directory);
        start();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        running.dispose();
        fixture.assertNothingLeft();
        assertThat(spooled()).isEmpty();
    }

    private void start() {
        if (running != null) {
            running.dispose();
        }
        prefetcher = new Prefetcher(fixture.pipeline());
        running = prefetcher.run().subscribe();
    }

    /** Segment {@code number} of timeline 10. */
    private static String seg(int number) {
        return String.format(Locale.ROOT, "0000000A00000002%08X", number);
    }

    private void archive(int from, int to) {
        for (int i = from; i <= to; i++) {
            fixture.archiveSegment(seg(i), Compression.ZSTD);
        }
    }

    @CanIgnoreReturnValue
    private RestoredFile restore(String name) {
        return restore(name, RestoreMode.RECOVERY);
    }

    @CanIgnoreReturnValue
    private RestoredFile restore(String name, RestoreMode mode) {
        RestoredFile restored = await(prefetcher.restore(name(name), fixture.destination(), mode));
        assertThat(fixture.destination()).hasBinaryContent(segment(name));
        return restored;
    }

    private List<String> spooled() throws IOException {
        Path spool = fixture.spool.resolve("prefetch");
        if (!Files.exists(spool)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(spool)) {
            return files.map(file -> file.getFileName().toString().substring(0, 24))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void followingSegmentsAreFetchedAheadAndDeliveredWithoutARequest() throws IOException {
        archive(3, 20);

        assertThat(restore(seg(3)).source()).isEqualTo(Source.FETCHED);
        assertThat(spooled()).startsWith(seg(4), seg(5));
        fixture.script(StoreOperation.GET, Fault.hang(), Fault.hang());
        RestoredFile second = restore(seg(4));
        RestoredFile third = restore(seg(5));

        assertThat(second.source()).isEqualTo(Source.PREFETCHED);
        assertThat(second.key()).contains(RestoreFixture.key(seg(4), Compression.ZSTD));
        assertThat(third.source()).isEqualTo(Source.PREFETCHED);
        assertThat(prefetcher.status().hits()).isEqualTo(2);
        assertThat(prefetcher.status().misses()).isEqualTo(1);
        assertThat(prefetcher.status().lastRestored()).contains(name(seg(5)));
    }

    @Test
    void everySegmentIsFetchedExactlyOnceInALongReplay() {
        archive(0, 40);

        for (int i = 0; i <= 40; i++) {
            restore(seg(i));
            fixture.time.advanceTimeBy(Duration.ofMillis(20));
        }

        long beyondTheEnd = fixture.store.calls(StoreOperation.GET) - 41;
        assertThat(beyondTheEnd).isBetween(0L, 12L);
        assertThat(prefetcher.status().hits()).isEqualTo(40);
        assertThat(prefetcher.status().replayedSegmentsPerSecond()).isEqualTo(50);
    }

    @Test
    void askedSegmentJoinsThePrefetchUnderWay() {
        archive(3, 4);
        Sinks.Empty<Void> latch = Sinks.empty();
        fixture.script(StoreOperation.GET, Fault.pass(), Fault.delayUntil(latch.asMono()));
        restore(seg(3));
        assertThat(prefetcher.status().inFlight()).isEqualTo(1);
        long before = fixture.store.calls(StoreOperation.GET);
        AtomicReference<RestoredFile> answer = new AtomicReference<>();

        prefetcher
                .restore(name(seg(4)), fixture.destination(), RestoreMode.RECOVERY)
                .subscribe(answer::set);
        assertThat(answer).hasNullValue();
        assertThat(fixture.store.calls(StoreOperation.GET)).isEqualTo(before);
        latch.tryEmitEmpty().orThrow();

        assertThat(answer.get()).extracting(RestoredFile::source).isEqualTo(Source.PREFETCHED);
        assertThat(fixture.destination()).hasBinaryContent(segment(seg(4)));
    }

    @Test
    void joinedPrefetchThatFailsDoesNotFailTheAskedSegment() {
        archive(3, 4);
        Sinks.Empty<Void> latch = Sinks.empty();
        fixture.script(
                StoreOperation.GET, Fault.pass(), new Fault.Delay(latch.asMono().then(failing())));
        restore(seg(3));
        AtomicReference<RestoredFile> answer = new AtomicReference<>();
        prefetcher
                .restore(name(seg(4)), fixture.destination(), RestoreMode.RECOVERY)
                .subscribe(answer::set);
        assertThat(answer).hasNullValue();

        latch.tryEmitEmpty().orThrow();

        assertThat(answer.get()).extracting(RestoredFile::source).isEqualTo(Source.FETCHED);
        assertThat(fixture.events).contains("prefetchFailed " + seg(4) + " unavailable");
    }

    private static Mono<Void> failing() {
        return Mono.error(new StoreException.Unavailable("scripted", StoreException.Detail.NONE, null));
    }

    @Test
    void askedSegmentDoesNotWaitBehindItsOwnPrefetchThatWaitsForMemory() {
        archive(3, 4);
        Sinks.Empty<Void> latch = Sinks.empty();
        fixture.script(StoreOperation.GET, Fault.delayUntil(latch.asMono()));
        List<PooledBuffer> others = await(fixture.pool.acquire(4, BufferPool.Priority.ORDINARY));
        AtomicReference<RestoredFile> first = new AtomicReference<>();
        AtomicReference<RestoredFile> second = new AtomicReference<>();
        List<PooledBuffer> rest = new ArrayList<>();
        prefetcher
                .restore(name(seg(3)), fixture.destination(), RestoreMode.RECOVERY)
                .subscribe(first::set);
        fixture.pool.acquire(2, BufferPool.Priority.URGENT).subscribe(rest::addAll);
        latch.tryEmitEmpty().orThrow();
        assertThat(first.get()).isNotNull();
        assertThat(fixture.pool.waiting()).as("prefetches").isEqualTo(2);

        prefetcher
                .restore(name(seg(4)), fixture.destination(), RestoreMode.RECOVERY)
                .subscribe(second::set);
        assertThat(fixture.pool.waiting()).as("one of them withdrawn").isEqualTo(2);
        rest.forEach(PooledBuffer::release);

        assertThat(second.get()).extracting(RestoredFile::source).isEqualTo(Source.FETCHED);
        assertThat(fixture.destination()).hasBinaryContent(segment(seg(4)));
        others.forEach(PooledBuffer::release);
    }

    @Test
    void damagedObjectIsForgottenByPrefetchAndReportedWhenAskedFor() {
        archive(3, 3);
        fixture.place(seg(4), Compression.ZSTD, new byte[] {1, 2, 3}, Map.of());

        restore(seg(3));
        assertThat(fixture.events).contains("prefetchFailed " + seg(4) + " corrupt");

        assertThatThrownBy(() -> restore(seg(4))).isInstanceOf(RestoreException.Corrupt.class);
        archive(4, 4);
        restore(seg(4));
    }

    @Test
    void spooledFileThatVanishedOrShrankIsFetchedAfresh() throws IOException {
        archive(3, 9);
        restore(seg(3));
        try (Stream<Path> files = Files.list(fixture.spool.resolve("prefetch"))) {
            for (Path file : files.sorted().toList()) {
                if (file.getFileName().toString().startsWith(seg(4))) {
                    Files.delete(file);
                } else {
                    Files.write(file, new byte[10]);
                }
            }
        }

        assertThat(restore(seg(4)).source()).isEqualTo(Source.FETCHED);
        assertThat(restore(seg(5)).source()).isEqualTo(Source.FETCHED);
    }

    @Test
    void spooledFileThatCannotBeDeliveredIsReportedAsTheDestinationsFault() {
        archive(3, 9);
        restore(seg(3));

        assertThatThrownBy(() -> prefetcher
                        .restore(name(seg(4)), fixture.pgWal.resolve("no/such"), RestoreMode.RECOVERY)
                        .block())
                .isInstanceOf(RestoreException.DestinationUnusable.class);
        assertThat(restore(seg(4)).originalBytes()).isEqualTo(SIZE.bytes());
    }

    @Test
    void startSweepsTheSpoolAndNothingElse() throws IOException {
        running.dispose();
        Path mine = fixture.spool.resolve("prefetch/0000000A0000000200000009-1");
        Path other = fixture.spool.resolve("other");
        Files.writeString(mine, "left by a crash");
        Files.writeString(other, "not mine");

        start();

        assertThat(mine).doesNotExist();
        assertThat(other).exists();
    }

    @Test
    void unusableSpoolSwitchesPrefetchOffAndNothingElse() throws IOException {
        running.dispose();
        Path file = Files.writeString(directory.resolve("file"), "x");
        fixture.settings = fixture.settings.withPrefetch(RestoreSettings.Prefetch.in(file));
        archive(3, 9);
        start();

        restore(seg(3));
        restore(seg(4));

        assertThat(fixture.events).contains("spoolUnusable");
        assertThat(prefetcher.status().hits()).isZero();
    }

    @Test
    void cancellingStopsAndCleansUpWhateverIsUnderWay() throws IOException {
        archive(3, 9);
        fixture.script(StoreOperation.GET, Fault.pass(), new Fault.StallBody(1000), Fault.hang());
        restore(seg(3));
        assertThat(prefetcher.status().inFlight()).isEqualTo(2);

        running.dispose();

        assertThat(fixture.pool.inUse()).isZero();
        assertThat(prefetcher.status().inFlight()).isZero();
        assertThat(restore(seg(4)).source()).isEqualTo(Source.FETCHED);
        assertThat(spooled()).isEmpty();
    }

    @Test
    void runningTwiceIsRefusedAndRunningAgainIsNot() {
        assertThatThrownBy(() -> prefetcher.run().block()).isInstanceOf(IllegalStateException.class);

        running.dispose();
        running = prefetcher.run().subscribe();
        archive(3, 9);
        restore(seg(3));

        assertThat(restore(seg(4)).source()).isEqualTo(Source.PREFETCHED);
    }

    @Test
    void askedFileTakesTheMemoryOfThePrefetchThatIsNeededLast() {
        archive(3, 30);
        startWithEveryBufferInHangingPrefetches();
        List<PooledBuffer> urgent = new ArrayList<>();

        fixture.pool.acquire(2, BufferPool.Priority.URGENT).subscribe(urgent::addAll);

        assertThat(urgent).hasSize(2);
        assertThat(fixture.pool.waiting()).as("the prefetch that gave way").isEqualTo(1);
        fixture.script(StoreOperation.GET, Fault.pass());
        urgent.forEach(PooledBuffer::release);
        assertThat(prefetcher.status().spooledFiles())
                .as("fetched again, and the next one")
                .isGreaterThanOrEqualTo(1);
        assertThat(spooledNames()).contains(seg(6)).doesNotContain(seg(4), seg(5));
    }

    @Test
    void askedSegmentElsewhereIsServedThoughEveryPrefetchHangs() {
        archive(3, 30);
        startWithEveryBufferInHangingPrefetches();

        assertThat(restore(seg(20)).source()).isEqualTo(Source.FETCHED);
    }

    @Test
    void prefetchAnAskedSegmentWaitsForDoesNotGiveWay() {
        fixture.pool = new BufferPool(RestoreFixture.BUFFER_BYTES, 2);
        archive(3, 4);
        start();
        Sinks.Empty<Void> latch = Sinks.empty();
        fixture.script(StoreOperation.GET, Fault.pass(), Fault.delayUntil(latch.asMono()));
        restore(seg(3));
        AtomicReference<RestoredFile> answer = new AtomicReference<>();
        prefetcher
                .restore(name(seg(4)), fixture.destination(), RestoreMode.RECOVERY)
                .subscribe(answer::set);
        List<PooledBuffer> urgent = new ArrayList<>();

        fixture.pool.acquire(2, BufferPool.Priority.URGENT).subscribe(urgent::addAll);
        assertThat(urgent).isEmpty();
        latch.tryEmitEmpty().orThrow();

        assertThat(answer.get()).extracting(RestoredFile::source).isEqualTo(Source.PREFETCHED);
        assertThat(urgent).hasSize(2);
        urgent.forEach(PooledBuffer::release);
    }

    private void startWithEveryBufferInHangingPrefetches() {
        fixture.settings =
                fixture.settings.withPrefetch(fixture.settings.prefetch().withParallelism(8));
        start();
        fixture.script(StoreOperation.GET, Fault.pass(), Fault.hang(), Fault.hang(), Fault.hang());
        restore(seg(3));
        assertThat(prefetcher.status().inFlight()).isEqualTo(3);
        assertThat(fixture.pool.inUse()).isEqualTo(6);
    }

    private List<String> spooledNames() {
        try {
            return spooled();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void nothingNewIsBegunWhileAnAskedSegmentIsFetched() {
        archive(3, 30);
        restore(seg(3));
        long before = fixture.store.calls(StoreOperation.GET);
        fixture.script(StoreOperation.GET, Fault.hang());

        Disposable asked = prefetcher
                .restore(name(seg(20)), fixture.destination(), RestoreMode.RECOVERY)
                .subscribe();
        restore(seg(4));

        assertThat(fixture.store.calls(StoreOperation.GET)).isEqualTo(before + 1);
        asked.dispose();
        assertThat(fixture.store.calls(StoreOperation.GET)).isGreaterThan(before + 1);
    }
}
