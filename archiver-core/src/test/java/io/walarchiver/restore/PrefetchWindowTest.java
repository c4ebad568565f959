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
import io.walarchiver.restore.RestoredFile.Source;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

/** What is prefetched when, and what is dropped again. */
class PrefetchWindowTest {

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
    void windowCrossesTheEndOfALogFile() throws IOException {
        String last = "0000000A0000000200000FFF";
        String next = "0000000A0000000300000000";
        fixture.archiveSegment(last, Compression.ZSTD);
        fixture.archiveSegment(next, Compression.ZSTD);

        restore(last);

        assertThat(spooled()).containsExactly(next);
    }

    @Test
    void spoolStaysWithinItsBytes() throws IOException {
        archive(3, 40);
        fixture.settings = fixture.settings.withPrefetch(
                fixture.settings.prefetch().withMaxBytes(5L * SIZE.bytes() - 1).withParallelism(8));
        fixture.pool = new BufferPool(RestoreFixture.BUFFER_BYTES, 40);
        start();

        restore(seg(3));

        assertThat(spooled()).containsExactly(seg(4), seg(5), seg(6), seg(7));
        assertThat(prefetcher.status().spooledBytes()).isEqualTo(4L * SIZE.bytes());
        restore(seg(4));
        assertThat(spooled()).containsExactly(seg(5), seg(6), seg(7), seg(8));
    }

    @Test
    void prefetchCanBeSwitchedOff() throws IOException {
        archive(3, 9);
        fixture.settings =
                fixture.settings.withPrefetch(fixture.settings.prefetch().withMaxBytes(0));
        start();

        restore(seg(3));

        assertThat(spooled()).isEmpty();
        assertThat(fixture.store.calls(StoreOperation.GET)).isEqualTo(1);
    }

    @Test
    void rewindNeitherPrefetchesNorUsesTheSpool() throws IOException {
        archive(3, 9);
        restore(seg(3), RestoreMode.REWIND);
        assertThat(spooled()).isEmpty();

        restore(seg(3));
        assertThat(spooled()).isNotEmpty();

        assertThat(restore(seg(4), RestoreMode.REWIND).source()).isEqualTo(Source.FETCHED);
    }

    @Test
    void historyAndPartialFilesDoNotMoveTheWindow() throws IOException {
        archive(3, 9);
        fixture.archive(seg(3) + ".partial", segment(seg(3)), Compression.ZSTD);
        fixture.archive("0000000B.history", new byte[] {1}, Compression.ZSTD);

        prefetcher
                .restore(name(seg(3) + ".partial"), fixture.destination(), RestoreMode.RECOVERY)
                .block();
        prefetcher
                .restore(name("0000000B.history"), fixture.destination(), RestoreMode.RECOVERY)
                .block();

        assertThat(spooled()).isEmpty();
    }

    @Test
    void partialSegmentIsNeverPrefetchedInPlaceOfACompleteOne() throws IOException {
        archive(3, 3);
        fixture.archive(seg(4) + ".partial", segment(seg(4)), Compression.ZSTD);

        restore(seg(3));

        assertThat(spooled()).isEmpty();
        assertThat(restore(seg(4)).key()).contains(RestoreFixture.key(seg(4) + ".partial", Compression.ZSTD));
    }

    @Test
    void changeOfTheTimelineDropsTheSpool() throws IOException {
        archive(3, 9);
        String other = "0000000B0000000200000004";
        fixture.archiveSegment(other, Compression.ZSTD);
        restore(seg(3));

        restore(other);

        assertThat(spooled()).isEmpty();
        assertThat(fixture.events).contains("dropped 2 TIMELINE_CHANGED");
    }

    @Test
    void absentSegmentOfAnotherTimelineDoesNotDropTheSpool() throws IOException {
        archive(3, 9);
        restore(seg(3));

        assertThatThrownBy(() -> restore("0000000B0000000200000004")).isInstanceOf(RestoreException.NotArchived.class);

        assertThat(spooled()).contains(seg(4));
        assertThat(restore(seg(4)).source()).isEqualTo(Source.PREFETCHED);
    }

    @Test
    void jumpBackDropsTheSpoolAndJumpForwardWhatWasPassed() throws IOException {
        archive(1, 30);
        restore(seg(3));

        restore(seg(5));
        assertThat(spooled()).doesNotContain(seg(4), seg(5)).contains(seg(6));
        restore(seg(1));

        assertThat(fixture.events).contains("dropped 1 PASSED").anyMatch(e -> e.endsWith("JUMPED_BACK"));
        assertThat(spooled()).contains(seg(2)).doesNotContain(seg(7));
    }

    @Test
    void idleSpoolIsDropped() throws IOException {
        archive(3, 9);
        restore(seg(3));

        fixture.time.advanceTimeBy(Duration.ofMinutes(9));
        assertThat(spooled()).isNotEmpty();
        fixture.time.advanceTimeBy(Duration.ofMinutes(6));

        assertThat(spooled()).isEmpty();
        assertThat(prefetcher.status().spooledFiles()).isZero();
        assertThat(restore(seg(4)).source()).isEqualTo(Source.FETCHED);
    }

    @Test
    void nothingIsTriedBehindAnAbsentSegmentForAWhile() {
        archive(3, 3);
        restore(seg(3));
        long requests = fixture.memory.requests();
        archive(4, 9);

        // The same segment again: replay did not advance.
        restore(seg(3));
        assertThat(fixture.memory.requests()).isEqualTo(requests + 1);

        fixture.time.advanceTimeBy(Duration.ofSeconds(6));
        restore(seg(3));
        assertThat(fixture.memory.requests()).isGreaterThan(requests + 2);
    }

    @Test
    void standbyAtTheEndOfTheArchiveAsksOnceForEachMiss() {
        archive(3, 3);
        restore(seg(3));
        long requests = fixture.memory.requests();

        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> restore(seg(4))).isInstanceOf(RestoreException.NotArchived.class);
            fixture.time.advanceTimeBy(Duration.ofSeconds(5));
        }

        assertThat(fixture.memory.requests() - requests).isLessThanOrEqualTo(11);
        assertThat(prefetcher.status().consecutiveMisses()).isEqualTo(10);
        archive(4, 4);
        restore(seg(4));
        assertThat(prefetcher.status().consecutiveMisses()).isZero();
    }
}
