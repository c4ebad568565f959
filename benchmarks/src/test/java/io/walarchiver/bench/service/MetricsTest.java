package io.walarchiver.bench.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetricsTest {

    private static final String SCRAPE = """
            # HELP answer_seconds From question to answer
            # TYPE answer_seconds histogram
            answer_seconds_bucket{stored="true",le="0.001"} 90
            answer_seconds_bucket{stored="true",le="0.01"} 90
            answer_seconds_bucket{stored="true",le="+Inf"} 90
            answer_seconds_bucket{stored="false",le="0.001"} 0
            answer_seconds_bucket{stored="false",le="0.01"} 9
            answer_seconds_bucket{stored="false",le="+Inf"} 10
            answer_seconds_count{stored="true"} 90
            files_total{outcome="stored"} 3
            files_total{outcome="already_stored"} 4
            files_total_other 100
            """;

    private final Metrics metrics = Metrics.parse(SCRAPE);

    @Test
    void sumAddsAllSeriesOfOneName() {
        assertThat(metrics.sum("files_total")).isEqualTo(7);
        assertThat(metrics.sum("absent")).isZero();
    }

    @Test
    void percentileIsTheBoundOfItsBucket() {
        assertThat(metrics.percentile("answer_seconds", 0.90)).isEqualTo("\u2264 1 ms");
        assertThat(metrics.percentile("answer_seconds", 0.99)).isEqualTo("\u2264 10 ms");
        assertThat(metrics.percentile("answer_seconds", 1.00)).isEqualTo("> 10 ms");
        assertThat(metrics.percentile("absent", 0.5)).isEqualTo("-");
    }

    @Test
    void percentileOfOneLabelLeavesTheOthersOut() {
        assertThat(metrics.percentileWhere("answer_seconds", "stored=\"true\"", 0.99))
                .isEqualTo("\u2264 1 ms");
    }

    @Test
    void twoLivesAddUp() {
        Metrics both = metrics.plus(metrics);

        assertThat(both.sum("files_total")).isEqualTo(14);
        assertThat(both.percentile("answer_seconds", 0.99)).isEqualTo("\u2264 10 ms");
    }
}
