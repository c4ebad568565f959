package io.walarchiver.sidecar.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The metrics that the documents name exist, with the tags they name. */
@Timeout(30)
class DocumentedMetricsTest {

    /** A row of the table whose head says that the prefix is left out. */
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| (`[a-z_]+(?:\\{\\w+})?`(?:, `[a-z_]+(?:\\{\\w+})?`)*) \\|");

    private static final Pattern NAME = Pattern.compile("`([a-z_]+)(?:\\{(\\w+)})?`");

    @Test
    void everyMetricOfTheTablesExists() throws IOException {
        Map<String, List<String>> known = new TreeMap<>();
        for (Meters meter : Meters.values()) {
            known.put(shown(meter), meter.tags());
        }
        List<String> wrong = new ArrayList<>();
        int seen = 0;
        String standalone = Files.readString(Path.of("../docs/standalone.md"));
        Matcher row = ROW.matcher(standalone.substring(standalone.indexOf("## Metrics of backups")));
        while (row.find()) {
            Matcher name = NAME.matcher(row.group(1));
            while (name.find()) {
                seen++;
                List<String> tags = known.get("wal_archiver_" + name.group(1));
                if (tags == null || name.group(2) != null && !tags.contains(name.group(2))) {
                    wrong.add(name.group());
                }
            }
        }
        Matcher full = Pattern.compile("`(wal_archiver_[a-z_]+)`").matcher(Files.readString(Path.of("../README.md")));
        while (full.find()) {
            seen++;
            if (!known.containsKey(full.group(1))) {
                wrong.add(full.group());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).isGreaterThan(20);
    }

    private static String shown(Meters meter) {
        NamingConvention convention = new PrometheusNamingConvention();
        Meter.Type type =
                switch (meter.type()) {
                    case COUNTER, COUNTER_OF -> Meter.Type.COUNTER;
                    case GAUGE -> Meter.Type.GAUGE;
                    case TIMER -> Meter.Type.TIMER;
                };
        String name = convention.name(meter.meterName(), type, meter.unit().isEmpty() ? null : meter.unit());
        // The convention leaves the ending of counters to the writer in some releases.
        return type == Meter.Type.COUNTER && !name.endsWith("_total") ? name + "_total" : name;
    }
}
