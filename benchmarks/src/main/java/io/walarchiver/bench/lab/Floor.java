package io.walarchiver.bench.lab;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.process.ProcessUsage;
import io.walarchiver.bench.s3.S3ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The simplest loop, {@link FloorMain}, in a process of its own under the service's JVM settings. */
final class Floor implements Contestant {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Arena arena;
    private final int workers;
    private final ChildProcess process;
    private int runs;

    private Floor(Arena arena, int workers, ChildProcess process) {
        this.arena = arena;
        this.workers = workers;
        this.process = process;
    }

    static Floor start(Arena arena, int workers) throws IOException {
        S3ServerProcess server = arena.server();
        Map<String, String> environment = new HashMap<>();
        environment.put(FloorMain.SECRET, server.credentials().secretAccessKey());
        environment.put("MALLOC_ARENA_MAX", "2");
        server.certificate()
                .ifPresent(c -> environment.put("SSL_CERT_FILE", c.pem().toString()));
        ChildProcess process = ChildProcess.start(
                "floor",
                ChildProcess.java(
                        List.of("-XX:+UseSerialGC", "-Xmx64m", "-XX:MaxDirectMemorySize=96m"),
                        FloorMain.class,
                        List.of(server.endpoint(), server.credentials().accessKeyId(), "floor-" + workers)),
                environment,
                arena.directory(),
                arena.directory().resolve("floor-" + workers + ".log"));
        Matcher unused = process.await(Pattern.compile("^ready$", Pattern.MULTILINE), LIMIT);
        return new Floor(arena, workers, process);
    }

    @Override
    public String name() {
        return workers == 1 ? "floor" : "floor, " + workers + " workers";
    }

    @Override
    public boolean isResident() {
        return true;
    }

    @Override
    public boolean knows(Discipline discipline) {
        return discipline == Discipline.PUSH_BURST || discipline == Discipline.PUSH_LONE && workers == 1;
    }

    @Override
    public Measurement run(Discipline discipline, List<Path> segments) throws IOException {
        FakeDataDirectory data = FakeDataDirectory.create(arena.newDirectory(), arena.corpus());
        data.place(segments);
        ProcessUsage.resetPeak(process.pid());
        Arena.Reading before = arena.read(process.pid());
        List<Duration> latencies = new ArrayList<>();
        long wall = 0;
        if (discipline == Discipline.PUSH_BURST) {
            wall = push(data, segments, latencies);
        } else {
            for (Path segment : segments) {
                wall += push(data, List.of(segment), latencies);
                Arena.pause(discipline.pause());
            }
        }
        Measurement measured =
                arena.measurement(before, process.pid(), segments.size(), Duration.ofNanos(wall), latencies);
        data.recycle(segments);
        return measured;
    }

    private long push(FakeDataDirectory data, List<Path> segments, List<Duration> latencies) throws IOException {
        int run = ++runs;
        StringBuilder line = new StringBuilder("push " + run + " " + workers);
        segments.forEach(s -> line.append(' ').append(data.wal(s.getFileName().toString())));
        process.send(line.toString());
        String[] answer = process.await(
                        Pattern.compile("^done " + run + " (\\d+(?: \\d+)*)$", Pattern.MULTILINE), LIMIT)
                .group(1)
                .split(" ");
        for (int i = 1; i < answer.length; i++) {
            latencies.add(Duration.ofNanos(Long.parseLong(answer[i])));
        }
        return Long.parseLong(answer[0]);
    }

    @Override
    public void close() {
        process.close();
    }
}
