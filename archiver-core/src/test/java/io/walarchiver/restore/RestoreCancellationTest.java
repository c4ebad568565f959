package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.await;
import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Hooks;

/** Cancels at every stage: everything is given back, and nothing appears at the destination. */
class RestoreCancellationTest {

    private static final String SEGMENT = "0000000A0000000200000003";

    @TempDir
    Path directory;

    private RestoreFixture fixture;
    private final AtomicReference<Throwable> dropped = new AtomicReference<>();

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RestoreFixture(directory);
        fixture.archiveSegment(SEGMENT, Compression.ZSTD);
        Hooks.onErrorDropped(dropped::set);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        Hooks.resetOnErrorDropped();
        assertThat(dropped).hasNullValue();
        assertThat(fixture.destination()).doesNotExist();
        assertThat(fixture.events).isEmpty();
        fixture.assertNothingLeft();
    }

    private Disposable start() {
        return fixture.pipeline().restore(name(SEGMENT), fixture.destination()).subscribe();
    }

    /** Segments of this fixture do not fit the buffers and go through files. */
    private void useFiles() {
        fixture.pool = new BufferPool(64 << 10, 6);
    }

    @Test
    void whileItWaitsForMemory() {
        List<PooledBuffer> others = await(fixture.pool.acquire(5, BufferPool.Priority.ORDINARY));
        Disposable restore = start();
        assertThat(fixture.pool.waiting()).isEqualTo(1);

        restore.dispose();

        assertThat(fixture.pool.waiting()).isZero();
        assertThat(fixture.pool.inUse()).isEqualTo(5);
        others.forEach(PooledBuffer::release);
        assertThat(fixture.store.calls(StoreOperation.GET)).isZero();
    }

    @Test
    void whileTheStoreDoesNotAnswer() {
        fixture.script(StoreOperation.GET, Fault.hang());
        Disposable restore = start();
        assertThat(fixture.pool.inUse()).isEqualTo(2);

        restore.dispose();

        assertThat(fixture.store.cancellations(StoreOperation.GET)).isEqualTo(1);
    }

    @Test
    void whileTheListingDoesNotAnswer() {
        fixture.memory.remove(RestoreFixture.key(SEGMENT, Compression.ZSTD));
        fixture.script(StoreOperation.LIST, Fault.hang());
        Disposable restore = start();
        assertThat(fixture.pool.inUse()).isZero();

        restore.dispose();

        assertThat(fixture.store.cancellations(StoreOperation.LIST)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void inTheMiddleOfTheDownload(boolean files) {
        if (files) {
            useFiles();
        }
        fixture.script(StoreOperation.GET, new Fault.StallBody(70_000));
        Disposable restore = start();
        assertThat(fixture.memory.openDownloads()).isEqualTo(1);

        restore.dispose();

        assertThat(fixture.store.cancelledBodies()).isEqualTo(1);
    }

    @Test
    void beforeDecompressionHasBegun() {
        StepScheduler later = new StepScheduler();
        fixture.compute = later;
        Disposable restore = start();
        assertThat(fixture.pool.inUse()).isEqualTo(2);

        restore.dispose();

        assertThat(fixture.pool.inUse()).isZero();
        while (later.step()) {}
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void beforeTheFileIsWritten(boolean files) {
        StepScheduler later = new StepScheduler();
        fixture.fileIo = later;
        if (files) {
            useFiles();
        }
        Disposable restore = start();

        restore.dispose();
        while (later.step()) {}
    }

    @Test
    void whileAThreadDecompressesIntoTheBuffers() throws Exception {
        WorkArea area = new WorkArea();
        List<PooledBuffer> lease = await(fixture.pool.acquire(2, BufferPool.Priority.URGENT));
        assertThat(area.own(lease)).isTrue();

        int inUseInside = area.use(() -> {
            area.close(fixture.fileIo).block();
            // The thread is still in here and may write: nobody else may have the memory yet.
            return fixture.pool.inUse();
        });

        assertThat(inUseInside).isEqualTo(2);
        assertThat(fixture.pool.inUse()).isZero();
    }

    @Test
    void justWhenTheMemoryArrives() {
        WorkArea area = new WorkArea();
        area.close(fixture.fileIo).block();

        boolean owned = area.own(await(fixture.pool.acquire(2, BufferPool.Priority.URGENT)));

        assertThat(owned).isFalse();
        assertThat(fixture.pool.inUse()).isZero();
    }

    @Test
    void whileItWaitsForTheNextAttempt() {
        fixture.script(StoreOperation.GET, Fault.unavailable());
        Disposable restore = start();
        assertThat(fixture.events).containsExactly("retrying " + SEGMENT);
        fixture.events.clear();

        restore.dispose();

        fixture.time.advanceTimeBy(Duration.ofHours(1));
        assertThat(fixture.store.calls(StoreOperation.GET)).isEqualTo(1);
    }

    /** Cancels after each number of steps of a file scheduler that only steps when told to. */
    @Test
    void betweenAnyTwoStepsOfALargeFile() throws IOException {
        for (int steps = 0; ; steps++) {
            RestoreFixture each = new RestoreFixture(directory.resolve("steps" + steps));
            each.pool = new BufferPool(64 << 10, 6);
            each.archive(SEGMENT, segment(SEGMENT), Compression.GZIP);
            StepScheduler stepping = new StepScheduler();
            each.fileIo = stepping;
            Disposable restore =
                    each.pipeline().restore(name(SEGMENT), each.destination()).subscribe();
            boolean done = false;
            for (int i = 0; i < steps && !done; i++) {
                done = !stepping.step();
            }
            boolean delivered = restore.isDisposed();
            restore.dispose();
            while (stepping.step()) {}
            each.assertNothingLeft();
            // Too late is fine, half is not.
            if (Files.exists(each.destination())) {
                assertThat(each.destination()).hasBinaryContent(segment(SEGMENT));
            }
            if (delivered) {
                assertThat(each.destination()).exists();
                assertThat(steps).isGreaterThan(4);
                return;
            }
        }
    }
}
