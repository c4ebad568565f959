package io.walarchiver.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class CommandCostTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private CommandCost run(String script) throws IOException {
        return CommandCost.of(
                "script",
                List.of("/bin/sh", "-c", script),
                Map.of("GREETING", "good morning"),
                directory,
                directory.resolve("log"),
                LIMIT);
    }

    @Test
    void theWorkOfChildrenCountsAndTheOutputIsKept() throws IOException {
        CommandCost cost =
                run("echo $GREETING; sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; echo good night");

        assertThat(cost.cpu()).isPositive();
        assertThat(cost.wall()).isPositive();
        assertThat(cost.peakBytes()).isPositive();
        assertThat(cost.output()).contains("good morning", "good night");
    }

    @Test
    void outputWithoutALineEndDoesNotHideTheEnd() throws IOException {
        assertThat(run("printf unfinished").output()).contains("unfinished");
    }

    @Test
    void aFailureTellsWhatWasPrinted() {
        assertThatThrownBy(() -> run("echo cannot do that; exit 7"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("code 7")
                .hasMessageContaining("cannot do that");
    }
}
