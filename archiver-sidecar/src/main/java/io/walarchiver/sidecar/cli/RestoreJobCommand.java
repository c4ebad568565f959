package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.assembly.RestoreJob;
import io.walarchiver.sidecar.settings.PluginName;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.RestoreJobSettings;
import io.walarchiver.sidecar.settings.ServeSettings;
import io.walarchiver.sidecar.settings.StoreFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code wal-archiver restore-job}. */
@Command(
        name = "restore-job",
        description =
                "Serves a recovery job of CloudNativePG: restores the base backup its Cluster asks for, then WAL.",
        mixinStandardHelpOptions = true)
final class RestoreJobCommand implements Callable<Integer> {

    @Option(
            names = "--store",
            required = true,
            paramLabel = "FILE",
            description = "YAML file with the ObjectStores that the Cluster names, and their Secrets")
    private Path store = Path.of("");

    @Mixin
    private LogOptions log = new LogOptions();

    @Option(names = "--pgdata", required = true, paramLabel = "DIR", description = "data directory to make")
    private Path pgdata = Path.of("");

    @Option(names = "--socket", required = true, paramLabel = "PATH", description = "Unix socket for CNPG-I calls")
    private Path socket = Path.of("");

    @Option(names = "--spool", paramLabel = "DIR", description = "directory for prefetched files")
    private @Nullable Path spool;

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

    @Option(names = "--plugin-name", paramLabel = "NAME", description = "default ${DEFAULT-VALUE}")
    private String pluginName = PluginName.DEFAULT.value();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "memory for data in flight; default ${DEFAULT-VALUE}")
    private String memory = ServeSettings.DEFAULT_MEMORY;

    @Override
    public Integer call() throws InterruptedException {
        log.apply();
        Problems problems = new Problems();
        Optional<StoreFile> stores = StoreFile.read(store, problems);
        Optional<RestoreJobSettings> settings = RestoreJobSettings.of(
                new RestoreJobSettings.Written(
                        pgdata,
                        socket,
                        Optional.ofNullable(spool),
                        tablespaces,
                        walVolume,
                        pluginName,
                        Optional.empty(),
                        memory),
                problems);
        problems.throwIfAny();
        try {
            RestoreJob.runUntilSignalled(settings.orElseThrow(), stores.orElseThrow());
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.OTHER, "cannot serve: " + e.getMessage());
        }
        return ExitCode.DONE;
    }
}
