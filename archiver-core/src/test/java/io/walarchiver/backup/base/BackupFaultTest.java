package io.walarchiver.backup.base;

import static io.walarchiver.backup.base.BackupFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.base.ScriptedSession.Call;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.LogPosition;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.store.Fault;
import io.walarchiver.store.InMemoryObjectStore.StoredObject;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Everything goes wrong once, at every call of the server and of the store, by an error and by a cancellation. Whatever
 * it was: the session is ended, nothing is open in the store, all buffers are back, the failure is on record, an earlier
 * backup is as it was.
 */
@Timeout(180)
class BackupFaultTest {

    private static final BackupId EARLIER = new BackupId("20200101T000000");

    @TempDir
    Path directory;

    private BackupFixture fixture;
    private Map<ObjectKey, StoredObject> earlier = Map.of();

    @BeforeEach
    void open() throws IOException {
        fixture = new BackupFixture(directory);
        fixture.pool = new BufferPool(BackupFixture.BUFFER_BYTES, 4);
        fixture.tablespace(24_601, directory.resolve("fast"));
        Files.write(directory.resolve("fast/PG_17_202406281/5/16384"), fixture.noise("base/1/16384", 6_000_000));
        fixture.noise("base/1/16385", 6_000_000);
        fixture.noise("base/1/16386", 6_000_000);
        // Three volumes of two parts each and one with the rest; two parts of the tablespace.
        fixture.settings(settings -> settings.withMaxArchiveBytes(3_000_000));
        for (String name : List.of("backup.info", "data.tar", "annotations/keep")) {
            fixture.store.place(
                    fixture.key(EARLIER, name), ("earlier " + name).getBytes(StandardCharsets.UTF_8), Map.of());
        }
        earlier = earlierObjects();
    }

    private Map<ObjectKey, StoredObject> earlierObjects() {
        return fixture.store.keys().stream()
                .filter(key -> key.value().contains(EARLIER.value()))
                .collect(Collectors.toMap(
                        key -> key, key -> fixture.store.stored(key).orElseThrow()));
    }

    @AfterEach
    void close() {
        fixture.assertNothingHeld();
        assertThat(earlierObjects()).isEqualTo(earlier);
        fixture.close();
    }

    private List<BackupId> recorded() {
        return fixture.recorded().stream().filter(id -> !id.equals(EARLIER)).toList();
    }

    private void assertFailureIsOnRecord(String... words) {
        assertThat(recorded()).hasSize(1);
        BackupInfo record = fixture.record(recorded().get(0));
        assertThat(record.status()).isEqualTo(BackupStatus.FAILED);
        assertThat(record.end()).isEqualTo(LogPosition.UNKNOWN);
        assertThat(record.error().orElseThrow()).startsWith("failure ").contains(words);
        assertThat(record.isUsable()).isFalse();
        assertThat(record.tablespaces()).hasSize(1);
    }

    private static StoreException refusal() {
        return new StoreException.AccessDenied("scripted: refused", StoreException.Detail.NONE, null);
    }

