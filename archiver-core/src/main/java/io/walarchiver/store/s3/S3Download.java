package io.walarchiver.store.s3;

import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.StoreException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import software.amazon.awssdk.core.async.ResponsePublisher;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * One answered download: its body is handed to a reader and given up when the reader is done.
 *
 * <p>The SDK keeps the connection of a body that nobody subscribes to, so release does that where the reader did not.
 */
final class S3Download {

    private final S3Call call;
    private final S3Failures failures;
    private final ResponsePublisher<GetObjectResponse> answer;
    private final Duration patience;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final Sinks.Empty<Void> released = Sinks.empty();

    S3Download(S3Call call, S3Failures failures, ResponsePublisher<GetObjectResponse> answer, Duration patience) {
        this.call = call;
        this.failures = failures;
        this.answer = answer;
        this.patience = patience;
    }

    static <T> Mono<T> read(ObjectKey key, Mono<S3Download> download, ObjectReader<T> reader) {
        return Mono.usingWhen(
                download, open -> Mono.from(reader.read(open.info(key), open.body())), S3Download::release);
    }

    private ObjectInfo info(ObjectKey key) {
        GetObjectResponse response = answer.response();
        return new ObjectInfo(
                key,
                size(),
                response.lastModified() == null ? Instant.EPOCH : response.lastModified(),
                response.metadata() == null ? Map.of() : response.metadata());
    }

    private long size() {
        Long length = answer.response().contentLength();
        return length == null ? 0 : length;
    }

    private Flux<ByteBuffer> body() {
        return Flux.defer(() -> taken.compareAndSet(false, true)
                ? measured()
                : Flux.error(new IllegalStateException("the body of a download can be read only once")));
    }

    private Flux<ByteBuffer> measured() {
        AtomicLong missing = new AtomicLong(size());
        return Flux.<ByteBuffer>from(answer)
                .takeUntilOther(released.asMono())
                .map(buffer -> {
                    long unused = missing.addAndGet(-buffer.remaining());
                    return buffer;
                })
                .concatWith(
                        Mono.defer(() -> missing.get() == 0 ? Mono.empty() : Mono.error(wrongLength(missing.get()))))
                .timeout(patience)
                .onErrorMap(failure -> failures.brokenBody(
                        call,
                        failure instanceof TimeoutException
                                ? new TimeoutException("nothing came or was asked for within " + patience)
                                : failure));
    }

    private StoreException wrongLength(long missing) {
        return new StoreException.Unavailable(
                "the download of " + call.subject() + " ended with " + (size() - missing) + " of " + size() + " bytes",
                StoreException.Detail.NONE,
                null);
    }

    /** Gives up what is left of the body. */
    Mono<Void> release() {
        return Mono.defer(() -> {
            Sinks.EmitResult unused = released.tryEmitEmpty();
            return taken.compareAndSet(false, true)
                    ? Flux.from(answer).takeUntilOther(released.asMono()).then()
                    : Mono.empty();
        });
    }
}
