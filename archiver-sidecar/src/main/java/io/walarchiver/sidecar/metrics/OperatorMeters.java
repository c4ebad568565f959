package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

    private final Meters.Type type;
    private final String suffix;
    private final String unit;
    private final String help;
    private final List<String> tags;

    OperatorMeters(Meters.Type type, String suffix, String unit, String help, String... tags) {
        this.type = type;
        this.suffix = suffix;
        this.unit = unit;
        this.help = help;
        this.tags = List.of(tags);
    }

    /** The name with dots; Prometheus shows it with underscores, unit and, for counters, {@code _total}. */
    public String meterName() {
        return Meters.PREFIX + suffix;
    }

    /** How it is read. */
    public Meters.Type type() {
        return type;
    }

    /** The base unit; empty for counts and for durations, which are always seconds. */
    public String unit() {
        return unit;
    }

    /** The names of its tags, in order. */
    public List<String> tags() {
        return tags;
    }

    Counter counter(MeterRegistry registry, String... values) {
        return Counter.builder(meterName())
                .description(help)
                .tags(keyValues(Meters.Type.COUNTER, values))
                .register(registry);
    }

    Timer timer(MeterRegistry registry, String... values) {
        return Timer.builder(meterName())
                .description(help)
                .serviceLevelObjectives(Meters.buckets())
                .tags(keyValues(Meters.Type.TIMER, values))
                .register(registry);
    }

    void gauge(MeterRegistry registry, Supplier<Number> value, String... values) {
        Gauge.builder(meterName(), value)
                .description(help)
                .baseUnit(baseUnit())
                .tags(keyValues(Meters.Type.GAUGE, values))
                .register(registry);
    }

    private @Nullable String baseUnit() {
        return unit.isEmpty() ? null : unit;
    }

    private Tags keyValues(Meters.Type expected, String... values) {
        if (type != expected || values.length != tags.size()) {
            throw new IllegalArgumentException(this + " is a " + type + " with the tags " + tags);
        }
        Tags pairs = Tags.empty();
        for (int i = 0; i < values.length; i++) {
            pairs = pairs.and(tags.get(i), values[i]);
        }
        return pairs;
    }
}