    private static Fault[] after(int calls, Fault fault) {
        Fault[] script = new Fault[calls + 1];
        Arrays.fill(script, Fault.pass());
        script[calls] = fault;
        return script;
    }

    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"START", "STOP"})
    void aFailureOfTheServerFailsTheBackup(Call call) {
        BackupException failure = new BackupException.SessionLost("scripted: gone\nand more", null);
        fixture.session.fail(call, failure);

        assertThatThrownBy(() -> fixture.take()).isSameAs(failure);

        assertFailureIsOnRecord("(scripted: gone)");
        assertThat(fixture.recorder.failures).containsExactly(failure);
        assertThat(fixture.recorder.completed).isEmpty();
        LogPosition begin = fixture.record(recorded().get(0)).begin();
        assertThat(begin.equals(LogPosition.UNKNOWN)).isEqualTo(call == Call.START);
    }

    @Test
    void aServerThatCannotBeReachedLeavesNoRecord() {
        BackupException failure = new BackupException.CannotConnect("scripted", null);
        fixture.session.fail(Call.CONNECT, failure);

        assertThatThrownBy(() -> fixture.take()).isSameAs(failure);

        assertThat(recorded()).isEmpty();
        assertThat(fixture.recorder.failures).containsExactly(failure);
    }

    /** How often a backup without trouble makes each call of the store. */
    private static final Map<StoreOperation, Integer> CALLS = Map.of(
            StoreOperation.LIST, 1,
            StoreOperation.START_MULTIPART, 5,
            StoreOperation.UPLOAD_PART, 9,
            StoreOperation.COMPLETE_MULTIPART, 5,
            StoreOperation.PUT_IF_ABSENT, 1);

    static Stream<Arguments> everyStoreCall() {
        return CALLS.entrySet().stream()
                .flatMap(entry ->
                        IntStream.range(0, entry.getValue()).mapToObj(call -> Arguments.of(entry.getKey(), call)));
    }

    @Test
    void theCallsOfTheStoreAreTheOnesTriedHere() {
        fixture.take();
        for (StoreOperation operation : StoreOperation.values()) {
            assertThat(fixture.faulty.calls(operation))
                    .as(operation.name())
                    .isEqualTo(CALLS.getOrDefault(operation, 0).longValue());
        }
    }

    @ParameterizedTest
    @MethodSource("everyStoreCall")
    void aFailureOfTheStoreFailsTheBackup(StoreOperation operation, int call) {
        fixture.faulty.script(operation, after(call, Fault.fail(refusal())));

        assertThatThrownBy(() -> fixture.take())
                .isInstanceOf(BackupException.StoreFailed.class)
                .hasMessageContaining("scripted: refused")
                .hasMessageContaining("memory")
                .satisfies(failure ->
                        assertThat(((BackupException) failure).kind()).isEqualTo("access_denied"));

        if (operation == StoreOperation.LIST) {
            // There is no id yet.
            assertThat(recorded()).isEmpty();
        } else {
            assertFailureIsOnRecord("scripted: refused");
        }
    }

    @ParameterizedTest
    @MethodSource("everyStoreCall")
    void aCancellationDuringACallOfTheStoreIsCleanedUpAfter(StoreOperation operation, int call) {
        fixture.cleanUpPatience = Duration.ofMillis(300);
        fixture.faulty.script(operation, after(call, Fault.hang()));

        cancelWhen(() -> fixture.faulty.pending(operation) == 0);

        if (operation == StoreOperation.LIST) {
            assertThat(recorded()).isEmpty();
        } else {
            assertFailureIsOnRecord("(cancelled)");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Call.class,
            names = {"CONNECT", "START", "STOP", "RESTORE_POINT", "SWITCH_WAL"})
    void aCancellationDuringACallOfTheServerIsCleanedUpAfter(Call call) {
        fixture.session.hang(call);

        cancelWhen(() -> fixture.session.calls.contains(call));

        if (call == Call.CONNECT) {
            assertThat(recorded()).isEmpty();
        } else {
            assertFailureIsOnRecord("(cancelled)");
        }
        assertThat(fixture.session.calls).contains(Call.CLOSE);
    }

    @Test
    void aCancellationWhileWalIsWaitedForIsCleanedUpAfter() {
        fixture.session.facts(BackupFixture.standby(fixture.session.facts()));
        fixture.presence = segment -> Mono.never();
        cancelWhen(() -> fixture.recorder.phases.contains(BackupPhase.WAITING_FOR_WAL));
        assertFailureIsOnRecord("failure waiting for WAL", "(cancelled)");
    }

    /** At moments nobody chose. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8, 16, 32, 64, 128})
    void aCancellationAtAnyMomentIsCleanedUpAfter(int milliseconds) {
        long end = System.nanoTime() + Duration.ofMillis(milliseconds).toNanos();
        BaseBackup backup = fixture.backup();
        Disposable taking = backup.take(Optional.empty()).subscribe(done -> {}, failed -> {});
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        taking.dispose();
        backup.idle().block(PATIENCE);

        for (BackupId id : recorded()) {
            // It may have been quicker.
            BackupInfo record = fixture.record(id);
            assertThat(record.isUsable()).isEqualTo(record.error().isEmpty());
        }
    }

    private void cancelWhen(Supplier<Boolean> moment) {
        BaseBackup backup = fixture.backup();
        Disposable taking = backup.take(Optional.empty()).subscribe();
        Awaitility.await().atMost(PATIENCE).until(moment::get);

        taking.dispose();
        backup.idle().block(PATIENCE);

        assertThat(fixture.recorder.failures).singleElement().isInstanceOf(CancellationException.class);
        assertThat(backup.progress().orElseThrow().phase()).isEqualTo(BackupPhase.FAILED);
        assertThat(fixture.pool.inUse()).isZero();
        assertThat(fixture.session.open).isFalse();
    }

    @Test
    void theFirstCauseIsSignalledWhenCleaningUpFailsToo() {
        BackupException failure = new BackupException.SessionLost("the first cause", null);
        fixture.session.fail(Call.STOP, failure);
        fixture.session.fail(Call.CLOSE, new IllegalStateException("scripted"));
        fixture.faulty.script(
                StoreOperation.ABORT_MULTIPART, Fault.failAfterEffect(refusal()), Fault.failAfterEffect(refusal()));
        fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.fail(refusal()));

        assertThatThrownBy(() -> fixture.take()).isSameAs(failure);

        assertThat(recorded()).isEmpty();
        fixture.session.open = false;
        fixture.session.inBackup = false;
    }

    @Test
    void cleaningUpDoesNotWaitForEver() {
        fixture.cleanUpPatience = Duration.ofMillis(200);
        BackupException failure = new BackupException.SessionLost("the first cause", null);
        fixture.session.fail(Call.STOP, failure);
        fixture.session.hang(Call.CLOSE);
        fixture.faulty.script(StoreOperation.ABORT_MULTIPART, Fault.hangAfterEffect());
        fixture.faulty.script(StoreOperation.PUT_IF_ABSENT, Fault.hangAfterEffect());

        assertThatThrownBy(() -> fixture.take()).isSameAs(failure);

        assertFailureIsOnRecord("the first cause");
        fixture.session.open = false;
        fixture.session.inBackup = false;
    }

    @Test
    void anUploadThatIsBeingStartedWhenTheBackupIsCancelledIsAborted() {
        Sinks.Empty<Void> answer = Sinks.empty();
        fixture.faulty.script(StoreOperation.START_MULTIPART, Fault.delayUntil(answer.asMono()));
        BaseBackup backup = fixture.backup();
        Disposable taking = backup.take(Optional.empty()).subscribe();
        Awaitility.await().atMost(PATIENCE).until(() -> fixture.faulty.calls(StoreOperation.START_MULTIPART) > 0);

        taking.dispose();
        assertThat(answer.tryEmitEmpty()).isEqualTo(Sinks.EmitResult.OK);
        backup.idle().block(PATIENCE);

        assertThat(fixture.faulty.calls(StoreOperation.ABORT_MULTIPART)).isPositive();
        assertThat(fixture.store.openUploads()).isZero();
    }

    @Test
    void aFileThatCannotBeReadFailsTheBackupAndIsNamed() throws IOException {
        Path tablespace = fixture.pgdata.resolve("pg_tblspc/24601");
        Files.delete(tablespace);
        Files.createSymbolicLink(tablespace, directory.resolve("unmounted"));

        assertThatThrownBy(() -> fixture.take())
                .isInstanceOf(BackupException.SourceUnusable.class)
                .hasMessageContaining("tablespace space24601");

        assertFailureIsOnRecord("tablespace space24601");
    }
}
