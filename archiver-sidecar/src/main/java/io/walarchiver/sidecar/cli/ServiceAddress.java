package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.net.UnixHttp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Where a running service is asked. */
final class ServiceAddress {

    @Option(
            names = "--api-socket",
            required = true,
            paramLabel = "PATH",
            description = "the service's Unix socket for HTTP: the PATH given to serve, with .http behind it")
    Path socket = Path.of("");

    @Option(
            names = "--timeout-seconds",
            paramLabel = "N",
            description = "how long to wait for the answer; default ${DEFAULT-VALUE}")
    int timeoutSeconds = 10;

    /** Asks; a service that does not answer is a {@link CommandFailure}. */
    UnixHttp.Answer get(String path, String accept) {
        try {
            return UnixHttp.get(socket, path, accept, Duration.ofSeconds(timeoutSeconds));
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    "no service answers on " + socket + " (" + e.getMessage()
                            + "); is \"wal-archiver serve\" running, and is this its --api-socket?");
        }
    }
}
