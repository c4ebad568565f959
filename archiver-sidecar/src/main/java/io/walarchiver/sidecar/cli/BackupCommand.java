package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.base.ChecksumPolicy;
import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.backup.catalog.BackupInfoFormat;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.assembly.OneBackup;
import io.walarchiver.sidecar.progress.Progress;
import io.walarchiver.sidecar.progress.ProgressDisplay;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.sidecar.settings.DatabaseAddress;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.ServeSettings;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver backup}. */
@Command(
        name = "backup",
        description =
                "Takes a base backup of a running server into the archive. What is not said here is as the ObjectStore"
                        + " says.")
final class BackupCommand implements Callable<Integer> {

    private static final int MOST_JOBS = 64;

    /** What to do about damaged pages. */
    enum Checksums {
        ignore,
        warn,
        fail
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    // Not -h, which is the host here as for barman-cloud-backup.
    @Option(names = "--help", usageHelp = true, description = "show this help message and exit")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "print version information and exit")
    private boolean version;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Mixin
    private TarOptions tar = new TarOptions();

    @Mixin
    private LogOptions log = new LogOptions();

    @Option(names = "--pgdata", required = true, paramLabel = "DIR", description = "data directory of the server")
    private Path pgdata = Path.of("");

    @Option(
            names = {"-h", "--host"},
            paramLabel = "HOST|DIR",
            description =
                    "host of the server, or directory of its Unix socket; default is PGHOST, or else the socket the"
                            + " running server names in its data directory")
    private @Nullable String host;

    @Option(
            names = {"-p", "--port"},
            paramLabel = "PORT",
            description = "port of the server; default is PGPORT, or else the one the running server names")
    private @Nullable Integer port;

    @Option(
            names = {"-U", "--user"},
            paramLabel = "NAME",
            description = "whom to connect as; default is PGUSER, or else postgres")
    private @Nullable String user;

    @Option(
            names = {"-d", "--dbname"},
            paramLabel = "NAME",
            description = "database to connect to; default is PGDATABASE, or else postgres")
    private @Nullable String database;

    @Option(
            names = {"-n", "--name"},
            paramLabel = "NAME",
            description = "a name by which other commands find the backup, besides its id")
    private @Nullable String name;

    @Option(
            names = "--immediate-checkpoint",
            description = "begin with a checkpoint at once, instead of one that is spread over minutes")
    private boolean immediateCheckpoint;

    @Option(
            names = "--checksums",
            paramLabel = "POLICY",
            description = "what to do about pages with a wrong checksum: ${COMPLETION-CANDIDATES}; default"
                    + " ${DEFAULT-VALUE}. Failing reads everything first, so that all of them are told")
    private Checksums checksums = Checksums.warn;

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
        Optional<OneBackup.Order> order = order(problems);
        StoreConfiguration store = archive.read(problems);
        CompletedBackup done = take(store, order.orElseThrow(), terminal);
        report(done);
        return ExitCode.DONE;
    }

    private Optional<OneBackup.Order> order(Problems problems) {
        Path directory = pgdata.toAbsolutePath().normalize();
        if (!Files.isReadable(directory.resolve("global/pg_control"))) {
            problems.add(
                    "--pgdata: " + directory + " is not a data directory, or not readable for this user; run this as"
                            + " the user that owns the data directory of the server");
        }
        Optional<String> asked = Optional.ofNullable(name);
        asked.flatMap(BackupInfoFormat::problemWithName).ifPresent(problem -> problems.add("--name: " + problem));
        DatabaseAddress said = DatabaseOptions.address(host, port, user, database, problems);
        Optional<DatabaseAddress> address = problems.check("--port", () -> said.orElse(System.getenv()));
        Optional<ByteSize> budget = problems.check("--memory", () -> ByteSize.parse(memory));
        OptionalInt jobs = tar.jobs(problems, MOST_JOBS);
        OptionalLong maxArchive = tar.maxArchive(problems);
        OptionalLong minPart = tar.minPart(problems);
        OptionalLong bandwidth = tar.bandwidth(problems);
        return address.flatMap(reachable -> budget.map(size -> new OneBackup.Order(
                directory,
                reachable,
                asked,
                immediateCheckpoint ? Optional.of(true) : Optional.empty(),
                jobs,
                maxArchive,
                minPart,
                bandwidth,
                tar.compression(problems),
                ChecksumPolicy.valueOf(checksums.name().toUpperCase(Locale.ROOT)),
                size)));
    }

    private CompletedBackup take(StoreConfiguration store, OneBackup.Order order, boolean terminal) {
        AtomicReference<@Nullable Progress> last = new AtomicReference<>();
        try (ProgressDisplay display =
                ProgressDisplay.start(spec.commandLine().getErr(), terminal, () -> Optional.ofNullable(last.get()))) {
            return OneBackup.take(store, archive.server, order, last::set);
        }
    }

    private void report(CompletedBackup done) throws JsonProcessingException {
        PrintWriter out = spec.commandLine().getOut();
        if (format == OutputFormat.json) {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("backupId", done.id().value());
            done.name().ifPresent(text -> values.put("backupName", text));
            values.put("startedAt", done.startedAt().toString());
            values.put("stoppedAt", done.stoppedAt().toString());
            values.put("beginWal", done.beginWal().toString());
            values.put("endWal", done.endWal().toString());
            values.put("beginLsn", done.beginLsn().toString());
            values.put("endLsn", done.endLsn().toString());
            values.put("timeline", Integer.toUnsignedLong(done.timeline().id()));
            values.put("fromStandby", done.fromStandby());
            values.put("files", done.files());
            values.put("bytes", done.bytesRead());
            values.put("storedBytes", done.bytesStored());
            values.put("damagedPages", done.damagedPages());
            values.put("seconds", done.duration().toMillis() / 1000.0);
            out.println(new ObjectMapper().writeValueAsString(values));
        } else {
            out.println("Backup " + done.id()
                    + done.name().map(text -> " (" + text + ")").orElse("")
                    + " is in the archive: " + Progress.amount(done.bytesRead()) + " in "
                    + Progress.amount(done.bytesStored()) + ", " + Progress.time(done.duration()) + ", WAL "
                    + done.beginWal() + " to " + done.endWal() + ".");
            if (done.damagedPages() > 0) {
                out.println(
                        done.damagedPages() + " pages have a wrong checksum: the server's files are damaged. Keep the"
                                + " backups from before, and look for the cause.");
            }
        }
        out.flush();
    }
}
