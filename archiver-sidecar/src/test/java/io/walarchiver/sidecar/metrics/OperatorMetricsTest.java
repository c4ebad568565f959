package io.walarchiver.sidecar.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import io.walarchiver.bridge.kubernetes.ApiConnection;
import io.walarchiver.bridge.kubernetes.CollectionWatch;
import io.walarchiver.bridge.kubernetes.FakeKubernetes;
import io.walarchiver.bridge.kubernetes.KubernetesApi;
import io.walarchiver.bridge.kubernetes.KubernetesCollections.Scope;
import io.walarchiver.bridge.operator.StoreCache;
import io.walarchiver.bridge.operator.StoreCare;
import io.walarchiver.bridge.operator.StoreSource;
import io.walarchiver.sidecar.tls.TlsFiles;
import io.walarchiver.sidecar.tls.TlsReload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

@Timeout(60)
class OperatorMetricsTest {

    private static final Pattern DOCUMENTED = Pattern.compile("`(operator_[a-z_]+)(?:\\{([a-z,]+)})?`");

    private final OperatorMetrics metrics = new OperatorMetrics("1.2.3");
    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("metrics-test");
    private final ApiConnection api = kubernetes.connect(scheduler);

    @BeforeEach
    void everythingHappens() {
        metrics.watchCertificates(
                new TlsReload(new TlsFiles(Path.of("none"), Path.of("none"), Path.of("none")), metrics));
        StoreCache cache =
                new StoreCache(new CollectionWatch(api, scheduler), StoreSource.asking(api), List.of(Scope.EVERYWHERE));
        metrics.watchStores(cache, care(api, cache));
        metrics.answered("pre", "ok", Duration.ofMillis(3));
        metrics.callerRefused();
        metrics.workFailed("roles");
        metrics.loaded();
        metrics.refused();
    }

    private StoreCare care(KubernetesApi from, StoreCache cache) {
        return new StoreCare(
                from, cache, StoreCare.Pace.DEFAULT, (work, object, failure) -> {}, Clock.systemUTC(), scheduler);
    }

    @AfterEach
    void close() {
        metrics.close();
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void everyMeterOfTheTableAppearsAndNoOther() {
        String scrape = metrics.scrape();
        List<String> known = Arrays.stream(OperatorMeters.values())
                .map(OperatorMetricsTest::shown)
                .toList();
        assertThat(known).allSatisfy(name -> assertThat(scrape).contains("# HELP " + name + " "));
        assertThat(scrape.lines()
                        .filter(line -> line.startsWith("# TYPE wal_archiver_"))
                        .map(line -> line.split(" ")[2])
                        .filter(name -> !name.endsWith("_max")))
                .containsExactlyInAnyOrderElementsOf(known);
    }

    @Test
    void theManualNamesThemAll() throws IOException {
        String manual = Files.readString(Path.of("../docs/kubernetes.md"));
        List<String> documented = DOCUMENTED
                .matcher(manual)
                .results()
                .map(match -> match.group(1))
                .distinct()
                .toList();
        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(OperatorMeters.values())
                        .map(OperatorMetricsTest::shown)
                        .map(name -> name.substring("wal_archiver_".length()))
                        .filter(name -> name.startsWith("operator_"))
                        .toList());
        Matcher named = DOCUMENTED.matcher(manual);
        while (named.find()) {
            String name = "wal_archiver_" + named.group(1);
            List<String> tags =
                    named.group(2) == null ? List.of() : List.of(named.group(2).split(",", -1));
            assertThat(Arrays.stream(OperatorMeters.values())
                            .filter(meter -> shown(meter).equals(name))
                            .findFirst()
                            .orElseThrow()
                            .tags())
                    .isEqualTo(tags);
        }
    }

    private static String shown(OperatorMeters meter) {
        if (meter == OperatorMeters.BUILD_INFO) {
            // The convention leaves the ending to the writer.
            return "wal_archiver_build_info";
        }
        Meter.Type type =
                switch (meter.type()) {
                    case COUNTER, COUNTER_OF -> Meter.Type.COUNTER;
                    case GAUGE -> Meter.Type.GAUGE;
                    case TIMER -> Meter.Type.TIMER;
                };
        String name = new PrometheusNamingConvention()
                .name(meter.meterName(), type, meter.unit().isEmpty() ? null : meter.unit());
        return type == Meter.Type.COUNTER && !name.endsWith("_total") ? name + "_total" : name;
    }
}
