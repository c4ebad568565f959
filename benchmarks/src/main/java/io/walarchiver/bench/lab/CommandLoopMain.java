package io.walarchiver.bench.lab;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * PostgreSQL's loop around {@code archive_command} and {@code restore_command}, in a process of its own so that all the
 * processes a command leaves behind are below it. Runs as the first process of a process namespace where possible:
 * detached workers are then still its children, and their cost is not lost.
 *
 * <p>Arguments: the discipline, the data directory, a directory for replayed segments, the command with {@code %f} and
 * {@code %p}, the names of the segments. Prints {@code latency NANOS} per segment, {@code wall NANOS}, and, when nothing
 * runs any more, {@code done}; ends with its input.
 */
public final class CommandLoopMain {

    private static final int ATTEMPTS = 600;

    private CommandLoopMain() {}

    public static void main(String[] args) throws Exception {
        Discipline discipline = Discipline.valueOf(args[0]);
        FakeDataDirectory data = new FakeDataDirectory(Path.of(args[1]));
        Path replayed = Path.of(args[2]);
        String command = args[3];
        List<String> names = List.of(args).subList(4, args.length);
        System.out.println("ready");
        int go = System.in.read();
        long start = System.nanoTime();
        if (discipline == Discipline.PUSH_BURST) {
            data.markReady(names.stream().map(Path::of).toList());
        }
        for (String name : names) {
            String path = discipline.isPush() ? "pg_wal/" + name : "pg_wal/RECOVERYXLOG";
            if (discipline == Discipline.PUSH_LONE) {
                data.markReady(List.of(Path.of(name)));
            }
            long asked = System.nanoTime();
            repeat(command.replace("%f", name).replace("%p", data.path() + "/" + path), data.path());
            System.out.println("latency " + (System.nanoTime() - asked));
            if (discipline.isPush()) {
                data.markDone(name);
            } else {
                Files.move(data.wal("RECOVERYXLOG"), replayed.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            }
            Arena.pause(discipline.pause());
        }
        System.out.println("wall " + (System.nanoTime() - start));
        awaitQuiet();
        System.out.println("done");
        while (go >= 0) {
            go = System.in.read();
        }
    }

    private static void repeat(String command, Path directory) throws IOException, InterruptedException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Process process = new ProcessBuilder("/bin/sh", "-c", command)
                    .directory(directory.toFile())
                    .inheritIO()
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            if (process.waitFor() == 0) {
                return;
            }
            // As PostgreSQL does, but not a whole second.
            Thread.sleep(100);
        }
        throw new IOException("the command fails for ever: " + command);
    }

    /** Waits until this process has no living children; the dead ones stay to be counted. */
    private static void awaitQuiet() throws IOException, InterruptedException {
        while (!livingChildren().isEmpty()) {
            Thread.sleep(20);
        }
    }

    private static List<Long> livingChildren() throws IOException {
        List<Long> living = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String stat = Files.readString(process.resolve("stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    boolean child = fields[1].equals(
                            Long.toString(ProcessHandle.current().pid()));
                    if (child && !fields[0].equals("Z")) {
                        living.add(Long.parseLong(process.getFileName().toString()));
                    }
                } catch (IOException gone) {
                    // No child of ours: those stay until we end.
                }
            }
        }
        return living;
    }
}
