package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An API where every object is empty, and every write fails in the same way, at once. */
final class UnluckyApi implements KubernetesApi {

    final AtomicInteger writes = new AtomicInteger();
    private final Supplier<KubernetesException> failure;

    UnluckyApi(Supplier<KubernetesException> failure) {
        this.failure = failure;
    }

    @Override
    public Mono<ObjectNode> get(ObjectReference reference) {
        return Mono.fromSupplier(JsonNodeFactory.instance::objectNode);
    }

    @Override
    public Mono<Listed> listByName(ObjectReference reference) {
        return fail();
    }

    @Override
    public Flux<WatchEvent> watch(ObjectReference reference, String resourceVersion) {
        return Flux.error(failure);
    }

    @Override
    public Flux<ObjectNode> list(ResourceKind kind, String namespace) {
        return Flux.error(failure);
    }

    @Override
    public Mono<ObjectNode> create(ResourceKind kind, String namespace, ObjectNode object) {
        return fail();
    }

    @Override
    public Mono<ObjectNode> replace(ObjectReference reference, Part part, ObjectNode object) {
        return fail();
    }

    @Override
    public Mono<ObjectNode> mergePatch(ObjectReference reference, Part part, ObjectNode patch) {
        return fail();
    }

    @Override
    public Mono<Void> delete(ObjectReference reference, ObjectNode object) {
        return fail();
    }

    private <T> Mono<T> fail() {
        return Mono.error(() -> {
            writes.incrementAndGet();
            return failure.get();
        });
    }
}
