package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.cluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.store.Fault;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Sinks;

/** Stores that fail, hang or change, and restores that are given up: nothing is held, and the restore can go on. */
@Timeout(300)
class RestoreFaultsTest {

    private static final int BUFFER_BYTES = 20_000;

    @TempDir
    Path directory;

    private final ConcurrentLinkedQueue<Throwable> dropped = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void watchDroppedErrors() {
        Hooks.onErrorDropped(dropped::add);
    }

    @AfterEach
    void nothingWasDropped() {
        Hooks.resetOnErrorDropped();
        assertThat(dropped).isEmpty();
    }

    private RecoveryFixture fixture(String name) {
        RecoveryFixture fixture = new RecoveryFixture(directory.resolve(name));
        fixture.pool = new BufferPool(BUFFER_BYTES, 4);
        fixture.withTablespaces(".gz");
        fixture.place("data.tar", cluster());
        return fixture;
    }

    private SortedMap<String, String> whole() {
        RecoveryFixture fixture = fixture("whole");
        fixture.done();
        fixture.assertNothingHeld();
        return tree(fixture);
    }

    private static SortedMap<String, String> tree(RecoveryFixture fixture) {
        SortedMap<String, String> tree = Tree.of(fixture.directory.resolve("restored"));
        tree.remove("pgdata/pg_tblspc/16384");
        return tree;
    }

    private static StoreException.Detail none() {
        return StoreException.Detail.NONE;
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of("unavailable", Fault.unavailable(), true),
                Arguments.of("denied", Fault.fail(new StoreException.AccessDenied("scripted", none(), null)), false),
                Arguments.of("rejected", Fault.fail(new StoreException.Rejected("scripted", none(), null)), false),
                Arguments.of("absent", Fault.fail(new StoreException.NotFound("scripted", none())), false),
                Arguments.of("broken at once", Fault.breakBody(0), true),
                Arguments.of("broken in the middle", Fault.breakBody(1000), true),
                Arguments.of("cut off", new Fault.TruncateBody(1000), true));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void everyRequestMayFail(String name, Fault fault, boolean transientFault) {
        SortedMap<String, String> whole = whole();
        for (StoreOperation operation : List.of(StoreOperation.LIST, StoreOperation.GET)) {
            RecoveryFixture counting = fixture(name + operation);
            counting.done();
            long calls = counting.store.calls(operation);
            assertThat(calls).isPositive();
            boolean body = fault instanceof Fault.BreakBody || fault instanceof Fault.TruncateBody;
            if (body && operation == StoreOperation.LIST) {
                continue;
            }
            // Of the log, another spelling is looked for, which finds the same again.
            for (int i = name.equals("absent") && operation == StoreOperation.GET ? 1 : 0; i < calls; i++) {
                RecoveryFixture fixture = fixture(name + operation + i);
                fixture.store.script(operation, faults(i, fault));
                RecoveryException failure = fixture.failure();

                assertThat(failure)
                        .as("%s %s of %s: %s", operation, i, calls, failure)
                        .isInstanceOfAny(RecoveryException.StoreFailed.class, RecoveryException.BackupIncomplete.class);
                fixture.assertNothingHeld();
                // The same restore goes on when the store is well again.
                fixture.done();
                assertThat(tree(fixture)).isEqualTo(whole);
                fixture.assertNothingHeld();
            }
        }
    }

    private static Fault[] faults(int before, Fault fault) {
        return Stream.concat(Collections.nCopies(before, Fault.pass()).stream(), Stream.of(fault))
                .toArray(Fault[]::new);
    }

