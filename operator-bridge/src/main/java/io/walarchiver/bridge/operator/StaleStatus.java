package io.walarchiver.bridge.operator;

import io.walarchiver.bridge.kubernetes.StaleServers;
import io.walarchiver.bridge.operator.StoreCache.StoreId;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Keeps the status of all stores free of servers that nobody is any more, see {@link StaleServers}. Nobody tells when a
 * Cluster is gone, so one looks now and then.
 */
public final class StaleStatus {

    /**
     * Entries were taken out of a status.
     *
     * @param store   of which store
     * @param servers in order; never empty
     */
    public record Removal(StoreId store, List<String> servers) {

        /** Copies the list. */
        public Removal {
            servers = List.copyOf(servers);
        }
    }

    private final StoreCache cache;
    private final StaleServers servers;
    private final Duration every;
    private final StoreCare.Observer observer;
    private final Scheduler scheduler;

    /**
     * Sends nothing yet.
     *
     * @param cache    says which stores there are
     * @param every    between two looks
     * @param observer told of stores that could not be looked at; that is tried again at the next look
     */
    public StaleStatus(
            StoreCache cache, StaleServers servers, Duration every, StoreCare.Observer observer, Scheduler scheduler) {
        this.cache = cache;
        this.servers = servers;
        this.every = every;
        this.observer = observer;
        this.scheduler = scheduler;
    }

    /** Looks for as long as it is subscribed, at one store at a time. Never ends by itself. */
    public Flux<Removal> run() {
        return Flux.interval(every, scheduler)
                .onBackpressureDrop()
                .concatMap(tick -> Flux.fromIterable(cache.stores()).concatMap(this::look), 1);
    }

    private Mono<Removal> look(StoreId store) {
        return servers.prune(store.namespace(), store.name())
                .filter(removed -> !removed.isEmpty())
                .map(removed -> new Removal(store, removed))
                .onErrorResume(failure -> Mono.fromRunnable(
                        () -> observer.failed("stale-servers", store.namespace() + "/" + store.name(), failure)));
    }
}
