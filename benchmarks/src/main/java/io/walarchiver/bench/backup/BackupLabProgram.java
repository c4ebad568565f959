package io.walarchiver.bench.backup;

import io.walarchiver.bench.postgres.PostgresBinaries;
import io.walarchiver.bench.process.CommandCost;
import io.walarchiver.bench.process.ProcessNamespace;
import io.walarchiver.bench.process.WorkDirectory;
import io.walarchiver.bench.s3.S3ServerProcess;
import io.walarchiver.bench.s3.ServerCertificate;
import io.walarchiver.bench.s3.SinkStatistics;
import io.walarchiver.bench.service.Distribution;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the part of the lab that measures base backups. */
@Command(
        name = "backups",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Backs up one data directory with every tool and every compression, in turns, restores each backup,"
                        + " compares the files, and prints medians, ranges and the budgets.")
public final class BackupLabProgram implements Callable<Integer> {

    /** So many times the data must fit on the disk for restored files to stay. */
    private static final int SPARE = 4;

    private static final Duration LIMIT = Duration.ofHours(2);

    @Option(
            names = "--size",
            defaultValue = "1g",
            description = "Size of the database, as 500m or 10g (${DEFAULT-VALUE}).")
    private String size = "";

    @Option(names = "--rounds", defaultValue = "3", description = "Rounds (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--compression",
            split = ",",
            defaultValue = "gzip,zstd",
            description =
                    "Which compressions: none, gzip, snappy, lz4, zstd (${DEFAULT-VALUE}). Who does not know one is"
                            + " left out there.")
    private List<String> compressions = List.of();

    @Option(
            names = "--jobs",
            defaultValue = "2",
            description = "Parts, archives or processes at once, in each tool's own sense (${DEFAULT-VALUE}).")
    private int jobs;

    @Option(names = "--plain", description = "Plain HTTP instead of TLS; leaves pgBackRest out.")
    private boolean plain;

    @Option(names = "--no-peers", description = "Leave other tools out even where they are installed.")
    private boolean noPeers;

    @Option(
            names = "--postgres",
            paramLabel = "DIR",
            description = "The server to back up (the directory above bin) instead of the one that comes with this"
                    + " module, for peers that do not know its version.")
    private @Nullable Path postgres;

    @Option(
            names = "--distribution",
            paramLabel = "DIR",
            description = "The distribution to use; default: the one built here.")
    private @Nullable Path distribution;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures there.")
    private @Nullable Path json;

