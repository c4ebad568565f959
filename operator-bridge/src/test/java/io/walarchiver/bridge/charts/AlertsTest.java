package io.walarchiver.bridge.charts;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bridge.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The alerts, evaluated by Prometheus' own tool. */
@Timeout(120)
final class AlertsTest {

    private static final Path ALERTS = Chart.PLUGIN.directory().resolve("files/alerts.yaml");

    @Test
    void rulesAreWellFormedAndAlertOnlyWhenTheyShould(@TempDir Path directory)
            throws IOException, InterruptedException {
        String promtool = promtool();
        Path test = Repository.path("operator-bridge/src/test/resources/charts/alerts-test.yaml");
        Files.copy(ALERTS, directory.resolve("alerts.yaml"));
        Files.copy(test, directory.resolve("test.yaml"));

        assertThat(run(directory, promtool, "check", "rules", "alerts.yaml")).contains("SUCCESS");
        assertThat(run(directory, promtool, "test", "rules", "test.yaml")).contains("SUCCESS");
    }

    @Test
    void everyAlertHasATest() {
        String test = Repository.text(Repository.path("operator-bridge/src/test/resources/charts/alerts-test.yaml"));

        assertThat(Chart.parse(Repository.text(ALERTS)).get(0).findValuesAsText("alert"))
                .isNotEmpty()
                .allSatisfy(alert -> assertThat(test).contains("alertname: " + alert));
    }

    private static String promtool() {
        Optional<String> found = Stream.concat(
                        Stream.ofNullable(System.getenv("PROMTOOL")),
                        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                                .map(directory -> directory + "/promtool"))
                .filter(file -> Files.isExecutable(Path.of(file)))
                .findFirst();
        Assumptions.assumeTrue(
                found.isPresent(), "promtool is neither on the PATH nor named by PROMTOOL: apt-get install prometheus");
        return found.orElseThrow();
    }

    private static String run(Path directory, String... command) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(List.of(command))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output);
    }
}