    @Test
    void rangesAreTriedAgainUntilTheyCome() {
        RecoveryFixture fixture = fixture("again");
        fixture.timer = new InstantTimer();
        fixture.settings = fixture.settings.withRetryWindow(Duration.ofMinutes(1));
        fixture.store.script(
                StoreOperation.GET,
                Fault.pass(),
                Fault.unavailable(),
                Fault.breakBody(10),
                new Fault.TruncateBody(100),
                Fault.unavailable(),
                Fault.breakBody(0),
                Fault.unavailable());

        fixture.done();

        assertThat(fixture.events.stream().filter(event -> event.startsWith("retrying")))
                .hasSize(6);
        assertThat(fixture.store.pending(StoreOperation.GET)).isZero();
        assertThat(tree(fixture)).isEqualTo(whole());
        fixture.assertNothingHeld();
    }

    @Test
    void patienceEnds() {
        RecoveryFixture fixture = fixture("patience");
        fixture.timer = new InstantTimer();
        fixture.settings = fixture.settings.withRetryWindow(Duration.ofMinutes(1));
        AtomicInteger minutes = new AtomicInteger();
        fixture.nanoTime = () -> Duration.ofSeconds(10).toNanos() * minutes.getAndIncrement();
        fixture.store.script(StoreOperation.GET, faults(1, Fault.pass()));
        fixture.store.script(
                StoreOperation.GET,
                Collections.nCopies(1000, Fault.unavailable()).toArray(Fault[]::new));

        assertThat(fixture.failure())
                .isInstanceOf(RecoveryException.StoreFailed.class)
                .hasMessageContaining("run the restore again");
        fixture.assertNothingHeld();
    }

    @ParameterizedTest
    @ValueSource(ints = {-20_000, -1, 1, 100, 20_000})
    void anObjectOfAnotherLengthIsAnError(int difference) {
        RecoveryFixture fixture = fixture("length");
        RestoreOrder order = fixture.order();
        byte[] tar = cluster();
        fixture.place("data.tar", Arrays.copyOf(tar, tar.length + difference));

        assertChanged(fixture, order);
    }

    @Test
    void anObjectThatIsWrittenAgainMeanwhileIsAnError() {
        RecoveryFixture fixture = fixture("again");
        fixture.settings = fixture.settings.withJobs(1).withRanges(1, BUFFER_BYTES);
        RestoreOrder order = fixture.order();
        AtomicInteger ranges = new AtomicInteger();
        fixture.onProgress = () -> {
            if (ranges.incrementAndGet() == 2) {
                fixture.place("data.tar", cluster());
            }
        };

        assertChanged(fixture, order);
    }

    private static void assertChanged(RecoveryFixture fixture, RestoreOrder order) {
        RecoveryException failure = failure(fixture, order);
        assertThat(failure)
                .isInstanceOf(RecoveryException.CorruptArchive.class)
                .hasMessageContaining("changed while it was restored");
        fixture.assertNothingHeld();
    }

    private static RecoveryException failure(RecoveryFixture fixture, RestoreOrder order) {
        try {
            throw new AssertionError("was restored: " + fixture.restore(order).block(Duration.ofSeconds(60)));
        } catch (RecoveryException expected) {
            return expected;
        }
    }

    @Test
    void anObjectThatIsDeletedMeanwhileIsAnError() {
        RecoveryFixture fixture = fixture("deleted");
        RestoreOrder order = fixture.order();
        ObjectKey key = RecoveryFixture.LAYOUT.backupKey(RecoveryFixture.ID, "data.tar");
        fixture.memory.remove(key);

        assertThat(failure(fixture, order))
                .isInstanceOf(RecoveryException.BackupIncomplete.class)
                .hasMessageContaining("was deleted");
        fixture.assertNothingHeld();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyRequestMayHangUntilTheRestoreIsGivenUp(boolean stall) {
        SortedMap<String, String> whole = whole();
        RecoveryFixture counting = fixture("counting");
        counting.done();
        for (StoreOperation operation : List.of(StoreOperation.LIST, StoreOperation.GET)) {
            if (stall && operation == StoreOperation.LIST) {
                continue;
            }
            for (int i = 0; i < counting.store.calls(operation); i++) {
                RecoveryFixture fixture = fixture("hang" + operation + i);
                Fault fault = stall ? Fault.stallBody(500) : Fault.hang();
                fixture.store.script(operation, faults(i, fault));
                int script = i + 1;
                Disposable restore = fixture.restore().subscribe();
                await().atMost(Duration.ofSeconds(20))
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> fixture.store.pending(operation) == 0 && fixture.store.calls(operation) >= script);

                restore.dispose();

                fixture.assertNothingHeld();
                fixture.done();
                assertThat(tree(fixture)).isEqualTo(whole);
                fixture.assertNothingHeld();
            }
        }
    }

