package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.function.Supplier;

/** Every metric of the operator process, in one table, as {@link Meters} is for the process beside PostgreSQL. */
public enum OperatorMeters {
    HOOK(Meters.Type.TIMER, "operator.hook", "", "From the operator's question to the answer", "hook", "outcome"),
    REFUSED_CALLERS(
            Meters.Type.COUNTER,
            "operator.refused.callers",
            "",
            "Connections turned away because of the caller's certificate"),
    CERTIFICATE_END(
            Meters.Type.GAUGE,
            "operator.certificate.expiry.timestamp",
            "seconds",
            "Unix time at which the first certificate of this kind ends: the server's own, or one that is trusted; 0 when"
                    + " there is none",
            "kind"),
    CERTIFICATE_LOADS(
            Meters.Type.COUNTER,
            "operator.certificate.loads",
            "",
            "Other certificates found in the files: loaded, or not usable",
            "outcome"),
    STORES(Meters.Type.GAUGE, "operator.stores", "", "ObjectStores that are watched"),
    STORES_NOT_READY(Meters.Type.GAUGE, "operator.stores.not.ready", "", "ObjectStores that cannot be used"),
    SYNCED(Meters.Type.GAUGE, "operator.synced", "", "1 when all ObjectStores were listed once, 0 before"),
    FAILED_WORK(
            Meters.Type.COUNTER,
            "operator.failures",
            "",
            "Roles and conditions that could not be written after a store changed",
            "work"),
    RESIDENT_MEMORY(Meters.Type.GAUGE, "process.resident.memory", "bytes", "Resident set size of this process"),
    BUILD_INFO(Meters.Type.GAUGE, "build.info", "", "Always 1; names the version", "version");

    private final MeterDefinition definition;

    OperatorMeters(Meters.Type type, String suffix, String unit, String help, String... tags) {
        this.definition = new MeterDefinition(type, suffix, unit, help, List.of(tags));
    }

    /** The name with dots; Prometheus shows it with underscores, unit and, for counters, {@code _total}. */
    public String meterName() {
        return definition.meterName();
    }

    /** How it is read. */
    public Meters.Type type() {
        return definition.type();
    }

    /** The base unit; empty for counts and for durations, which are always seconds. */
    public String unit() {
        return definition.unit();
    }

    /** The names of its tags, in order. */
    public List<String> tags() {
        return definition.tags();
    }

    Counter counter(MeterRegistry registry, String... values) {
        return definition.counter(registry, values);
    }

    Timer timer(MeterRegistry registry, String... values) {
        return definition.timer(registry, values);
    }

    void gauge(MeterRegistry registry, Supplier<Number> value, String... values) {
        definition.gauge(registry, value, values);
    }
}
