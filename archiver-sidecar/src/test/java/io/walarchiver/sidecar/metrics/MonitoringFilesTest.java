package io.walarchiver.sidecar.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Alerts and dashboard of the chart speak of metrics that exist, with labels that exist. */
final class MonitoringFilesTest {

    private static final Pattern NAME = Pattern.compile("wal_archiver_[a-z0-9_]+");
    private static final Pattern SELECTOR = Pattern.compile("(wal_archiver_[a-z0-9_]+)\\{([^}]*)}");

    /** Labels that Prometheus adds where it finds the pods. */
    private static final Set<String> OF_THE_POD = Set.of("namespace", "pod");

    @ParameterizedTest
    @ValueSource(strings = {"alerts.yaml", "dashboard.json"})
    void everyMetricExists(String file) throws IOException {
        Set<String> known = Arrays.stream(Meters.values())
                .flatMap(MonitoringFilesTest::series)
                .collect(Collectors.toUnmodifiableSet());
        Set<String> used = new TreeSet<>();
        Matcher matcher = NAME.matcher(read(file));
        while (matcher.find()) {
            used.add(matcher.group());
        }

        assertThat(used).hasSizeGreaterThan(3).isSubsetOf(known);
    }

    @ParameterizedTest
    @ValueSource(strings = {"alerts.yaml", "dashboard.json"})
    void everyLabelExists(String file) throws IOException {
        Matcher matcher = SELECTOR.matcher(read(file).replace("\\\"", "\""));
        int found = 0;
        while (matcher.find()) {
            found++;
            String series = matcher.group(1);
            Meters meter = Arrays.stream(Meters.values())
                    .filter(one -> series(one).anyMatch(series::equals))
                    .findFirst()
                    .orElseThrow();
            for (String condition : matcher.group(2).split(",", -1)) {
                String label = condition.replaceAll("[=!~].*", "").strip();
                assertThat(OF_THE_POD.contains(label) || meter.tags().contains(label))
                        .as("%s of %s", label, series)
                        .isTrue();
            }
        }
        assertThat(found).isPositive();
    }

    private static Stream<String> series(Meters meter) {
        String name = MetricsTest.prometheusName(meter);
        return meter.type() == Meters.Type.TIMER
                ? Stream.of(name + "_bucket", name + "_count", name + "_sum", name + "_max")
                : Stream.of(name);
    }

    private static String read(String file) throws IOException {
        Path module = Path.of("").toAbsolutePath();
        return Files.readString(
                module.resolveSibling("charts/wal-archiver/files").resolve(file));
    }
}