    /** Gives up in the middle of the n-th range, for every n. */
    @Test
    void aRestoreCanBeGivenUpAnyTime() {
        SortedMap<String, String> whole = whole();
        for (int n = 1; ; n++) {
            RecoveryFixture fixture = fixture("cancel" + n);
            Sinks.Empty<Void> enough = Sinks.empty();
            AtomicInteger ranges = new AtomicInteger();
            int last = n;
            fixture.onProgress = () -> {
                if (ranges.incrementAndGet() == last) {
                    enough.tryEmitEmpty();
                }
            };

            boolean finished = fixture.restore()
                    .takeUntilOther(enough.asMono())
                    .blockOptional(Duration.ofSeconds(60))
                    .isPresent();

            fixture.assertNothingHeld();
            if (finished) {
                assertThat(n).isGreaterThan(5);
                return;
            }
            fixture.onProgress = () -> {};
            fixture.done();
            assertThat(tree(fixture)).isEqualTo(whole);
        }
    }

    /** Gives up when the n-th archive is extracted: between two of them, and when the last steps begin. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aRestoreCanBeGivenUpBetweenItsSteps(int archives) {
        SortedMap<String, String> whole = whole();
        RecoveryFixture fixture = fixture("steps");
        Sinks.Empty<Void> enough = Sinks.empty();
        AtomicInteger extracted = new AtomicInteger();
        fixture.onExtracted = () -> {
            if (extracted.incrementAndGet() == archives) {
                enough.tryEmitEmpty();
            }
        };

        assertThat(fixture.restore().takeUntilOther(enough.asMono()).blockOptional(Duration.ofSeconds(60)))
                .isEmpty();

        fixture.assertNothingHeld();
        fixture.onExtracted = () -> {};
        if (fixture.isMarked()) {
            fixture.done();
        }
        assertThat(tree(fixture)).isEqualTo(whole);
    }

    @Test
    void aRestoreThatWaitsForMemoryCanBeGivenUp() {
        RecoveryFixture fixture = fixture("memory");
        List<PooledBuffer> others = Objects.requireNonNull(
                fixture.pool.acquire(4, BufferPool.Priority.ORDINARY).block());
        fixture.walWindow = Duration.ofMinutes(1);
        Disposable restore = fixture.restore().subscribe();
        await().atMost(Duration.ofSeconds(20)).until(() -> fixture.pool.waiting() > 0);

        restore.dispose();

        assertThat(fixture.pool.inUse()).isEqualTo(4);
        others.forEach(PooledBuffer::release);
        fixture.assertNothingHeld();
    }

    @Test
    void nothingIsLeftWhenItIsGivenUpBeforeTheFirstFile() throws IOException {
        RecoveryFixture fixture = fixture("early");
        fixture.store.script(StoreOperation.GET, Fault.hang());
        Disposable restore = fixture.restore().subscribe();
        await().atMost(Duration.ofSeconds(20)).until(() -> fixture.store.pending(StoreOperation.GET) == 0);

        restore.dispose();

        fixture.assertNothingHeld();
        assertThat(fixture.pgdata).doesNotExist();
    }

    @Test
    void metadataOfObjectsMakesNoDifference() {
        RecoveryFixture fixture = fixture("metadata");
        byte[] tar = cluster();
        fixture.memory.place(
                RecoveryFixture.LAYOUT.backupKey(RecoveryFixture.ID, "data.tar"), tar, Map.of("some", "thing"));

        fixture.done();
        fixture.assertNothingHeld();
    }
}
