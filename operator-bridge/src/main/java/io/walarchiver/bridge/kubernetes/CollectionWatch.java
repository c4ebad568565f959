package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.KubernetesApi.WatchEvent;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Page;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** All objects of a kind, followed by listing and then watching them. */
public final class CollectionWatch {

    /**
     * What is known of the objects.
     *
     * @param <T> what is kept of an object
     */
    public sealed interface Observation<T> {

        /** These are there, and no others. */
        record Listed<T>(List<T> objects) implements Observation<T> {

            /** Copies the list. */
            public Listed {
                objects = List.copyOf(objects);
            }
        }

        /** It is there, and looks like this. */
        record Present<T>(T object) implements Observation<T> {}

        /** It is gone; this is what it was last. */
        record Gone<T>(T object) implements Observation<T> {}

        /** The API does not say. */
        record Failed<T>(KubernetesException error) implements Observation<T> {}
    }

    private final KubernetesCollections api;
    private final Scheduler scheduler;

    /** Sends nothing yet. */
    public CollectionWatch(KubernetesCollections api, Scheduler scheduler) {
        this.api = api;
        this.scheduler = scheduler;
    }

    /**
     * Never ends by itself, and never with an error of the API.
     *
     * @param reading what to keep of an object; must not fail. Applied page by page, so that the objects need not all be in
     *     memory at once
     */
    public <T> Flux<Observation<T>> observe(ResourceKind kind, Scope scope, Function<ObjectNode, T> reading) {
        return WatchRounds.repeat(pauses -> round(kind, scope, reading, pauses), scheduler);
    }

    private <T> Flux<Observation<T>> round(
            ResourceKind kind, Scope scope, Function<ObjectNode, T> reading, Pauses pauses) {
        return WatchRounds.round(
                api.pages(kind, scope)
                        .collect(() -> new Collected<>(reading), Collected::add)
                        .flatMapMany(all -> Flux.concat(
                                Flux.<Observation<T>>just(new Observation.Listed<>(all.objects)),
                                watch(kind, scope, all.version, reading, pauses))),
                Observation.Failed::new,
                pauses);
    }

    private <T> Flux<Observation<T>> watch(
            ResourceKind kind, Scope scope, String version, Function<ObjectNode, T> reading, Pauses pauses) {
        return WatchRounds.watched(
                api.watchAll(kind, scope, version)
                        .map(event -> event.type() == WatchEvent.Type.DELETED
                                ? new Observation.Gone<>(reading.apply(event.object()))
                                : new Observation.Present<>(reading.apply(event.object()))),
                pauses);
    }

    /** A list as it grows. */
    private static final class Collected<T> {

        private final Function<ObjectNode, T> reading;
        private final List<T> objects = new ArrayList<>();
        private String version = "";

        Collected(Function<ObjectNode, T> reading) {
            this.reading = reading;
        }

        void add(Page page) {
            page.objects().forEach(object -> objects.add(reading.apply(object)));
            version = page.resourceVersion();
        }
    }
}
