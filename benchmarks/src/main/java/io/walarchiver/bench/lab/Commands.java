package io.walarchiver.bench.lab;

import io.walarchiver.bench.process.ChildProcess;
import io.walarchiver.bench.process.ProcessNamespace;
import io.walarchiver.bench.process.ProcessUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An archiver that is a command per segment. */
final class Commands implements Contestant {

    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Arena arena;
    private final Definition definition;
    private final boolean namespaced;

    /**
     * What is called.
     *
     * @param name        the name in tables
     * @param push        the archive command
     * @param fetch       the restore command
     * @param environment for both
     * @param data        the data directory both know
     */
    record Definition(
            String name, String push, String fetch, Map<String, String> environment, FakeDataDirectory data) {}

    Commands(Arena arena, Definition definition) {
        this.arena = arena;
        this.definition = definition;
        this.namespaced = ProcessNamespace.isAllowed();
    }

    @Override
    public String name() {
        return definition.name();
    }

    @Override
    public boolean isResident() {
        return false;
    }

    @Override
    public boolean knows(Discipline discipline) {
        return true;
    }

    @Override
    public Measurement run(Discipline discipline, List<Path> segments) throws IOException {
        FakeDataDirectory data = definition.data();
        if (discipline.isPush()) {
            data.place(segments);
        }
        Path run = arena.newDirectory();
        List<String> arguments = new ArrayList<>(List.of(
                discipline.name(),
                data.path().toString(),
                run.toString(),
                discipline.isPush() ? definition.push() : definition.fetch()));
        segments.forEach(segment -> arguments.add(segment.getFileName().toString()));
        List<String> command = ProcessNamespace.command(
                ChildProcess.java(
                        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), CommandLoopMain.class, arguments),
                namespaced);
        Path log = run.resolve("loop.log");
        Measurement measured;
        try (ChildProcess loop =
                ChildProcess.start(name(), command, definition.environment(), arena.directory(), log)) {
            Matcher unusedReady = loop.await(Pattern.compile("^ready$", Pattern.MULTILINE), LIMIT);
            long driver = ProcessNamespace.programOf(loop, namespaced);
            Arena.Reading before = arena.read(driver);
            loop.send("go");
            Matcher unusedDone = loop.await(Pattern.compile("^done$", Pattern.MULTILINE), LIMIT);
            Duration cpu = ProcessUsage.belowCpuOf(driver);
            measured = measured(loop.output(), segments.size(), cpu, before);
        }
        if (discipline.isPush()) {
            data.recycle(segments);
        } else {
            Fetched.verify(segments, run);
        }
        return measured;
    }

    private Measurement measured(String output, int segments, Duration cpu, Arena.Reading before) throws IOException {
        List<Duration> latencies = new ArrayList<>();
        Duration wall = Duration.ZERO;
        for (String line : output.split("\n")) {
            if (line.startsWith("latency ")) {
                latencies.add(Duration.ofNanos(Long.parseLong(line.substring("latency ".length()))));
            } else if (line.startsWith("wall ")) {
                wall = Duration.ofNanos(Long.parseLong(line.substring("wall ".length())));
            }
        }
        return new Measurement(segments, wall, cpu, latencies, 0, arena.since(before));
    }

    /** Nothing stays between runs. */
    @Override
    public void close() {
        // The loop has ended with its run.
    }
}
