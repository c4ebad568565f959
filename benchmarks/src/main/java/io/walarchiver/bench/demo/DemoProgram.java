package io.walarchiver.bench.demo;

import io.walarchiver.bench.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the demo. Exit code 0: nothing is missing; 1: something is, or the demo could not run. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Archives the WAL of a real PostgreSQL under load, kills the service, wipes the data directory,"
                + " recovers from the archive and compares.")
public final class DemoProgram implements Callable<Integer> {

    @Option(
            names = "--seconds",
            defaultValue = "35",
            description = "How long to write at full speed (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--connections", defaultValue = "3", description = "By how many sessions (${DEFAULT-VALUE}).")
    private int connections;

    @Option(names = "--seed", defaultValue = "7", description = "Seed of the load (${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--keep", description = "Leave the working directory in place.")
    private boolean keep;

    @Option(
            names = "--distribution",
            paramLabel = "DIR",
            description = "The service to use; default: the one built here.")
    private @Nullable Path distribution;

    @Override
    public Integer call() {
        Console console = new Console(System.out, isTerminal());
        try (Cleanup cleanup = new Cleanup()) {
            try {
                DemoSettings settings = new DemoSettings(
                        Duration.ofSeconds(seconds), connections, seed, keep, Optional.ofNullable(distribution));
                requireCurl();
                return new DemoRun(settings, console, cleanup).run() ? 0 : 1;
            } catch (Exception e) {
                // Ctrl-C pulls the ground from under the run; what it stumbles over then is nobody's concern.
                if (!cleanup.hasBegun()) {
                    console.step("FAILED: %s", e.getMessage() == null ? e.toString() : e.getMessage());
                    if (e.getCause() != null) {
                        console.detail("cause: %s", e.getCause());
                    }
                }
                return 1;
            }
        }
    }

    /** From JDK 22 on there is a System.console() without a terminal, and isTerminal() is not in 17. */
    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }

    /** archive_command talks HTTP over a Unix socket, for which a shell needs curl. */
    private static void requireCurl() throws IOException {
        try {
            String unused = ChildProcess.run(List.of("curl", "--version"), Path.of("/"));
        } catch (IOException e) {
            throw new IOException(
                    "curl is missing: archive_command needs it to reach the service; install the package curl", e);
        }
    }
}
