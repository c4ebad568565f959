package io.walarchiver.store;

import static io.walarchiver.store.ObjectStoreFixture.bytes;
import static io.walarchiver.store.ObjectStoreFixture.complete;
import static io.walarchiver.store.ObjectStoreFixture.content;
import static io.walarchiver.store.ObjectStoreFixture.copying;
import static io.walarchiver.store.ObjectStoreFixture.value;
import static io.walarchiver.store.ObjectStoreFixture.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** A script that is empty changes nothing, and each fault does what it says. */
class FaultyObjectStoreTest implements ObjectStoreContract {

    private static final ObjectKey KEY = new ObjectKey("wals/000000010000000000000001");

    private final InMemoryObjectStore memory = new InMemoryObjectStore();
    private final FaultyObjectStore store = new FaultyObjectStore(memory);

    @Override
    public ObjectStore store() {
        return store;
    }

    @Override
    public ObjectStore openStore() {
        return new FaultyObjectStore(memory.another());
    }

    private Mono<Void> create() {
        return store.putIfAbsent(KEY, content(bytes(1, 300_000)), PutOptions.NONE);
    }

    @Test
    void failureBeforeEffectLeavesNothing() {
        store.script(StoreOperation.PUT_IF_ABSENT, Fault.unavailable(), Fault.pass());

        assertThrows(StoreException.Unavailable.class, waiting(create()));
        assertThat(memory.keys()).isEmpty();
        assertThat(memory.requests()).isZero();
        complete(create());

        assertThat(memory.keys()).containsExactly(KEY);
        assertThat(store.pending(StoreOperation.PUT_IF_ABSENT)).isZero();
        assertThat(store.calls(StoreOperation.PUT_IF_ABSENT)).isEqualTo(2);
    }

    @Test
    void ambiguousFailureHasTakenEffect() {
        store.script(StoreOperation.PUT_IF_ABSENT, Fault.ambiguous());

        assertThrows(StoreException.Ambiguous.class, waiting(create()));

        assertThat(memory.keys()).containsExactly(KEY);
        assertThrows(StoreException.AlreadyExists.class, waiting(create()));
    }

    @Test
    void eachSubscriptionTakesTheNextFault() {
        store.script(StoreOperation.PUT_IF_ABSENT, Fault.unavailable(), Fault.unavailable());

        complete(create().retry(2));

        assertThat(store.calls(StoreOperation.PUT_IF_ABSENT)).isEqualTo(3);
    }

    @Test
    void hangEndsWithCancellationWhichIsCounted() {
        store.script(StoreOperation.PUT_IF_ABSENT, Fault.hang(), Fault.hangAfterEffect());

        Disposable before = create().subscribe();
        before.dispose();
        assertThat(memory.keys()).isEmpty();
        Disposable after = create().subscribe();
        after.dispose();

        assertThat(memory.keys()).containsExactly(KEY);
        assertThat(store.cancellations(StoreOperation.PUT_IF_ABSENT)).isEqualTo(2);
    }

    @Test
    void delayedCallWaitsForTheLatch() {
        Sinks.Empty<Void> latch = Sinks.empty();
        store.script(StoreOperation.PUT_IF_ABSENT, Fault.delayUntil(latch.asMono()));

        StepVerifier.create(create())
                .expectSubscription()
                .then(() -> assertThat(memory.keys()).isEmpty())
                .then(latch::tryEmitEmpty)
                .verifyComplete();

        assertThat(memory.keys()).containsExactly(KEY);
    }

    @Test
    void bodyBreaksWhereTheScriptSays() {
        complete(create());
        store.script(StoreOperation.GET, Fault.breakBody(100_000), Fault.breakBody(0), Fault.breakBody(300_000));

        for (long bytes : new long[] {100_000, 0, 300_000}) {
            long[] received = {0};
            assertThrows(
                    StoreException.Unavailable.class,
                    waiting(store.get(
                            KEY,
                            (info, body) -> body.doOnNext(buffer -> received[0] += buffer.remaining())
                                    .then(Mono.just(true)))));
            assertThat(received[0]).isEqualTo(bytes);
        }
    }

    @Test
    void bodyIsCutWhereTheScriptSays() {
        complete(create());
        store.script(StoreOperation.GET, Fault.truncateBody(100_000));

        assertThat(value(store.get(KEY, copying()))).hasSize(100_000);
        assertThat(value(store.get(KEY, copying()))).hasSize(300_000);
    }

    @Test
    void stalledBodyIsCancelledWithTheCall() {
        complete(create());
        store.script(StoreOperation.GET, Fault.stallBody(10));

        StepVerifier.create(store.get(KEY, copying()))
                .expectSubscription()
                .thenCancel()
                .verify();

        assertThat(store.cancelledBodies()).isEqualTo(1);
        assertThat(store.cancellations(StoreOperation.GET)).isEqualTo(1);
        assertThat(memory.openDownloads()).isZero();
    }

    @Test
    void partsAndCompletionsCanFail() {
        MultipartUpload upload = value(store.startMultipart(KEY, PutOptions.NONE));
        store.script(StoreOperation.UPLOAD_PART, Fault.unavailable());
        store.script(StoreOperation.COMPLETE_MULTIPART_IF_ABSENT, Fault.ambiguous());
        store.script(StoreOperation.ABORT_MULTIPART, Fault.unavailable());

        assertThrows(StoreException.Unavailable.class, waiting(upload.uploadPart(1, content(bytes(1, 10)))));
        MultipartUpload.UploadedPart part = value(upload.uploadPart(1, content(bytes(1, 10))));
        assertThrows(StoreException.Ambiguous.class, waiting(upload.completeIfAbsent(List.of(part))));
        assertThrows(StoreException.Unavailable.class, waiting(upload.abort()));

        assertThat(memory.keys()).containsExactly(KEY);
    }
}