    @Override
    public Integer call() throws IOException, SQLException {
        long bytes = bytes(size);
        Path work = WorkDirectory.forOneRun("lab-backups");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteQuietly(work), "cleanup"));
        PostgresBinaries binaries =
                postgres == null ? PostgresBinaries.unpack(WorkDirectory.cache()) : new PostgresBinaries(postgres);
        Optional<ServerCertificate> certificate =
                plain ? Optional.empty() : Optional.of(ServerCertificate.create(work));
        System.err.println("making a database of " + size);
        try (DataSet data = DataSet.create(binaries, work, bytes);
                S3ServerProcess server = S3ServerProcess.sinkOnDisk(work, certificate)) {
            measure(work, data, server);
        }
        return 0;
    }

    /** A number with an optional k, m, g or t. */
    static long bytes(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        int unit = "kmgt".indexOf(lower.charAt(lower.length() - 1));
        return unit < 0
                ? Long.parseLong(lower)
                : Long.parseLong(lower.substring(0, lower.length() - 1)) << 10 * (unit + 1);
    }

    private void measure(Path work, DataSet data, S3ServerProcess server) throws IOException {
        Tools tools = new Tools(data, server, jobs, compressions);
        tools.addOurs(Distribution.find(Optional.ofNullable(distribution)));
        List<String> left = new ArrayList<>();
        if (noPeers) {
            left.add("pgBackRest, barman-cloud: left out by --no-peers");
        } else {
            tools.findBarman();
            tools.findPgBackRest();
        }
        BackupResults results = new BackupResults();
        for (int round = 0; round < rounds; round++) {
            // Everybody goes first once, so that a machine that slows down or speeds up favours nobody.
            List<BackupTool> order = new ArrayList<>(tools.present());
            Collections.rotate(order, -round);
            for (BackupTool tool : order) {
                System.err.println("round " + (round + 1) + ": " + tool.name() + ", " + tool.compression());
                run(work, data, server, tools, tool, round).ifPresent(measured -> results.add(tool, measured));
            }
        }
        left.addAll(tools.skipped());
        BackupReport report =
                new BackupReport(results, BackupBudget.of(results, compressions), circumstances(data, left));
        report.print(System.out);
        if (json != null) {
            report.write(json);
        }
    }

    private Optional<BackupRound> run(
            Path work, DataSet data, S3ServerProcess server, Tools tools, BackupTool tool, int round)
            throws IOException {
        Path home = Files.createTempDirectory(work, "run-");
        String run = (tool.name() + "-" + tool.compression() + "-" + round).replaceAll("[^A-Za-z0-9.-]", "-");
        BackupTool.Repository repository;
        try {
            repository = tool.open(home, run);
        } catch (IOException e) {
            tools.drop(tool, String.valueOf(e.getMessage()).strip());
            return Optional.empty();
        }
        try {
            return Optional.of(round(home, data, server, tool, repository));
        } catch (IOException e) {
            if (tool instanceof Ours) {
                throw e;
            }
            // One tool less is better than no figures at all.
            tools.drop(tool, String.valueOf(e.getMessage()).strip());
            return Optional.empty();
        } finally {
            server.forget(repository.prefix());
            // Deleted at the end as long as there is room: for a while after files were deleted, ext4 makes new ones
            // slowly,
            // which would be counted as the next restore's.
            if (Files.getFileStore(home).getUsableSpace() < SPARE * data.bytes()) {
                WorkDirectory.delete(home);
            }
        }
    }

    private static BackupRound round(
            Path home, DataSet data, S3ServerProcess server, BackupTool tool, BackupTool.Repository repository)
            throws IOException {
        haveMemory(home, data.bytes());
        SinkStatistics before = server.statistics();
        CommandCost backup = CommandCost.of(
                tool.name(), repository.backup(), repository.environment(), home, home.resolve("backup.log"), LIMIT);
        SinkStatistics sent = server.statistics().since(before);
        repository.settle(backup.output());
        Path destination = home.resolve("restored");
        List<String> command = repository.restore(destination);
        haveMemory(home, data.bytes());
        before = server.statistics();
        CommandCost restore = CommandCost.of(
                tool.name(), command, repository.environment(), home, home.resolve("restore.log"), LIMIT);
        SinkStatistics asked = server.statistics().since(before);
        RestoredFiles.verify(tool.name(), data.path(), destination);
        return new BackupRound(data.bytes(), backup, sent, restore, asked);
    }

    /**
     * Has the system find the memory for what will be written next. In a virtual machine, pages that were never used cost
     * several times as much as others, and who gets which is chance.
     */
    private static void haveMemory(Path home, long bytes) throws IOException {
        Path file = home.resolve("pages");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
            for (long written = 0; written < bytes; written += zeros.capacity()) {
                int unused = channel.write(zeros.clear());
            }
        } finally {
            Files.delete(file);
        }
    }

    private Map<String, Object> circumstances(DataSet data, List<String> skipped) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("server", "sink" + (plain ? ", plain HTTP" : ", TLS") + ", on loopback");
        map.put("processors", Runtime.getRuntime().availableProcessors());
        map.put("java", System.getProperty("java.vm.version"));
        map.put("data", (data.bytes() >> 20) + " MiB in " + data.files() + " files");
        map.put("rounds", rounds);
        map.put("jobs", jobs);
        map.put("skipped", skipped);
        map.put(
                "CPU of detached processes",
                ProcessNamespace.isAllowed() ? "counted" : "not counted: unshare is not allowed");
        return map;
    }

    private static void deleteQuietly(Path directory) {
        try {
            WorkDirectory.delete(directory);
        } catch (IOException e) {
            System.err.println("cannot delete " + directory + ": " + e.getMessage());
        }
    }
}
