package io.walarchiver.sidecar.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class LivenessTest {

    @Test
    void executorsThatRunAreAlive() {
        StepVerifier.create(
                        new Liveness(Map.of("a", Runnable::run, "b", Runnable::run), Duration.ofSeconds(5)).report())
                .assertNext(report -> assertThat(report.isGood()).isTrue())
                .verifyComplete();
    }

    @Test
    void executorThatKeepsSilentIsFoundOut() {
        Liveness liveness = new Liveness(Map.of("ok", Runnable::run, "stuck", task -> {}), Duration.ofSeconds(5));
        StepVerifier.withVirtualTime(liveness::report)
                .thenAwait(Duration.ofSeconds(5))
                .assertNext(report -> {
                    assertThat(report.isGood()).isFalse();
                    assertThat(report.findings())
                            .filteredOn(finding -> !finding.good())
                            .extracting(Health.Finding::subject)
                            .containsExactly("stuck");
                })
                .verifyComplete();
    }

    @Test
    void executorThatRefusesWorkIsNotAlive() {
        Liveness liveness = new Liveness(
                Map.of("ended", task -> {
                    throw new RejectedExecutionException("ended");
                }),
                Duration.ofSeconds(5));
        StepVerifier.create(liveness.report())
                .assertNext(report -> assertThat(report.isGood()).isFalse())
                .verifyComplete();
    }
}
