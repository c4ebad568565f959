package io.walarchiver.sidecar.metrics;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.walarchiver.bridge.operator.StoreCache;
import io.walarchiver.bridge.operator.StoreCare;
import io.walarchiver.sidecar.request.HookObserver;
import io.walarchiver.sidecar.tls.TlsReload;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The registry of the operator process, what feeds it, and its text for Prometheus. */
public final class OperatorMetrics implements HookObserver, TlsReload.Observer, AutoCloseable {

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ProcessMeters process = new ProcessMeters(registry);

    /** @param version of this program */
    public OperatorMetrics(String version) {
        OperatorMeters.RESIDENT_MEMORY.gauge(registry, ProcessMemory::residentBytes);
        OperatorMeters.BUILD_INFO.gauge(registry, () -> 1, version);
        // So that an alert sees zero before the first, instead of nothing.
        OperatorMeters.REFUSED_CALLERS.counter(registry).increment(0);
        OperatorMeters.CERTIFICATE_LOADS.counter(registry, "loaded").increment(0);
        OperatorMeters.CERTIFICATE_LOADS.counter(registry, "refused").increment(0);
    }

    /** Shows how long the certificates are good. */
    public void watchCertificates(TlsReload certificates) {
        OperatorMeters.CERTIFICATE_END.gauge(
                registry, () -> unixSeconds(certificates.serverCertificateEnds()), "server");
        OperatorMeters.CERTIFICATE_END.gauge(registry, () -> unixSeconds(certificates.trustEnds()), "client");
    }

    /** Shows the stores. */
    public void watchStores(StoreCache cache, StoreCare care) {
        OperatorMeters.STORES.gauge(registry, cache::size);
        OperatorMeters.SYNCED.gauge(registry, () -> cache.isSynced() ? 1 : 0);
        OperatorMeters.STORES_NOT_READY.gauge(registry, care::notReady);
    }

    /** A caller's certificate was turned away. */
    public void callerRefused() {
        OperatorMeters.REFUSED_CALLERS.counter(registry).increment();
    }

    /** Something could not be written after a store changed. */
    public void workFailed(String work) {
        OperatorMeters.FAILED_WORK.counter(registry, work).increment();
    }

    @Override
    public void answered(String hook, String outcome, Duration duration) {
        OperatorMeters.HOOK.timer(registry, hook, outcome).record(duration);
    }

    @Override
    public void loaded() {
        OperatorMeters.CERTIFICATE_LOADS.counter(registry, "loaded").increment();
    }

    @Override
    public void refused() {
        OperatorMeters.CERTIFICATE_LOADS.counter(registry, "refused").increment();
    }

    /** Everything in Prometheus' text format, version 0.0.4. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        process.close();
        registry.close();
    }

    private static double unixSeconds(Optional<Instant> at) {
        return at.map(Instant::getEpochSecond).orElse(0L);
    }
}
