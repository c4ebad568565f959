package io.walarchiver.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import io.walarchiver.wal.WalFileName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

class ArchiveQueueTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final WalFileName A = WalFileName.parse("000000010000000000000001");
    private static final WalFileName B = WalFileName.parse("000000010000000000000002");
    private static final WalFileName C = WalFileName.parse("000000010000000000000003");
    private static final WalFileName HISTORY = WalFileName.parse("00000002.history");

    private final ArchiveQueue queue = new ArchiveQueue();

    private ArchiveQueue.Work take() {
        ArchiveQueue.Work work = queue.take(false).block(PATIENCE);
        return Objects.requireNonNull(work);
    }

    private static ArchivedFile archived(WalFileName name) {
        ArchivedFile.Stages stages =
                new ArchivedFile.Stages(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
        return new ArchivedFile(name, new ObjectKey("k"), ArchivedFile.Outcome.STORED, true, 1, 1, stages);
    }

    private static ArchiveException storeFailed() {
        return new ArchiveException.StoreFailed(
                "x", new StoreException.Unavailable("x", StoreException.Detail.NONE, null));
    }

    @Test
    void askedFilesComeBeforeLookAheadInTheOrderOfAsking() {
        queue.offer(List.of(A, B, HISTORY));
        queue.ask(C).subscribe();
        queue.ask(B).subscribe();

        assertThat(List.of(take().name(), take().name(), take().name(), take().name()))
                .containsExactly(C, B, HISTORY, A);
    }

    @Test
    void aFileIsInWorkOnlyOnce() {
        queue.offer(List.of(A));
        ArchiveQueue.Work work = take();
        queue.offer(List.of(A));
        queue.ask(A).subscribe();

        StepVerifier.create(queue.take(false))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(50))
                .thenCancel()
                .verify(PATIENCE);
        assertThat(work.asked()).isTrue();
    }

    @Test
    void everyAskerGetsTheResult() {
        List<ArchivedFile> answers = new ArrayList<>();
        queue.ask(A).subscribe(answers::add);
        ArchiveQueue.Work work = take();
        queue.ask(A).subscribe(answers::add);

        work.succeed(archived(A));

        assertThat(answers).hasSize(2);
        assertThat(queue.inWork()).isZero();
    }

    @Test
    void lookAheadPausesAfterAFailureOfTheStoreUntilAnAskedFileSucceeds() {
        queue.offer(List.of(A, B));
        take().fail(storeFailed(), false);
        StepVerifier.create(queue.take(false))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(50))
                .thenCancel()
                .verify(PATIENCE);

        queue.ask(C).subscribe();
        take().succeed(archived(C));

        assertThat(take().name()).isEqualTo(B);
    }

    @Test
    void aFileThatCannotBeArchivedIsNotOfferedAgainButCanBeAskedFor() {
        queue.offer(List.of(A));
        take().fail(new ArchiveException.SourceUnusable("x", null), true);
        queue.offer(List.of(A, B));
        assertThat(take().name()).isEqualTo(B);

        queue.ask(A).subscribe(unused -> {}, unused -> {});
        assertThat(take().name()).isEqualTo(A);
    }

    @Test
    void anAskedOnlyTakerGetsAskedFilesOnly() {
        List<WalFileName> taken = new ArrayList<>();
        queue.take(true).subscribe(work -> taken.add(work.name()));
        queue.offer(List.of(A, B));
        assertThat(taken).isEmpty();

        queue.ask(C).subscribe();

        assertThat(taken).containsExactly(C);
    }

    @Test
    void aWithdrawnQuestionLeavesNoWork() {
        Disposable asking = queue.ask(A).subscribe();
        asking.dispose();

        StepVerifier.create(queue.take(false))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(50))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void aTakerThatCancelledGetsNothing() {
        Disposable taker = queue.take(false).subscribe();
        taker.dispose();

        queue.ask(A).subscribe();

        assertThat(take().name()).isEqualTo(A);
    }

    @Test
    void offersReplaceWhatWasOfferedBefore() {
        queue.offer(List.of(A, B));
        queue.offer(List.of(C));

        assertThat(take().name()).isEqualTo(C);
    }
}
