package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.assembly.RestoreJob;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.HostPort;
import io.walarchiver.sidecar.settings.InstanceSettings;
import io.walarchiver.sidecar.settings.PluginName;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.RestoreJobSettings;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.StoreFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** {@code wal-archiver restore-job}. */
@Command(
        name = "restore-job",
        description =
                "Serves a recovery job of CloudNativePG: restores the base backup its Cluster asks for, then WAL.",
        mixinStandardHelpOptions = true)
final class RestoreJobCommand implements Callable<Integer> {

    @Option(
            names = "--store",
            paramLabel = "FILE",
            description = "YAML file with the ObjectStores that the Cluster names, and their Secrets; default is the"
                    + " Kubernetes API")
    private @Nullable Path store;

    @Mixin
    private LogOptions log = new LogOptions();

    @Option(names = "--pgdata", paramLabel = "DIR", description = "data directory to make; default is PGDATA")
    private @Nullable Path pgdata;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Unix socket for CNPG-I calls; default is /plugins/PLUGIN_NAME")
    private @Nullable Path socket;

    @Option(
            names = "--spool",
            paramLabel = "DIR",
            description = "directory for prefetched files; default is SPOOL_DIRECTORY, or with --store the data"
                    + " directory's name with .wal-archiver behind it")
    private @Nullable Path spool;

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT|off",
            description = "where metrics and probes are served; default is 0.0.0.0:MANAGEMENT_PORT, with --store off")
    private @Nullable String http;

    @Option(
            names = "--tablespaces",
            paramLabel = "DIR",
            description = "where each tablespace has a volume of its name; default ${DEFAULT-VALUE}")
    private Path tablespaces = Path.of(RestoreJobSettings.DEFAULT_TABLESPACES);

    @Option(
            names = "--wal-volume",
            paramLabel = "DIR",
            description = "the volume of pg_wal, used when the Cluster has one; default ${DEFAULT-VALUE}")
    private Path walVolume = Path.of(RestoreJobSettings.DEFAULT_WAL_VOLUME);

    @Option(
            names = "--plugin-name",
            paramLabel = "NAME",
            description = "what the Cluster calls us; default is PLUGIN_NAME, or else walarchiver.io")
    private @Nullable String pluginName;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "memory for data in flight; default ${DEFAULT-VALUE}")
    private String memory = ServeSettings.DEFAULT_MEMORY;

    /** Of the {@code additionalContainerArgs} of a manifest that was written for another plugin. */
    @Unmatched
    private List<String> unknown = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        log.apply(System.getenv());
        try {
            if (store == null) {
                RestoreJobSettings.OnKubernetes settings = onKubernetes();
                InstanceCommand.warnAbout(unknown);
                RestoreJob.runUntilSignalled(settings);
            } else {
                overFile(store);
            }
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.OTHER, "cannot serve: " + e.getMessage());
        }
        return ExitCode.DONE;
    }

    private RestoreJobSettings.OnKubernetes onKubernetes() {
        return RestoreJobSettings.of(
                new InstanceSettings.Written(
                        Optional.ofNullable(pgdata),
                        Optional.ofNullable(socket),
                        Optional.ofNullable(spool),
                        Optional.ofNullable(http),
                        Optional.ofNullable(pluginName),
                        Optional.of(memory),
                        0,
                        DatabaseAddress.UNSAID),
                tablespaces,
                walVolume,
                System.getenv());
    }

    private void overFile(Path file) throws IOException, InterruptedException {
        Problems problems = new Problems();
        unknown.forEach(argument -> problems.add("unknown argument: " + argument));
        if (pgdata == null) {
            problems.add("--pgdata: is missing; name the data directory to make");
        }
        if (socket == null) {
            problems.add("--socket: is missing; name the Unix socket for CNPG-I calls");
        }
        Optional<StoreFile> stores = StoreFile.read(file, problems);
        Optional<HostPort> address = http == null || http.equals(ServeSettings.OFF)
                ? Optional.empty()
                : problems.check("--http", () -> HostPort.parse(String.valueOf(http)));
        if (pgdata == null || socket == null) {
            problems.throwIfAny();
            return;
        }
        Optional<RestoreJobSettings> settings = RestoreJobSettings.of(
                new RestoreJobSettings.Written(
                        pgdata,
                        socket,
                        Optional.ofNullable(spool),
                        tablespaces,
                        walVolume,
                        Optional.ofNullable(pluginName).orElse(PluginName.DEFAULT.value()),
                        Optional.empty(),
                        memory),
                problems);
        problems.throwIfAny();
        RestoreJob.runUntilSignalled(settings.orElseThrow().withHttp(address), stores.orElseThrow());
    }
}
