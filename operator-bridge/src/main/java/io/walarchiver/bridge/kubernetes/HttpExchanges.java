package io.walarchiver.bridge.kubernetes;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Requests of the client library as publishers. Signals come on the library's threads. Cancelling closes the connection
 * when an answer has begun, which the library alone does not do.
 */
final class HttpExchanges {

    /** A complete answer. */
    static final class Answer {
        private final int code;
        private final byte[] body;

        private Answer(int code, byte[] body) {
            this.code = code;
            this.body = body;
        }

        /** The HTTP status. */
        int code() {
            return code;
        }

        /** The bytes, which are the caller's. */
        byte[] body() {
            return body;
        }
    }

    /** An object has at most 1.5 MiB, as etcd has it. This is for a page of them, in a small heap. */
    private static final int MAX_ANSWER_BYTES = 24 << 20;

    private static final int MAX_LINE_BYTES = 16 << 20;

    private final HttpClient http;

    HttpExchanges(HttpClient http) {
        this.http = http;
    }

    /** Sends a request and collects its answer, whatever its status. */
    Mono<Answer> send(HttpRequest request) {
        return Mono.create(sink -> {
            ByteArrayOutputStream collected = new ByteArrayOutputStream();
            CompletableFuture<HttpResponse<AsyncBody>> response = http.consumeBytes(request, (buffers, body) -> {
                append(buffers, collected, MAX_ANSWER_BYTES);
                body.consume();
            });
            AtomicBoolean over = new AtomicBoolean();
            sink.onDispose(() -> release(response, over));
            CompletableFuture<?> unused = response.thenCompose(answer -> {
                        answer.body().consume();
                        return answer.body().done().thenApply(done -> answer.code());
                    })
                    .whenComplete((code, failure) -> {
                        if (failure == null) {
                            sink.success(new Answer(code, collected.toByteArray()));
                        } else if (!over.get()) {
                            sink.error(unwrap(failure));
                        }
                    });
        });
    }

    /** Sends a request whose answer is lines without a known end; a status other than 200 is an {@link UnexpectedStatus}. */
    Flux<byte[]> lines(HttpRequest request) {
        return Flux.create(sink -> {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            CompletableFuture<HttpResponse<AsyncBody>> response = http.consumeBytes(request, (buffers, body) -> {
                for (ByteBuffer buffer : buffers) {
                    while (buffer.hasRemaining()) {
                        byte next = buffer.get();
                        if (next == '\n') {
                            sink.next(line.toByteArray());
                            line.reset();
                        } else if (line.size() < MAX_LINE_BYTES) {
                            line.write(next);
                        } else {
                            throw new IllegalStateException("a line of more than " + MAX_LINE_BYTES + " bytes");
                        }
                    }
                }
                body.consume();
            });
            AtomicBoolean over = new AtomicBoolean();
            sink.onDispose(() -> release(response, over));
            CompletableFuture<?> unused = response.thenCompose(answer -> {
                        if (answer.code() != 200) {
                            return CompletableFuture.failedFuture(new UnexpectedStatus(answer.code()));
                        }
                        answer.body().consume();
                        return answer.body().done();
                    })
                    .whenComplete((done, failure) -> {
                        if (failure == null) {
                            sink.complete();
                        } else if (!over.get()) {
                            sink.error(unwrap(failure));
                        }
                    });
        });
    }

    /** The status of an answer that was to be lines. */
    static final class UnexpectedStatus extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int code;

        UnexpectedStatus(int code) {
            super("status " + code, null, false, false);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    private static void append(List<ByteBuffer> buffers, ByteArrayOutputStream collected, int limit) {
        for (ByteBuffer buffer : buffers) {
            if (collected.size() + buffer.remaining() > limit) {
                throw new IllegalStateException("an answer of more than " + limit + " bytes");
            }
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            collected.writeBytes(bytes);
        }
    }

    /** After an answer that is complete this does nothing. One that has not begun ends with the request's time-out. */
    private static void release(CompletableFuture<HttpResponse<AsyncBody>> response, AtomicBoolean over) {
        over.set(true);
        CompletableFuture<?> unused =
                response.thenAccept(answer -> answer.body().cancel());
    }

    private static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
