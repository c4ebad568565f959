package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.assembly.OperatorProcess;
import io.walarchiver.sidecar.settings.OperatorProcessSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code wal-archiver operator}. */
@Command(
        name = "operator",
        description =
                "Serves CloudNativePG's operator until SIGTERM: puts the sidecar into the pods of the Clusters that"
                        + " name this plugin, and gives it its rights. Started by the chart.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nEnvironment:%n",
        footer = {
            "  SIDECAR_IMAGE     image of the sidecar, required",
            "  PLUGIN_NAME       what CloudNativePG calls this plugin; default is walarchiver.io",
            "  WATCH_NAMESPACES  namespaces with ObjectStores, separated by commas; default is all",
            "  POD_NAME          who reports events"
        })
final class OperatorCommand implements Callable<Integer> {

    @Mixin
    private LogOptions log = new LogOptions();

    @Option(
            names = "--server-cert",
            required = true,
            paramLabel = "FILE",
            description = "the server's certificate, and who issued it, in PEM; read again when it changes")
    private Path serverCertificate = Path.of("");

    @Option(
            names = "--server-key",
            required = true,
            paramLabel = "FILE",
            description = "its private key in PEM; likewise")
    private Path serverKey = Path.of("");

    @Option(
            names = "--client-cert",
            required = true,
            paramLabel = "FILE",
            description = "whom to trust: callers with one of these certificates, or with one issued by them; likewise")
    private Path clientCertificate = Path.of("");

    @Option(
            names = "--server-address",
            required = true,
            paramLabel = "[HOST]:PORT",
            description = "where CloudNativePG's operator asks, for example :9090")
    private String serverAddress = "";

    @Option(
            names = "--http-address",
            paramLabel = "[HOST]:PORT",
            description = "where probes and metrics are served; default ${DEFAULT-VALUE}")
    private String httpAddress = OperatorProcessSettings.DEFAULT_HTTP;

    @Option(
            names = "--leader-elect",
            hidden = true,
            arity = "0..1",
            fallbackValue = "true",
            description = "has no effect: every replica answers")
    private boolean leaderElect;

    private Map<String, String> environment = System.getenv();

    @Override
    public Integer call() throws InterruptedException {
        log.apply();
        OperatorProcessSettings settings = OperatorProcessSettings.of(
                new OperatorProcessSettings.Written(
                        serverCertificate, serverKey, clientCertificate, serverAddress, httpAddress),
                environment);
        try {
            OperatorProcess.runUntilSignalled(settings);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.OTHER, "cannot serve: " + e.getMessage());
        }
        return ExitCode.DONE;
    }
}
