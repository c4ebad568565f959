package io.walarchiver.store.s3;

import io.walarchiver.store.Content;
import io.walarchiver.store.StoreObserver;
import io.walarchiver.store.s3.S3Failures.Failed;
import io.walarchiver.store.s3.S3Failures.Repeat;
import io.walarchiver.store.s3.S3Failures.Verdict;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Sends requests: deadline, retries, abandonment and metrics, the same for all operations.
 *
 * <p>Design note. The CRT client has no deadline of its own and needs more than 40 seconds to give up on a certificate
 * it does not trust, so each attempt has one here. Until the store has answered for the first time the deadline is a
 * short one, and running into it is final: a wrong address or an untrusted certificate does not heal. The CRT client
 * also repeats a failed request by itself, and at least once: zero means three to it. We ask for one, so an attempt
 * counted here is up to two requests on the wire.
 */
final class S3Calls {

    private static final Duration BACKOFF_BASE = Duration.ofMillis(100);
    private static final Duration BACKOFF_CAP = Duration.ofSeconds(5);
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(10);
    private static final long SLOWEST_BYTES_PER_SECOND = 1 << 20;

    private final S3Settings settings;
    private final S3Failures failures;
    private final StoreObserver observer;
    private final Sinks.Empty<Void> closed = Sinks.empty();
    private volatile boolean reached;

    S3Calls(S3Settings settings, S3Failures failures, StoreObserver observer) {
        this.settings = settings;
        this.failures = failures;
        this.observer = observer;
    }

    S3Failures failures() {
        return failures;
    }

    /** Sends the request as often as needed and allowed. Fails with a {@code StoreException} only. */
    <T> Mono<T> run(S3Call call, Supplier<CompletableFuture<T>> request) {
        return Mono.defer(() -> attempt(call, request))
                .retryWhen(Retry.from(failed -> failed.concatMap(signal -> pause(call, signal))))
                .onErrorMap(Failed.class, failed -> failed.verdict().exception());
    }

    /** Running requests fail now, later ones at once. */
    void close() {
        Sinks.EmitResult unused = closed.tryEmitEmpty();
    }

    /** Deadline for that many bytes in one attempt. */
    Duration deadline(long bytes) {
        Duration transfer = Duration.ofSeconds(bytes / SLOWEST_BYTES_PER_SECOND);
        Duration answer = settings.requestTimeout();
        return (reached || answer.compareTo(FIRST_ANSWER) < 0 ? answer : FIRST_ANSWER).plus(transfer);
    }

    private <T> Mono<T> attempt(S3Call call, Supplier<CompletableFuture<T>> request) {
        long start = System.nanoTime();
        Mono<T> sent = send(call, request);
        if (settings.credentials() instanceof S3Settings.DefaultChain) {
            // The SDK may fetch credentials over the network in the calling thread.
            sent = sent.subscribeOn(Schedulers.boundedElastic());
        }
        return Mono.firstWithSignal(
                        closed.asMono().then(Mono.error(() -> failures.closed(call))),
                        sent.timeout(deadline(call.bytes())))
                .onErrorMap(failure -> new Failed(judge(call, failure)))
                .doOnSuccess(answer -> {
                    reached = true;
                    report(call, "ok", start);
                })
                .doOnError(
                        Failed.class,
                        failed -> report(call, failed.verdict().exception().kind(), start));
    }

    private Verdict judge(S3Call call, Throwable failure) {
        if (failure instanceof TimeoutException && !reached) {
            return failures.neverReached(call, failure);
        }
        Verdict verdict = failures.judge(call, failure);
        reached |= verdict.answered();
        return verdict;
    }

    private void report(S3Call call, String outcome, long start) {
        observer.requestCompleted(call.operation().metric(), outcome, Duration.ofNanos(System.nanoTime() - start));
    }

    private Mono<Long> pause(S3Call call, Retry.RetrySignal signal) {
        if (!(signal.failure() instanceof Failed failed)) {
            return Mono.error(signal.failure());
        }
        Repeat repeat = failed.verdict().repeat();
        long made = signal.totalRetries() + 1;
        if (made >= settings.attempts() || repeat == Repeat.NEVER || (repeat == Repeat.ONCE && made > 1)) {
            return Mono.error(failed);
        }
        observer.retrying(
                call.operation().metric(), failed.verdict().exception().kind());
        // Full jitter: clients that failed together do not come back together.
        long ceiling = Math.min(BACKOFF_CAP.toMillis(), BACKOFF_BASE.toMillis() << Math.min(made - 1, 16));
        return Mono.delay(Duration.ofMillis(ThreadLocalRandom.current().nextLong(ceiling + 1)));
    }

    /**
     * One request. The buffers of the content may be in use until the future of the SDK is done; when we stop waiting
     * earlier, the content is marked before anybody downstream can hear of it.
     */
    private static <T> Mono<T> send(S3Call call, Supplier<CompletableFuture<T>> request) {
        return Mono.create(sink -> {
            AtomicBoolean cancelled = new AtomicBoolean();
            AtomicReference<@Nullable CompletableFuture<T>> sent = new AtomicReference<>();
            // Known before the request is made: making it can take longer than we wait, when credentials are fetched.
            sink.onCancel(() -> {
                cancelled.set(true);
                CompletableFuture<T> running = sent.get();
                if (running == null || !running.isDone()) {
                    call.content().ifPresent(Content::markAbandoned);
                }
                if (running != null) {
                    boolean unused = running.cancel(true);
                }
            });
            if (cancelled.get()) {
                return;
            }
            CompletableFuture<T> future = request.get();
            sent.set(future);
            if (cancelled.get()) {
                boolean unused = future.cancel(true);
                return;
            }
            CompletableFuture<T> unused = future.whenComplete((answer, failure) -> {
                if (failure == null) {
                    sink.success(answer);
                } else {
                    sink.error(failure);
                }
            });
        });
    }
}
