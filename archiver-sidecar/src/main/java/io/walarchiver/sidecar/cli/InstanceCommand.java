package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.assembly.Instance;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.InstanceSettings;
import io.walarchiver.sidecar.settings.Problems;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code wal-archiver instance}. */
@Command(
        name = "instance",
        description =
                "Serves one instance of a Cluster of CloudNativePG until SIGTERM. Its settings are the environment"
                        + " that the plugin gives the container: PGDATA, POD_NAME, NAMESPACE, CLUSTER_NAME, SPOOL_DIRECTORY,"
                        + " PLUGIN_NAME, MANAGEMENT_PORT, LOG_LEVEL; its stores come from the Kubernetes API.",
        mixinStandardHelpOptions = true)
final class InstanceCommand implements Callable<Integer> {

    @Mixin
    private LogOptions log = new LogOptions();

    @Mixin
    private DatabaseOptions database = new DatabaseOptions();

    @Option(names = "--pgdata", paramLabel = "DIR", description = "data directory of the server; default is PGDATA")
    private @Nullable Path pgdata;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Unix socket for CNPG-I calls; default is /plugins/PLUGIN_NAME")
    private @Nullable Path socket;

    @Option(
            names = "--spool",
            paramLabel = "DIR",
            description = "directory for the journal and prefetched files; default is SPOOL_DIRECTORY")
    private @Nullable Path spool;

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT|off",
            description = "where metrics, probes and the status page are served; default is 0.0.0.0:MANAGEMENT_PORT")
    private @Nullable String http;

    @Option(
            names = "--plugin-name",
            paramLabel = "NAME",
            description = "what the Cluster calls us; default is PLUGIN_NAME")
    private @Nullable String pluginName;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "memory for WAL and base backups in flight; default 64MiB")
    private @Nullable String memory;

    @Option(
            names = "--drain-seconds",
            paramLabel = "N",
            description = "how long calls may go on after SIGTERM; default ${DEFAULT-VALUE}")
    private int drainSeconds = InstanceSettings.DEFAULT_DRAIN_SECONDS;

    /** Of the {@code additionalContainerArgs} of a manifest that was written for another plugin. */
    @Unmatched
    private List<String> unknown = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        log.apply(System.getenv());
        Problems problems = new Problems();
        DatabaseAddress address = database.written(problems);
        problems.throwIfAny();
        InstanceSettings settings = InstanceSettings.of(
                new InstanceSettings.Written(
                        Optional.ofNullable(pgdata),
                        Optional.ofNullable(socket),
                        Optional.ofNullable(spool),
                        Optional.ofNullable(http),
                        Optional.ofNullable(pluginName),
                        Optional.ofNullable(memory),
                        drainSeconds,
                        address),
                System.getenv());
        warnAbout(unknown);
        try {
            Instance.runUntilSignalled(settings);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.OTHER, "cannot serve: " + e.getMessage());
        }
        return ExitCode.DONE;
    }

    static void warnAbout(List<String> unknown) {
        if (!unknown.isEmpty()) {
            LoggerFactory.getLogger(InstanceCommand.class)
                    .warn(
                            "arguments without a meaning here are passed over, see additionalContainerArgs of the"
                                    + " ObjectStore: {}",
                            String.join(" ", unknown));
        }
    }
}
