package io.walarchiver.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.store.Content;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreObserver;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

final class S3CallsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final S3Settings settings = S3Settings.of("bucket", new S3Settings.DefaultChain(Optional.empty()))
            .withPatience(Duration.ofMillis(100), 1);
    private final S3Calls calls = new S3Calls(settings, new S3Failures(settings.location()), StoreObserver.NONE);

    @Test
    void contentIsAbandonedWhenTheDeadlinePassesWhileTheRequestIsBeingMade() throws Exception {
        Content content = Content.of(ByteBuffer.allocateDirect(10));
        CountDownLatch credentials = new CountDownLatch(1);
        CompletableFuture<String> request = new CompletableFuture<>();
        Mono<String> call = calls.run(S3Call.sending(Operation.PUT_OBJECT, "key", content), () -> {
            awaitWhateverComes(credentials);
            return request;
        });

        assertThatThrownBy(() -> call.block(LIMIT)).isInstanceOf(StoreException.class);
        assertThat(content.isAbandoned()).isTrue();

        credentials.countDown();
        assertThatThrownBy(() -> request.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as("nobody waits for it")
                .isInstanceOf(CancellationException.class);
    }

    /** As code does that takes no notice of an interrupt. */
    private static void awaitWhateverComes(CountDownLatch latch) {
        boolean done = false;
        while (!done) {
            try {
                done = latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException ignored) {
                continue;
            }
        }
    }
}
