package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.walarchiver.store.StoreObserver;
import java.time.Duration;

/** Counts and times the requests to the store. */
public final class StoreMetrics implements StoreObserver {

    private final MeterRegistry registry;

    public StoreMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void requestCompleted(String operation, String outcome, Duration duration) {
        Meters.STORE_REQUEST.timer(registry, operation, outcome).record(duration);
    }

    @Override
    public void retrying(String operation, String kind) {
        Meters.STORE_RETRIES.counter(registry, operation, kind).increment();
    }
}
