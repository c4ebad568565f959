package io.walarchiver.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The demo with a short load: a real PostgreSQL, a real S3 server, the built distribution, one kill, a wiped data
 * directory, recovery and comparison. The demo's own exit code is the verdict.
 */
class DemoIT {

    @TempDir
    Path directory;

    @Test
    void nothingIsMissingAfterTheServiceWasKilledAndTheDataDirectoryWiped() throws Exception {
        assumeThat(curlIsInstalled())
                .as("curl is not installed; archive_command needs it")
                .isTrue();
        Path output = directory.resolve("output");
        Process demo = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.walarchiver.bench.Demo",
                        "--seconds=8",
                        "--connections=2")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(demo.waitFor(5, TimeUnit.MINUTES))
                    .as(Files.readString(output))
                    .isTrue();
        } finally {
            demo.destroy();
        }

        assertThat(demo.exitValue()).as(Files.readString(output)).isZero();
        assertThat(output).content().contains("kill -9 of the service", "NOTHING IS MISSING");
    }

    private static boolean curlIsInstalled() throws IOException {
        String path = System.getenv().getOrDefault("PATH", "");
        try (Stream<String> directories = Stream.of(path.split(":"))) {
            return directories.anyMatch(entry -> Files.isExecutable(Path.of(entry, "curl")));
        }
    }
}
