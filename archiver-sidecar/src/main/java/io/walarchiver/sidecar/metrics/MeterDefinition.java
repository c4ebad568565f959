package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.walarchiver.sidecar.metrics.Meters.Type;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a line of a table of metrics says, and how it becomes a meter.
 *
 * @param suffix the name behind the common prefix, with dots
 * @param unit   the base unit; empty for counts and for durations, which are always seconds
 * @param help   one sentence
 * @param tags   the names of its tags, in order
 */
record MeterDefinition(Type type, String suffix, String unit, String help, List<String> tags) {

    // From a segment that was durable before the question (below 2 ms) to one that waits for a retry.
    private static final Duration[] BUCKETS =
            List.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000).stream()
                    .map(Duration::ofMillis)
                    .toArray(Duration[]::new);

    MeterDefinition {
        tags = List.copyOf(tags);
    }

    /** The name with dots; Prometheus shows it with underscores, unit and, for counters, {@code _total}. */
    String meterName() {
        return Meters.PREFIX + suffix;
    }

    Counter counter(MeterRegistry registry, String... values) {
        require(Type.COUNTER);
        return Counter.builder(meterName())
                .description(help)
                .baseUnit(baseUnit())
                .tags(keyValues(values))
                .register(registry);
    }

    Timer timer(MeterRegistry registry, String... values) {
        require(Type.TIMER);
        return Timer.builder(meterName())
                .description(help)
                .serviceLevelObjectives(BUCKETS)
                .tags(keyValues(values))
                .register(registry);
    }

    void gauge(MeterRegistry registry, Supplier<Number> value, String... values) {
        require(Type.GAUGE);
        Gauge.builder(meterName(), value)
                .description(help)
                .baseUnit(baseUnit())
                .tags(keyValues(values))
                .register(registry);
    }

    void counterOf(MeterRegistry registry, Supplier<Number> value) {
        require(Type.COUNTER_OF);
        FunctionCounter.builder(meterName(), value, source -> source.get().doubleValue())
                .description(help)
                .register(registry);
    }

    /** Tags with their values, one after the other. */
    String[] keyValues(String... values) {
        if (values.length != tags.size()) {
            throw new IllegalArgumentException(suffix + " has the tags " + tags);
        }
        String[] both = new String[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            both[2 * i] = tags.get(i);
            both[2 * i + 1] = values[i];
        }
        return both;
    }

    private @Nullable String baseUnit() {
        return unit.isEmpty() ? null : unit;
    }

    private void require(Type expected) {
        if (type != expected) {
            throw new IllegalStateException(suffix + " is a " + type);
        }
    }
}
