package io.walarchiver.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.bridge.operator.InstalledCluster;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** {@code doctor} with a real API server, where there is one: over TLS, with tokens, and with the rights of somebody. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RealDoctorIT {

    @Test
    void installationWithoutControllersIsDescribedAsItIs() throws JsonProcessingException {
        Scheduler scheduler = Schedulers.newParallel("real-doctor-test", 2);
        try (InstalledCluster installed = new InstalledCluster(scheduler)) {
            CommandRun all = run(installed.server.kubeconfig());
            CommandRun little = run(installed.server.kubeconfig("shop", "orders"));

            assertThat(all.exitCode()).as(all.out() + all.err()).isEqualTo(ExitCode.REFUSED);
            assertThat(levels(all))
                    .containsEntry("service", "OK")
                    .containsEntry("plugin rights", "OK")
                    .containsEntry("resource", "OK")
                    .containsEntry("cluster", "OK")
                    .containsEntry("instance rights", "OK")
                    .containsEntry("store", "OK")
                    .containsEntry("store secret", "OK")
                    // Nothing runs there: no operator, no Pod, no cert-manager.
                    .containsEntry("operator", "WARN")
                    .containsEntry("endpoints", "FAIL")
                    .containsEntry("server certificate", "FAIL")
                    .containsEntry("sidecar", "WARN")
                    .containsEntry("discovered", "FAIL");
            // The account of the instances may see hardly anything, and reads that instead of a guess.
            assertThat(little.exitCode()).as(little.out() + little.err()).isZero();
            assertThat(levels(little)).containsEntry("service", "SKIPPED").containsEntry("cluster", "SKIPPED");
            assertThat(little.out()).contains("the right to list services in the whole cluster");
        } finally {
            scheduler.dispose();
        }
    }

    private static CommandRun run(Path kubeconfig) {
        return CommandRun.of("doctor", "--kubeconfig", kubeconfig, "-o", "json");
    }

    /** The worst of each check. */
    private static Map<String, String> levels(CommandRun run) throws JsonProcessingException {
        Map<String, String> levels = new TreeMap<>();
        for (JsonNode finding : new ObjectMapper().readTree(run.out()).path("findings")) {
            String level = finding.path("level").asText();
            levels.merge(finding.path("check").asText(), level, (one, other) -> one.equals("OK") ? other : one);
        }
        return levels;
    }
}
