package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi.Part;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Makes an object what it has to be, whoever else writes it: created, replaced, or left alone when it is that already. */
public final class ObjectUpdate {

    private final KubernetesApi api;
    private final StatusUpdate updates;

    /** Sends nothing yet. */
    public ObjectUpdate(KubernetesApi api, Scheduler scheduler) {
        this.api = api;
        this.updates = new StatusUpdate(api, scheduler);
    }

    /**
     * Writes an object under the condition that nobody else has since it was read, and from the beginning when somebody has.
     *
     * @param wanted from what is there, if anything, to what has to be; called again after a lost race
     * @return the object as the API has it now
     */
    public Mono<ObjectNode> createOrReplace(
            ObjectReference reference, Function<Optional<ObjectNode>, ObjectNode> wanted) {
        Mono<Optional<ObjectNode>> present = Mono.defer(() -> api.get(reference))
                .map(Optional::of)
                .onErrorResume(KubernetesException.NotFound.class, e -> Mono.just(Optional.empty()));
        return updates.again(present.flatMap(existing -> {
            ObjectNode object = wanted.apply(existing);
            return existing.isEmpty()
                    ? api.create(reference.kind(), reference.namespace(), object)
                    : replace(reference, existing.orElseThrow(), object);
        }));
    }

    /**
     * The same for an object that only others make.
     *
     * @param wanted from what is there to what has to be, another tree; called again after a lost race
     * @return the object as the API has it now; empty when there is none
     */
    public Mono<ObjectNode> replaceIfPresent(ObjectReference reference, UnaryOperator<ObjectNode> wanted) {
        return updates.again(Mono.defer(() -> api.get(reference))
                        .flatMap(existing -> replace(reference, existing, wanted.apply(existing))))
                .onErrorResume(KubernetesException.NotFound.class, e -> Mono.empty());
    }

    private Mono<ObjectNode> replace(ObjectReference reference, ObjectNode existing, ObjectNode object) {
        return existing.equals(object) ? Mono.just(object) : api.replace(reference, Part.WHOLE, object);
    }
}
