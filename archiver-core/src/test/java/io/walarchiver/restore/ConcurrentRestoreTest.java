package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.await;
import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.codec.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The same with real threads: whatever they do to each other, bytes are right and everything is given back. */
class ConcurrentRestoreTest {

    private static final int SEGMENTS = 24;

    @TempDir
    Path directory;

    private final Scheduler compute = Schedulers.newParallel("compute", 2);
    private final Scheduler fileIo = Schedulers.newParallel("file-io", 2);
    private RestoreFixture fixture;
    private Prefetcher prefetcher;
    private Disposable running;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RestoreFixture(directory);
        fixture.compute = compute;
        fixture.fileIo = fileIo;
        for (int i = 0; i < SEGMENTS; i++) {
            fixture.archiveSegment(seg(i), Compression.ZSTD);
        }
        prefetcher = new Prefetcher(fixture.pipeline());
        running = prefetcher.run().subscribe();
    }

    @AfterEach
    void everythingIsGivenBack() {
        running.dispose();
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> fixture.assertNothingLeft());
        compute.dispose();
        fileIo.dispose();
    }

    private static String seg(int number) {
        return String.format(Locale.ROOT, "0000000A00000002%08X", number);
    }

    @Test
    void replayGetsEverySegmentInOrder() {
        for (int i = 0; i < SEGMENTS; i++) {
            await(prefetcher.restore(name(seg(i)), fixture.destination(), RestoreMode.RECOVERY));

            assertThat(fixture.destination()).hasBinaryContent(segment(seg(i)));
        }
        assertThat(prefetcher.status().hits() + prefetcher.status().misses()).isEqualTo(SEGMENTS);
    }

    @Test
    void manyAskingAtOnceAllGetTheirs() {
        Flux.range(0, SEGMENTS)
                .flatMap(
                        i -> prefetcher.restore(
                                name(seg(i)), fixture.pgWal.resolve("asked-" + i), RestoreMode.RECOVERY),
                        SEGMENTS)
                .collectList()
                .block(Duration.ofSeconds(60));

        for (int i = 0; i < SEGMENTS; i++) {
            assertThat(fixture.pgWal.resolve("asked-" + i)).hasBinaryContent(segment(seg(i)));
        }
    }

    @Test
    void questionsGivenUpAtAnyMomentHarmNobody() {
        SplittableRandom random = new SplittableRandom(20);
        for (int i = 0; i < SEGMENTS; i++) {
            Disposable givenUp = prefetcher
                    .restore(name(seg(i)), fixture.pgWal.resolve("given-up"), RestoreMode.RECOVERY)
                    .subscribe();
            for (int spin = random.nextInt(2_000_000); spin > 0; spin--) {
                Thread.onSpinWait();
            }
            givenUp.dispose();
            await(prefetcher.restore(name(seg(i)), fixture.destination(), RestoreMode.RECOVERY));

            assertThat(fixture.destination()).hasBinaryContent(segment(seg(i)));
        }
    }
}
