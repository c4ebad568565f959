package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OperatorCommandTest {

    @Test
    void withoutAnImageForTheSidecarItDoesNotStart() {
        CommandRun run = CommandRun.of(
                "operator",
                "--server-cert=/server/tls.crt",
                "--server-key=/server/tls.key",
                "--client-cert=/client/tls.crt",
                "--server-address=:9090",
                "--leader-elect");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("SIDECAR_IMAGE: is empty; set it");
    }

    @Test
    void whatIsMissingOnTheCommandLineIsNamed() {
        CommandRun run = CommandRun.of("operator", "--leader-elect=false", "--server-cert=x");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("--server-key", "--client-cert", "--server-address");
    }
}
