package io.walarchiver.bench.lab;

import io.walarchiver.bench.process.ProcessUsage;
import io.walarchiver.bench.process.UnprivilegedUser;
import io.walarchiver.bench.service.ArchiverService;
import io.walarchiver.bench.service.Distribution;
import io.walarchiver.bench.service.Metrics;
import io.walarchiver.bench.service.PluginClient;
import io.walarchiver.bench.service.StoreFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ours: two processes of the service, one beside a server that archives and one beside a server that recovers, called
 * as CloudNativePG calls them. What the caller itself costs is not counted; on Kubernetes that is the instance manager.
 */
final class Service implements Contestant {

    private static final String SERVER_NAME = "lab";
    private static final Duration IDLE = Duration.ofSeconds(3);

    private final Arena arena;
    private final Side archiving;
    private final Side recovering;

    /** One process with its data directory. */
    private record Side(ArchiverService process, PluginClient client, FakeDataDirectory data) implements AutoCloseable {
        @Override
        public void close() {
            client.close();
            process.close();
        }
    }

    private Service(Arena arena, Side archiving, Side recovering) {
        this.arena = arena;
        this.archiving = archiving;
        this.recovering = recovering;
    }

    static Service start(Arena arena, Distribution distribution) throws IOException {
        Side archiving = side(arena, distribution);
        archiving.process().start();
        Side recovering = side(arena, distribution);
        recovering.process().start();
        return new Service(arena, archiving, recovering);
    }

    private static Side side(Arena arena, Distribution distribution) throws IOException {
        Path directory = arena.newDirectory();
        FakeDataDirectory data = FakeDataDirectory.create(directory.resolve("pgdata"), arena.corpus());
        Path socket = directory.resolve("archiver.sock");
        ArchiverService process = new ArchiverService(
                distribution,
                UnprivilegedUser.ourselves(),
                new ArchiverService.Settings(
                        StoreFile.write(directory.resolve("store.yaml"), arena.server()),
                        SERVER_NAME,
                        data.path(),
                        socket,
                        directory.resolve("service.log")));
        return new Side(process, new PluginClient(socket), data);
    }

    /** What one start costs. */
    record Start(Duration toFirstAnswer, long idleResidentBytes, long idleProportionalBytes) {}

    /** Starts a process of its own, asks, lets it rest, ends it. */
    static Start measureStart(Arena arena, Distribution distribution) throws IOException {
        try (Side side = side(arena, distribution)) {
            long start = System.nanoTime();
            side.process().launch();
            Path socket = side.data().path().resolveSibling("archiver.sock");
            while (!Files.exists(socket)) {
                side.process().requireAlive();
                Arena.pause(Duration.ofMillis(2));
            }
            side.client().askCapabilities();
            Duration toAnswer = Duration.ofNanos(System.nanoTime() - start);
            Arena.pause(IDLE);
            ProcessUsage usage = side.process().usage().orElseThrow(() -> new IOException("the service is gone"));
            return new Start(toAnswer, usage.residentBytes(), usage.proportionalBytes());
        }
    }

    /** What the archiving process says about itself. */
    Optional<Metrics> metrics() {
        return archiving.process().metrics();
    }

    /** What the recovering process says about itself. */
    Optional<Metrics> recoveryMetrics() {
        return recovering.process().metrics();
    }

    @Override
    public String name() {
        return "wal-archiver";
    }

    @Override
    public boolean isResident() {
        return true;
    }

    @Override
    public boolean knows(Discipline discipline) {
        return true;
    }

    @Override
    public Measurement run(Discipline discipline, List<Path> segments) throws IOException {
        return discipline.isPush() ? push(discipline, segments) : fetch(discipline, segments);
    }

    private Measurement push(Discipline discipline, List<Path> segments) throws IOException {
        FakeDataDirectory data = archiving.data();
        data.place(segments);
        long pid = archiving.process().pid();
        ProcessUsage.resetPeak(pid);
        Arena.Reading before = arena.read(pid);
        List<Duration> latencies = new ArrayList<>();
        long start = System.nanoTime();
        boolean burst = discipline == Discipline.PUSH_BURST;
        if (burst) {
            data.markReady(segments);
        }
        for (Path segment : segments) {
            String name = segment.getFileName().toString();
            if (!burst) {
                data.markReady(List.of(segment));
            }
            long asked = System.nanoTime();
            archiving.client().archive(data.wal(name));
            latencies.add(Duration.ofNanos(System.nanoTime() - asked));
            data.markDone(name);
            Arena.pause(discipline.pause());
        }
        Duration wall = Duration.ofNanos(System.nanoTime() - start);
        Measurement measured = arena.measurement(before, pid, segments.size(), wall, latencies);
        data.recycle(segments);
        return measured;
    }

    private Measurement fetch(Discipline discipline, List<Path> segments) throws IOException {
        FakeDataDirectory data = recovering.data();
        Path replayed = arena.newDirectory();
        long pid = recovering.process().pid();
        ProcessUsage.resetPeak(pid);
        Arena.Reading before = arena.read(pid);
        List<Duration> latencies = new ArrayList<>();
        long start = System.nanoTime();
        for (Path segment : segments) {
            String name = segment.getFileName().toString();
            Path destination = data.wal("RECOVERYXLOG");
            long asked = System.nanoTime();
            recovering.client().restore(name, destination);
            latencies.add(Duration.ofNanos(System.nanoTime() - asked));
            Files.move(destination, replayed.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            Arena.pause(discipline.pause());
        }
        Duration wall = Duration.ofNanos(System.nanoTime() - start);
        Measurement measured = arena.measurement(before, pid, segments.size(), wall, latencies);
        Fetched.verify(segments, replayed);
        return measured;
    }

    @Override
    public void close() {
        archiving.close();
        recovering.close();
    }
}
