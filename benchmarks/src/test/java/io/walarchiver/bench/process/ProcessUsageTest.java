package io.walarchiver.bench.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessUsageTest {

    @TempDir
    Path directory;

    @Test
    void ownProcessHasMemoryAndTime() {
        ProcessUsage usage = ProcessUsage.of(ProcessHandle.current().pid()).orElseThrow();

        assertThat(usage.residentBytes()).isPositive();
        assertThat(usage.peakBytes()).isGreaterThanOrEqualTo(usage.residentBytes() / 2);
        assertThat(usage.own()).isPositive();
    }

    @Test
    void goneProcessHasNone() throws Exception {
        ChildProcess child = ChildProcess.start("true", List.of("true"), Map.of(), directory, directory.resolve("log"));

        assertThat(child.awaitSuccess()).isTrue();

        assertThat(ProcessUsage.of(child.pid())).isEmpty();
        assertThat(ProcessUsage.cpuOf(child.pid())).isEqualTo(Duration.ZERO);
    }

    @Test
    void workOfEndedChildrenCountsForTheirParent() throws Exception {
        String spin = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        try (ChildProcess shell = ChildProcess.start(
                "shell",
                List.of("/bin/sh", "-c", "sh -c '" + spin + "'; echo spun; read line"),
                Map.of(),
                directory,
                directory.resolve("log"))) {
            var unused = shell.await(
                    java.util.regex.Pattern.compile("^spun$", java.util.regex.Pattern.MULTILINE),
                    Duration.ofSeconds(60));

            assertThat(ProcessUsage.belowCpuOf(shell.pid())).isPositive();
            assertThat(ProcessUsage.treeCpuOf(shell.pid()))
                    .isGreaterThanOrEqualTo(ProcessUsage.belowCpuOf(shell.pid()));
        }
    }
}
