package io.walarchiver.store;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A store that misbehaves by a script: each subscription to an operation takes the next fault of that operation's
 * queue, and is undisturbed when the queue is empty.
 */
public final class FaultyObjectStore implements ObjectStore {

    private final ObjectStore delegate;
    private final Map<StoreOperation, Queue<Fault>> script = new ConcurrentHashMap<>();
    private final Map<StoreOperation, LongAdder> calls = new ConcurrentHashMap<>();
    private final Map<StoreOperation, LongAdder> cancellations = new ConcurrentHashMap<>();
    private final LongAdder cancelledBodies = new LongAdder();

    public FaultyObjectStore(ObjectStore delegate) {
        this.delegate = delegate;
    }

    /** Appends faults for the next calls of an operation. */
    @CanIgnoreReturnValue
    public FaultyObjectStore script(StoreOperation operation, Fault... faults) {
        script.computeIfAbsent(operation, unused -> new ConcurrentLinkedQueue<>())
                .addAll(List.of(faults));
        return this;
    }

    /** How many faults of an operation have not been used yet. */
    public int pending(StoreOperation operation) {
        Queue<Fault> queue = script.get(operation);
        return queue == null ? 0 : queue.size();
    }

    /** How often an operation was subscribed to, disturbed or not. */
    public long calls(StoreOperation operation) {
        LongAdder count = calls.get(operation);
        return count == null ? 0 : count.sum();
    }

    /** How often an operation was cancelled before it ended. */
    public long cancellations(StoreOperation operation) {
        LongAdder count = cancellations.get(operation);
        return count == null ? 0 : count.sum();
    }

    /** How many bodies of downloads were cancelled before they ended. */
    public long cancelledBodies() {
        return cancelledBodies.sum();
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return disturb(StoreOperation.PUT_IF_ABSENT, delegate.putIfAbsent(key, content, options));
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return disturb(StoreOperation.PUT, delegate.put(key, content, options));
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return disturb(StoreOperation.START_MULTIPART, delegate.startMultipart(key, options))
                .map(Upload::new);
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return disturb(StoreOperation.HEAD, delegate.head(key));
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return Mono.defer(() -> {
            Fault fault = next(StoreOperation.GET);
            return disturb(StoreOperation.GET, delegate.get(key, disturb(fault, reader)), fault);
        });
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        return Mono.defer(() -> {
            Fault fault = next(StoreOperation.GET);
            return disturb(StoreOperation.GET, delegate.get(key, offset, length, disturb(fault, reader)), fault);
        });
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        return disturb(StoreOperation.LIST, delegate.list(prefix));
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return disturb(StoreOperation.LIST_PREFIXES, delegate.listPrefixes(prefix));
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return disturb(StoreOperation.DELETE, delegate.delete(key));
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        return disturb(StoreOperation.DELETE_BATCH, delegate.delete(keys));
    }

    @Override
    public String location() {
        return delegate.location();
    }

    @Override
    public void close() {
        delegate.close();
    }

    private Fault next(StoreOperation operation) {
        calls.computeIfAbsent(operation, unused -> new LongAdder()).increment();
        Queue<Fault> queue = script.get(operation);
        @Nullable Fault fault = queue == null ? null : queue.poll();
        return fault == null ? Fault.pass() : fault;
    }

    private <T> Mono<T> disturb(StoreOperation operation, Mono<T> call) {
        return Mono.defer(() -> disturb(operation, call, next(operation)));
    }

    private <T> Mono<T> disturb(StoreOperation operation, Mono<T> call, Fault fault) {
        return disturb(call.flux(), fault)
                .doOnCancel(() -> cancelled(operation))
                .singleOrEmpty();
    }

    private <T> Flux<T> disturb(StoreOperation operation, Flux<T> call) {
        return Flux.defer(() -> disturb(call, next(operation)).doOnCancel(() -> cancelled(operation)));
    }

    private void cancelled(StoreOperation operation) {
        cancellations.computeIfAbsent(operation, unused -> new LongAdder()).increment();
    }

    private static <T> Flux<T> disturb(Flux<T> call, Fault fault) {
        if (fault instanceof Fault.FailBefore before) {
            return Flux.error(before.failure());
        }
        if (fault instanceof Fault.FailAfter after) {
            return call.thenMany(Flux.error(after.failure()));
        }
        if (fault instanceof Fault.HangBefore) {
            return Flux.never();
        }
        if (fault instanceof Fault.HangAfter) {
            return call.thenMany(Flux.never());
        }
        if (fault instanceof Fault.Delay delay) {
            return Flux.from(delay.latch()).take(1).thenMany(call);
        }
        return call;
    }

    private <T> ObjectReader<T> disturb(Fault fault, ObjectReader<T> reader) {
        return (info, body) -> reader.read(info, disturbBody(fault, body).doOnCancel(cancelledBodies::increment));
    }

    private static Flux<ByteBuffer> disturbBody(Fault fault, Flux<ByteBuffer> body) {
        if (fault instanceof Fault.BreakBody broken) {
            return first(broken.bytes(), body).concatWith(Flux.error(broken.failure()));
        }
        if (fault instanceof Fault.TruncateBody truncated) {
            return first(truncated.bytes(), body);
        }
        if (fault instanceof Fault.StallBody stalled) {
            return first(stalled.bytes(), body).concatWith(Flux.never());
        }
        return body;
    }

    private static Flux<ByteBuffer> first(long bytes, Flux<ByteBuffer> body) {
        return Flux.defer(() -> {
            long[] left = {bytes};
            return body.map(buffer -> {
                        int count = Math.toIntExact(Math.min(left[0], buffer.remaining()));
                        left[0] -= count;
                        return buffer.slice(buffer.position(), count);
                    })
                    .takeUntil(buffer -> left[0] == 0);
        });
    }

    private final class Upload implements MultipartUpload {

        private final MultipartUpload upload;

        Upload(MultipartUpload upload) {
            this.upload = upload;
        }

        @Override
        public Mono<UploadedPart> uploadPart(int number, Content content) {
            return disturb(StoreOperation.UPLOAD_PART, upload.uploadPart(number, content));
        }

        @Override
        public Mono<Void> complete(List<UploadedPart> parts) {
            return disturb(StoreOperation.COMPLETE_MULTIPART, upload.complete(parts));
        }

        @Override
        public Mono<Void> completeIfAbsent(List<UploadedPart> parts) {
            return disturb(StoreOperation.COMPLETE_MULTIPART_IF_ABSENT, upload.completeIfAbsent(parts));
        }

        @Override
        public Mono<Void> abort() {
            return disturb(StoreOperation.ABORT_MULTIPART, upload.abort());
        }
    }
}
