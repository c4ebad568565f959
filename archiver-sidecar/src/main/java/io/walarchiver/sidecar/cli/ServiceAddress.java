package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.net.UnixHttp;
import io.walarchiver.sidecar.settings.ManagementPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a running service is asked. */
final class ServiceAddress {

    @Option(
            names = "--api-socket",
            paramLabel = "PATH",
            description =
                    "the service's Unix socket for HTTP: the PATH given to serve, with .http behind it; default is"
                            + " the port MANAGEMENT_PORT of this host, or else 9189")
    @Nullable
    Path socket;

    @Option(
            names = "--timeout-seconds",
            paramLabel = "N",
            description = "how long to wait for the answer; default ${DEFAULT-VALUE}")
    int timeoutSeconds = 10;

    /** Asks; a service that does not answer is a {@link CommandFailure}. */
    UnixHttp.Answer get(String path, String accept) {
        SocketAddress address = address();
        try {
            return UnixHttp.get(address, path, accept, Duration.ofSeconds(timeoutSeconds));
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    "no service answers on " + address + " (" + e.getMessage()
                            + "); is it running, and is this its --api-socket or its port?");
        }
    }

    private SocketAddress address() {
        Path path = socket;
        return path == null
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), ManagementPort.of(System.getenv()))
                : UnixDomainSocketAddress.of(path);
    }
}
