package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.assembly.Service;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.PluginName;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.ServeSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code wal-archiver serve}. */
@Command(
        name = "serve",
        description = "Serves one PostgreSQL server until SIGTERM: CNPG-I on a Unix socket, HTTP for "
                + "archive_command and restore_command on another, metrics and status on a TCP port.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Mixin
    private LogOptions log = new LogOptions();

    @Mixin
    private DatabaseOptions database = new DatabaseOptions();

    @Option(names = "--pgdata", required = true, paramLabel = "DIR", description = "data directory of the server")
    private Path pgdata = Path.of("");

    @Option(
            names = "--socket",
            required = true,
            paramLabel = "PATH",
            description = "Unix socket for CNPG-I calls; made at the start, a stale one is replaced")
    private Path socket = Path.of("");

    @Option(
            names = "--api-socket",
            paramLabel = "PATH|off",
            description = "Unix socket for archive_command and restore_command; default is PATH.http")
    private @Nullable String apiSocket;

    @Option(
            names = "--spool",
            paramLabel = "DIR",
            description = "directory for the journal and prefetched files, best on the file system of pg_wal; "
                    + "default is the data directory's name with .wal-archiver behind it")
    private @Nullable Path spool;

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT|off",
            description = "where metrics, probes and the status page are served; port 0 takes a free one; "
                    + "default ${DEFAULT-VALUE}")
    private String http = ServeSettings.DEFAULT_HTTP;

    @Option(
            names = "--plugin-name",
            paramLabel = "NAME",
            description = "what CloudNativePG calls this plugin; default ${DEFAULT-VALUE}")
    private String pluginName = PluginName.DEFAULT.value();

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "memory for WAL and base backups in flight; default ${DEFAULT-VALUE}, raised when one segment"
                    + " needs more")
    private String memory = ServeSettings.DEFAULT_MEMORY;

    @Option(
            names = "--drain-seconds",
            paramLabel = "N",
            description = "how long calls may go on after SIGTERM; default ${DEFAULT-VALUE}")
    private int drainSeconds = ServeSettings.DEFAULT_DRAIN_SECONDS;

    @Option(
            names = "--instance",
            paramLabel = "NAME",
            description = "name of this host, told with each backup; default is POD_NAME, or else the host's name")
    private @Nullable String instance;

    @Option(
            names = "--verify-every",
            paramLabel = "TIME",
            description = "read a part of the archive back each time this has passed, for example 7d; default is never")
    private @Nullable String verifyEvery;

    @Option(
            names = "--verify-rate",
            paramLabel = "SIZE",
            description = "the most that reading back takes in a second, for example 20MiB; default is no limit")
    private @Nullable String verifyRate;

    @Option(
            names = "--verify-sample",
            paramLabel = "PERCENT",
            description = "how much of the archive is read back each time; default ${DEFAULT-VALUE}")
    private int verifySample = ServeSettings.DEFAULT_SAMPLE_PERCENT;

    @Override
    public Integer call() throws InterruptedException {
        log.apply();
        Problems problems = new Problems();
        DatabaseAddress address = database.written(problems);
        problems.throwIfAny();
        ServeSettings settings = ServeSettings.of(new ServeSettings.Written(
                archive.store,
                Optional.ofNullable(archive.storeName),
                archive.server,
                pgdata,
                socket,
                Optional.ofNullable(apiSocket),
                Optional.ofNullable(spool),
                http,
                pluginName,
                memory,
                drainSeconds,
                Optional.ofNullable(instance),
                address,
                new ServeSettings.Verify(
                        Optional.ofNullable(verifyEvery), Optional.ofNullable(verifyRate), verifySample)));
        try {
            Service.runUntilSignalled(settings);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.OTHER, "cannot serve: " + e.getMessage());
        }
        return ExitCode.DONE;
    }
}
