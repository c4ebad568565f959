package io.walarchiver.bench.lab;

import io.walarchiver.bench.postgres.PostgresBinaries;
import io.walarchiver.bench.postgres.WalCorpus;
import io.walarchiver.bench.process.ProcessNamespace;
import io.walarchiver.bench.process.WorkDirectory;
import io.walarchiver.bench.s3.S3ServerProcess;
import io.walarchiver.bench.s3.ServerCertificate;
import io.walarchiver.bench.service.Distribution;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the lab. */
@Command(
        name = "lab",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Sends the same real WAL segments through the service, the simplest loop and other archivers, in"
                + " turns, and prints medians, ranges and the budgets.")
public final class LabProgram implements Callable<Integer> {

    @Option(names = "--segments", defaultValue = "12", description = "Segments per burst and round (${DEFAULT-VALUE}).")
    private int segments;

    @Option(names = "--lone", defaultValue = "4", description = "Lone segments per round (${DEFAULT-VALUE}).")
    private int lone;

    @Option(names = "--rounds", defaultValue = "3", description = "Rounds that count (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "2",
            description = "Rounds before that do not count, for resident processes only (${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(names = "--starts", defaultValue = "3", description = "Starts to measure (${DEFAULT-VALUE}).")
    private int starts;

    @Option(
            names = "--s3proxy",
            description = "Use S3Proxy instead of the sink: stricter, far slower, does not count requests.")
    private boolean s3Proxy;

    @Option(names = "--plain", description = "Plain HTTP instead of TLS.")
    private boolean plain;

    @Option(names = "--no-peers", description = "Leave other archivers out even where they are installed.")
    private boolean noPeers;

    @Option(names = "--floor-only", description = "Measure the simplest loop and the peers only, without the service.")
    private boolean floorOnly;

    @Option(
            names = "--postgres",
            paramLabel = "DIR",
            description = "Record WAL with this PostgreSQL (the directory above bin) instead of the one that comes with"
                    + " this module, for peers that do not know its version.")
    private @Nullable Path postgres;

    @Option(
            names = "--distribution",
            paramLabel = "DIR",
            description = "The service to use; default: the one built here.")
    private @Nullable Path distribution;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures there.")
    private @Nullable Path json;

    @Override
    public Integer call() throws IOException, SQLException {
        Path work = WorkDirectory.forOneRun("lab");
        Thread hook = new Thread(() -> deleteQuietly(work), "cleanup");
        Runtime.getRuntime().addShutdownHook(hook);
        PostgresBinaries binaries =
                postgres == null ? PostgresBinaries.unpack(WorkDirectory.cache()) : new PostgresBinaries(postgres);
        int needed = (segments + lone) * (rounds + warmUp);
        System.err.println("WAL: " + needed + " segments, recorded now unless kept from an earlier run");
        WalCorpus corpus = WalCorpus.recorded(binaries, needed);
        Optional<ServerCertificate> certificate =
                plain ? Optional.empty() : Optional.of(ServerCertificate.create(work));
        try (S3ServerProcess server =
                s3Proxy ? S3ServerProcess.s3Proxy(work, certificate) : S3ServerProcess.sink(work, certificate)) {
            measure(new Arena(work, corpus, server, !s3Proxy));
        }
        return 0;
    }

    private void measure(Arena arena) throws IOException {
        List<Contestant> contestants = new ArrayList<>();
        List<Service.Start> started = new ArrayList<>();
        try {
            contestants.add(Floor.start(arena, 1));
            contestants.add(Floor.start(arena, 2));
            List<String> skipped = new ArrayList<>();
            Optional<Service> service = Optional.empty();
            if (floorOnly) {
                skipped.add("wal-archiver: left out by --floor-only");
            } else {
                Distribution ours = Distribution.find(Optional.ofNullable(distribution));
                for (int i = 0; i < starts; i++) {
                    started.add(Service.measureStart(arena, ours));
                }
                Service own = Service.start(arena, ours);
                service = Optional.of(own);
                contestants.add(own);
            }
            if (noPeers) {
                skipped.add("pgBackRest, barman-cloud: left out by --no-peers");
            } else {
                Peers peers = Peers.find(arena);
                contestants.addAll(peers.present());
                skipped.addAll(peers.skipped());
            }
            Results results = new Results();
            for (int round = 0; round < rounds + warmUp; round++) {
                System.err.println(round < warmUp ? "warming up" : "round " + (round - warmUp + 1));
                round(arena, contestants, round, results);
            }
            Report report = new Report(results, started, circumstances(skipped, service));
            report.print(System.out);
            if (json != null) {
                report.write(json);
            }
        } finally {
            contestants.forEach(Contestant::close);
        }
    }

    private void round(Arena arena, List<Contestant> contestants, int round, Results results) throws IOException {
        int from = round * (segments + lone);
        List<Path> burst = arena.corpus().oltp().subList(from, from + segments);
        List<Path> single = arena.corpus().oltp().subList(from + segments, from + segments + lone);
        // To the end of what is archived by then: prefetch must not be charged for segments nobody asks for.
        List<Path> both = arena.corpus().oltp().subList(from, from + segments + lone);
        // Everybody goes first once, so that a machine that slows down or speeds up favours nobody.
        List<Contestant> order = new ArrayList<>(contestants);
        Collections.rotate(order, -round);
        for (Discipline discipline : Discipline.values()) {
            List<Path> chosen =
                    switch (discipline) {
                        case PUSH_BURST -> burst;
                        case PUSH_LONE -> single;
                        case FETCH, FETCH_REPLAY -> both;
                    };
            for (Contestant contestant : order) {
                if (contestant.knows(discipline) && (round >= warmUp || contestant.isResident())) {
                    Measurement measured = contestant.run(discipline, chosen);
                    if (round >= warmUp) {
                        results.add(discipline, contestant.name(), measured);
                    }
                }
            }
        }
    }

    private Map<String, Object> circumstances(List<String> skipped, Optional<Service> service) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("server", (s3Proxy ? "S3Proxy" : "sink") + (plain ? ", plain HTTP" : ", TLS") + ", on loopback");
        map.put("processors", Runtime.getRuntime().availableProcessors());
        map.put("java", System.getProperty("java.vm.version"));
        map.put(
                "segments",
                segments + " in a burst, " + lone + " alone, " + rounds + " rounds, " + warmUp + " before to warm up");
        map.put("skipped", skipped);
        map.put(
                "CPU of detached processes",
                ProcessNamespace.isAllowed() ? "counted" : "not counted: unshare is not allowed");
        service.flatMap(Service::metrics)
                .ifPresent(m -> map.put(
                        "answers inside the service",
                        "already stored p99 "
                                + m.percentileWhere(
                                        "wal_archiver_archive_answer_seconds", "from_journal=\"true\"", 0.99)));
        service.flatMap(Service::recoveryMetrics)
                .ifPresent(m -> map.put(
                        "deliveries inside the service",
                        "prefetched p99 "
                                + m.percentileWhere(
                                        "wal_archiver_restore_stage_seconds",
                                        "source=\"prefetched\",stage=\"total\"",
                                        0.99)));
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
