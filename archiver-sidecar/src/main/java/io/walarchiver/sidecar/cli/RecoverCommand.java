package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.backup.recovery.BackupRestoreObserver;
import io.walarchiver.backup.recovery.BackupRestoreSettings;
import io.walarchiver.backup.recovery.RecoveryConfiguration;
import io.walarchiver.backup.recovery.RecoveryTarget;
import io.walarchiver.backup.recovery.RestoreDestination;
import io.walarchiver.backup.recovery.RestoreProgress;
import io.walarchiver.backup.recovery.RestoredBackup;
import io.walarchiver.backup.recovery.TablespaceMapping;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.assembly.RecoverRun;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.sidecar.progress.ProgressDisplay;
import io.walarchiver.sidecar.recovery.ConfiguredPlaces;
import io.walarchiver.sidecar.recovery.RestoreCommand;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.ServeSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver recover}. */
@Command(
        name = "recover",
        description =
                "Brings a base backup back into an empty directory, and makes the server recover to a target when it is"
                        + " started there.",
        mixinStandardHelpOptions = true)
final class RecoverCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(RecoverCommand.class);

    /** PostgreSQL's words. */
    enum Action {
        promote,
        pause,
        shutdown
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Mixin
    private TargetOptions target = new TargetOptions();

    @Mixin
    private LogOptions log = new LogOptions();

    @Option(
            names = "--pgdata",
            required = true,
            paramLabel = "DIR",
            description = "data directory to make; missing, empty, or left unfinished by the same command")
    private Path pgdata = Path.of("");

    @Option(
            names = "--target-action",
            paramLabel = "ACTION",
            description = "what the server does at the target: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}, as"
                    + " PostgreSQL's own. At the end of the archive it is promoted in any case")
    private Action action = Action.pause;

    @Option(
            names = "--tablespace",
            paramLabel = "NAME:LOCATION",
            description = "put a tablespace elsewhere than it was; may be repeated")
    private List<String> tablespaces = new ArrayList<>();

    @Option(
            names = "--wal-dir",
            paramLabel = "DIR",
            description = "keep WAL on another volume: pg_wal becomes a link to DIR/pg_wal")
    private @Nullable Path walDirectory;

    @Option(
            names = "--resume",
            description = "go on with the backup an earlier run has begun with, also when a newer one would do by now")
    private boolean resume;

    @Option(
            names = "--no-config",
            description = "write neither recovery settings nor recovery.signal; somebody else will")
    private boolean noConfig;

    @Option(
            names = "--api-socket",
            paramLabel = "PATH",
            description = "let the server get its WAL from a running service, which fetches ahead: the HTTP socket of"
                    + " \"wal-archiver serve --pgdata DIR\". Default is this program, started for each file")
    private @Nullable Path apiSocket;

    @Option(
            names = {"-J", "--jobs"},
            paramLabel = "N",
            description = "how many archives are unpacked at once; default ${DEFAULT-VALUE}")
    private int jobs = BackupRestoreSettings.DEFAULT_JOBS;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "memory for data in flight; default ${DEFAULT-VALUE}")
    private String memory = ServeSettings.DEFAULT_MEMORY;

    @Option(names = "-o", paramLabel = "FORMAT", description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private OutputFormat format = OutputFormat.table;

    @Override
    public Integer call() throws JsonProcessingException {
        boolean terminal = ProgressDisplay.isTerminal(System.getenv());
        log.applyFor(terminal);
        Problems problems = new Problems();
        Optional<RecoveryTarget> wanted = target.read(problems);
        Optional<ByteSize> budget = problems.check("--memory", () -> ByteSize.parse(memory));
        Optional<RestoreDestination> destination = problems.check("--tablespace", this::destination);
        Optional<String> command = noConfig ? Optional.empty() : problems.check("--api-socket", this::restoreCommand);
        if (jobs < 1) {
            problems.add("--jobs: at least 1, not " + jobs);
        }
        StoreConfiguration store = archive.read(problems);
        RecoverRun.Order order = new RecoverRun.Order(
                wanted.orElseThrow(), destination.orElseThrow(), jobs, budget.orElseThrow(), resume);
        RestoredBackup restored = run(store, order, terminal);
        command.ifPresent(text -> configure(restored, text, order.target()));
        report(restored, order.target(), command.isPresent());
        return ExitCode.DONE;
    }

    private RestoredBackup run(StoreConfiguration store, RecoverRun.Order order, boolean terminal) {
        AtomicReference<@Nullable RestoreProgress> last = new AtomicReference<>();
        BackupRestoreObserver observer = new BackupRestoreObserver() {
            @Override
            public void started(BackupId backup, boolean resumed, RestoreProgress progress) {
                last.set(progress);
                LOG.atInfo()
                        .addKeyValue("backup", backup.value())
                        .addKeyValue("bytes", progress.totalBytes())
                        .addKeyValue("done_bytes", progress.downloadedBytes())
                        .log(resumed ? "restoring, going on" : "restoring");
            }

            @Override
            public void progressed(RestoreProgress progress) {
                last.set(progress);
            }

            @Override
            public void warning(String text) {
                LOG.warn("{}", text);
            }
        };
        try (ProgressDisplay display = ProgressDisplay.start(
                spec.commandLine().getErr(),
                terminal,
                () -> Optional.ofNullable(last.get()).map(RecoverCommand::progress))) {
            return RecoverRun.run(store, archive.server, order, observer);
        }
    }

    private static Progress progress(RestoreProgress restore) {
        return new Progress(
                "restoring",
                restore.downloadedBytes(),
                restore.resumedBytes(),
                restore.totalBytes(),
                restore.elapsed());
    }

    private RestoreDestination destination() {
        Map<String, Path> places = new LinkedHashMap<>();
        for (String rule : tablespaces) {
            int colon = rule.indexOf(':');
            if (colon < 1 || !rule.substring(colon + 1).startsWith("/")) {
                throw new IllegalArgumentException(
                        "\"" + rule + "\" is not NAME:LOCATION with an absolute location, for example hot:/srv/hot");
            }
            places.put(rule.substring(0, colon), Path.of(rule.substring(colon + 1)));
        }
        RestoreDestination plain = RestoreDestination.of(pgdata.toAbsolutePath().normalize())
                .withTablespaces(TablespaceMapping.of(places));
        Path wal = walDirectory;
        return wal == null ? plain : plain.withWalVolume(wal.toAbsolutePath().normalize());
    }

    private String restoreCommand() {
        Path socket = apiSocket;
        if (socket != null) {
            try {
                return RestoreCommand.ofService(socket.toAbsolutePath().normalize());
            } catch (IllegalStateException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
        List<String> arguments = new ArrayList<>(
                List.of("--store", archive.store.toAbsolutePath().normalize().toString()));
        String name = archive.storeName;
        if (name != null) {
            arguments.addAll(List.of("--store-name", name));
        }
        arguments.addAll(List.of("--server", archive.server));
        return RestoreCommand.ofThisProgram(arguments);
    }

    private void configure(RestoredBackup restored, String command, RecoveryTarget wanted) {
        RecoveryConfiguration configuration = new RecoveryConfiguration(
                command,
                RecoveryConfiguration.Action.valueOf(action.name().toUpperCase(Locale.ROOT)),
                Optional.of(wanted));
        try {
            configuration.installIn(restored.dataDirectory());
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.OTHER,
                    "the backup is restored, but the recovery settings cannot be written to " + restored.dataDirectory()
                            + " (" + e.getClass().getSimpleName() + " " + e.getMessage() + "). Write them yourself:\n"
                            + configuration.text() + "and create recovery.signal");
        }
    }

    private void report(RestoredBackup restored, RecoveryTarget wanted, boolean configured)
            throws JsonProcessingException {
        PrintWriter out = spec.commandLine().getOut();
        Map<String, String> outside = outside(restored.dataDirectory());
        if (format == OutputFormat.json) {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("backupId", restored.backup().value());
            values.put("dataDirectory", restored.dataDirectory().toString());
            values.put("target", wanted.toString());
            values.put("configured", configured);
            values.put("outside", outside);
            values.put("resumed", restored.resumed());
            values.put("files", restored.progress().files());
            values.put("bytes", restored.progress().writtenBytes());
            values.put("storedBytes", restored.progress().totalBytes());
            values.put("seconds", restored.progress().elapsed().toMillis() / 1000.0);
            out.println(new ObjectMapper().writeValueAsString(values));
        } else {
            out.println("Backup " + restored.backup() + " is restored to " + restored.dataDirectory() + ", "
                    + Progress.amount(restored.progress().writtenBytes()) + " in "
                    + Progress.time(restored.progress().elapsed()) + ".");
            out.println(
                    configured
                            ? "Started there, the server recovers to " + wanted + ":\n  pg_ctl -D "
                                    + restored.dataDirectory() + " start" + hint(wanted)
                            : "Recovery settings and recovery.signal are left to you.");
            if (!outside.isEmpty()) {
                out.println("Correct first what postgresql.conf there says of the original, or its files are opened:");
                outside.forEach((name, place) -> out.println("  " + name + " = '" + place + "'"));
            }
        }
        out.flush();
    }

    private static Map<String, String> outside(Path dataDirectory) {
        try {
            return ConfiguredPlaces.outside(dataDirectory);
        } catch (IOException e) {
            LOG.warn("cannot read postgresql.conf in {}; see that it names no files of the original", dataDirectory, e);
            return Map.of();
        }
    }

    private String hint(RecoveryTarget wanted) {
        boolean pauses = action == Action.pause && !(wanted instanceof RecoveryTarget.Latest);
        return pauses ? "\nIt then waits, readable only. When it is what you want: SELECT pg_wal_replay_resume();" : "";
    }
}
