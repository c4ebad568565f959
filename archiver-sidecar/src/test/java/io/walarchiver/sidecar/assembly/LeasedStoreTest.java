package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.store.Fault;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreOperation;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

@Timeout(30)
class LeasedStoreTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final InMemoryObjectStore inner = new InMemoryObjectStore();
    private final FaultyObjectStore first = new FaultyObjectStore(inner);
    private final LeasedStore store = new LeasedStore(first, Schedulers.immediate());

    @Test
    void clientThatIsNotUsedIsClosedWhenItIsReplaced() {
        store.replace(new InMemoryObjectStore());
        assertThat(isClosed()).isTrue();
        assertThat(store.clients()).isEqualTo(1);
    }

    @Test
    void requestThatRunsEndsWithTheClientItBeganWith() {
        Sinks.Empty<Void> latch = Sinks.empty();
        first.script(StoreOperation.LIST, Fault.delayUntil(latch.asMono()));
        AtomicInteger ended = new AtomicInteger();
        Disposable running = store.list("").then().subscribe(nothing -> {}, e -> {}, ended::incrementAndGet);

        store.replace(new InMemoryObjectStore());
        assertThat(isClosed()).isFalse();
        latch.tryEmitEmpty();
        assertThat(running.isDisposed()).isTrue();
        assertThat(ended).hasValue(1);
        assertThat(isClosed()).isTrue();
    }

    @Test
    void cancelledRequestGivesItsClientBack() {
        first.script(StoreOperation.LIST, Fault.hang());
        Disposable running = store.list("").subscribe();
        store.replace(new InMemoryObjectStore());
        assertThat(isClosed()).isFalse();
        running.dispose();
        assertThat(isClosed()).isTrue();
    }

    @Test
    void uploadInPartsEndsWithTheClientItBeganWith() {
        MultipartUpload upload = Objects.requireNonNull(
                store.startMultipart(new ObjectKey("a"), PutOptions.NONE).block(PATIENCE));
        store.replace(new InMemoryObjectStore());
        assertThat(isClosed()).isFalse();
        upload.abort().block(PATIENCE);
        assertThat(isClosed()).isTrue();
        upload.abort().onErrorResume(gone -> Mono.empty()).block(PATIENCE);
        assertThat(isClosed()).isTrue();
    }

    /** As a client is found out to be closed: it answers no more. */
    private boolean isClosed() {
        boolean answers = inner.listPrefixes("")
                .then(Mono.just(true))
                .onErrorReturn(false)
                .blockOptional(PATIENCE)
                .orElseThrow();
        assertThat(store.clients()).isEqualTo(answers ? 2 : 1);
        return !answers;
    }
}
