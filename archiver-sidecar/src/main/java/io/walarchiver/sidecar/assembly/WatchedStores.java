package io.walarchiver.sidecar.assembly;

import io.walarchiver.bridge.kubernetes.StoreState;
import io.walarchiver.bridge.kubernetes.StoreTrouble;
import io.walarchiver.bridge.kubernetes.StoreWatch;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.request.PreconditionException;
import io.walarchiver.sidecar.request.StoreLookup;
import io.walarchiver.sidecar.request.UnavailableException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The ObjectStores of a namespace, followed from when they are first asked for. What was read once stays in use when the
 * store, a Secret or the API goes away.
 */
final class WatchedStores implements StoreLookup, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WatchedStores.class);

    /** Stores followed at a time; a Cluster names three at most, and its Backups hardly more. */
    private static final int MAX_WATCHED = 16;

    private final StoreWatch watch;
    private final Scheduler timer;
    private final Duration patience;
    private final Consumer<StoreState> observer;
    private final Map<String, Watched> watched = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * @param timer    for delays
     * @param patience how long a store that was never seen is waited for
     * @param observer is told each state of each store
     */
    WatchedStores(StoreWatch watch, Scheduler timer, Duration patience, Consumer<StoreState> observer) {
        this.watch = watch;
        this.timer = timer;
        this.patience = patience;
        this.observer = observer;
    }

    private record Watched(AtomicReference<@Nullable StoreState> state, Sinks.Empty<Void> first, Background background)
            implements AutoCloseable {
        @Override
        public void close() {
            background.close();
        }
    }

    @Override
    public Mono<StoreConfiguration> find(String name) {
        return state(name).map(WatchedStores::usable);
    }

    /** What is known of a store, as soon as anything is. */
    Mono<StoreState> state(String name) {
        return Mono.defer(() -> {
            Watched following = follow(name);
            return following
                    .first
                    .asMono()
                    .then(Mono.defer(() -> Mono.justOrEmpty(following.state.get())))
                    .timeout(
                            patience,
                            Mono.error(() -> new UnavailableException("the ObjectStore \"" + printable(name)
                                    + "\" is not known yet: the Kubernetes API has not answered within "
                                    + patience.toSeconds() + " s")),
                            timer);
        });
    }

    /** What is known of a store now; empty when nobody has asked for it, or nothing is known yet. */
    synchronized Optional<StoreState> known(String name) {
        Watched following = watched.get(name);
        return following == null ? Optional.empty() : Optional.ofNullable(following.state.get());
    }

    private static StoreConfiguration usable(StoreState state) {
        return state.configuration().orElseThrow(() -> unusable(state));
    }

    private static RuntimeException unusable(StoreState state) {
        String message = state.trouble()
                .map(StoreTrouble::message)
                .orElseGet(() -> "the ObjectStore \"" + state.name() + "\" is not known yet");
        boolean passes = state.trouble()
                .map(trouble -> trouble.reason() == StoreTrouble.Reason.API_UNAVAILABLE)
                .orElse(true);
        return passes ? new UnavailableException(message) : new PreconditionException(message);
    }

    private synchronized Watched follow(String name) {
        Watched known = watched.get(name);
        if (known != null) {
            return known;
        }
        if (watched.size() >= MAX_WATCHED) {
            String oldest = watched.keySet().iterator().next();
            Optional.ofNullable(watched.remove(oldest)).ifPresent(Watched::close);
        }
        AtomicReference<@Nullable StoreState> state = new AtomicReference<>();
        Sinks.Empty<Void> first = Sinks.empty();
        Watched begun = new Watched(
                state,
                first,
                new Background(
                        "watch of a store",
                        watch.watch(name)
                                .doOnNext(seen -> {
                                    state.set(seen);
                                    first.tryEmitEmpty();
                                    log(seen);
                                    observer.accept(seen);
                                })
                                .then()));
        watched.put(name, begun);
        return begun;
    }

    private static void log(StoreState state) {
        if (state.trouble().isPresent()) {
            StoreTrouble trouble = state.trouble().get();
            LOG.atWarn()
                    .addKeyValue("store", printable(state.name()))
                    .addKeyValue("reason", trouble.reason().word())
                    .addKeyValue(
                            "goes_on_with_the_last_one", state.configuration().isPresent())
                    .log("the store is not as it should be: {}", trouble.message());
            return;
        }
        LOG.atInfo()
                .addKeyValue("store", state.name())
                .addKeyValue("generation", state.generation())
                .log("store read");
        state.configuration()
                .ifPresent(read -> read.warnings().forEach(warning -> LOG.warn("store {}: {}", state.name(), warning)));
    }

    private static String printable(String name) {
        return name.replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public synchronized void close() {
        watched.values().forEach(Watched::close);
        watched.clear();
    }
}
