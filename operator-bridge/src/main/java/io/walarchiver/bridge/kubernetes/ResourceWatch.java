package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi.WatchEvent;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One object, followed by listing and then watching its name, over and over. A Role can limit both to a name.
 *
 * <p>A watch that ends or breaks is followed by a new list, so nothing is missed; whether the API is away is for that list
 * to say. Where listing is allowed and watching is not, this comes down to listing at growing intervals.
 */
final class ResourceWatch {

    /** What is known of the object. */
    sealed interface Observation {

        /** It is there, and looks like this. */
        record Present(ObjectNode object) implements Observation {}

        /** The API says that there is none. */
        record Absent() implements Observation {}

        /** The API does not say. */
        record Failed(KubernetesException error) implements Observation {}
    }

    private final KubernetesApi api;
    private final Scheduler scheduler;

    ResourceWatch(KubernetesApi api, Scheduler scheduler) {
        this.api = api;
        this.scheduler = scheduler;
    }

    /** Never ends by itself, and never with an error of the API. */
    Flux<Observation> observe(ObjectReference reference) {
        return WatchRounds.repeat(pauses -> round(reference, pauses), scheduler);
    }

    /** Reads it once. */
    Mono<Observation> read(ObjectReference reference) {
        return api.get(reference)
                .<Observation>map(Observation.Present::new)
                .onErrorResume(KubernetesException.NotFound.class, e -> Mono.just(new Observation.Absent()))
                .onErrorResume(KubernetesException.class, e -> Mono.just(new Observation.Failed(e)));
    }

    private Flux<Observation> round(ObjectReference reference, Pauses pauses) {
        return WatchRounds.round(
                api.listByName(reference)
                        .flatMapMany(listed -> Flux.concat(
                                Flux.just(listed.object()
                                        .<Observation>map(Observation.Present::new)
                                        .orElseGet(Observation.Absent::new)),
                                watch(reference, listed.resourceVersion(), pauses))),
                Observation.Failed::new,
                pauses);
    }

    private Flux<Observation> watch(ObjectReference reference, String version, Pauses pauses) {
        return WatchRounds.watched(
                api.watch(reference, version)
                        .map(event -> event.type() == WatchEvent.Type.DELETED
                                ? new Observation.Absent()
                                : new Observation.Present(event.object())),
                pauses);
    }
}
