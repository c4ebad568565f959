package io.walarchiver.sidecar.assembly;

import io.walarchiver.sidecar.health.StoreReach;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Does it answer? For each store by its name. */
final class StoreReaches {

    private final Clock clock;
    private final Map<String, StoreReach> reaches = new ConcurrentHashMap<>();

    StoreReaches(Clock clock) {
        this.clock = clock;
    }

    StoreReach of(String store) {
        return reaches.computeIfAbsent(store, name -> new StoreReach(clock));
    }
}
