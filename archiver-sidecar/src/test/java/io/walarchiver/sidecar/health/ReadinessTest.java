package io.walarchiver.sidecar.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class ReadinessTest {

    @TempDir
    private Path directory;

    @Test
    void oneBadFindingMakesTheReportBad() {
        Health readiness = new Readiness(
                List.of(Mono.just(Health.Finding.good("a", "works")), Mono.just(Health.Finding.bad("b", "does not"))));
        StepVerifier.create(readiness.report())
                .assertNext(report -> {
                    assertThat(report.isGood()).isFalse();
                    assertThat(report.findings())
                            .extracting(Health.Finding::subject)
                            .containsExactly("a", "b");
                })
                .verifyComplete();
    }

    @Test
    void directoryIsProvenWritableAndLeftEmpty() {
        StepVerifier.create(Readiness.writable("spool", directory, Schedulers.immediate()))
                .assertNext(finding -> assertThat(finding.good()).isTrue())
                .verifyComplete();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void absentDirectoryIsNotWritable() {
        StepVerifier.create(Readiness.writable("spool", directory.resolve("absent"), Schedulers.immediate()))
                .assertNext(finding -> {
                    assertThat(finding.good()).isFalse();
                    assertThat(finding.reason()).contains("absent").contains("check");
                })
                .verifyComplete();
    }

    @Test
    void closedSocketIsNotReady() {
        StepVerifier.create(Readiness.socket(directory, () -> false))
                .assertNext(finding -> assertThat(finding.good()).isFalse())
                .verifyComplete();
    }
}
