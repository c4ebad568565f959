package io.walarchiver.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A process we started: known by its id, its output in a log file, ended with us at the latest.
 *
 * <p>Its standard input is a pipe that stays open as long as this JVM lives; programs of ours end when it closes, so
 * that nothing survives even a {@code kill -9} of the parent.
 */
public final class ChildProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String name;
    private final Path log;
    private final Process process;

    private ChildProcess(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
    }

    /**
     * Starts a program.
     *
     * @param name        for messages
     * @param command     program and arguments
     * @param environment added to ours
     * @param directory   its working directory
     * @param log         receives standard output and error, appended
     */
    public static ChildProcess start(
            String name, List<String> command, Map<String, String> environment, Path directory, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        return new ChildProcess(name, log, builder.start());
    }

    /** The command that runs a main class of our own class path in a JVM of its own. */
    public static List<String> java(List<String> jvmArguments, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArguments);
        // Named, because a logback-test.xml of a test jar would win otherwise.
        command.add("-Dlogback.configurationFile=logback.xml");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(arguments);
        return command;
    }

    /**
     * Runs a short program to its end.
     *
     * @return what it printed
     * @throws IOException when it fails, with what it printed
     */
    public static String run(List<String> command, Path directory) throws IOException {
        return run(command, Map.of(), directory);
    }

    /** As the other one, with {@code environment} added to ours. */
    public static String run(List<String> command, Map<String, String> environment, Path directory) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = uninterruptibly(process::waitFor);
        if (code != 0) {
            throw new IOException(String.join(" ", command) + " ended with code " + code + ":\n" + output);
        }
        return output;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What it has printed so far. */
    public String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a line to its standard input. */
    public void send(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /**
     * Waits until what it has printed matches, line by line.
     *
     * @throws IOException when it ends before, or the time is over; with what it printed
     */
    public Matcher await(Pattern pattern, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            boolean alive = process.isAlive();
            Matcher matcher = pattern.matcher(output());
            if (matcher.find()) {
                return matcher;
            }
            if (!alive || System.nanoTime() - deadline > 0) {
                requireAlive();
                throw new IOException(
                        name + " did not print " + pattern + " within " + limit.toSeconds() + " s:\n" + output());
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for " + name, e);
            }
        }
    }

    /** Waits for its end; true when it succeeded. */
    public boolean awaitSuccess() {
        return uninterruptibly(process::waitFor) == 0;
    }

    /** Fails with what it printed when it has ended. */
    public void requireAlive() throws IOException {
        if (!process.isAlive()) {
            throw new IOException(name + " ended with code " + process.exitValue() + ":\n" + output());
        }
    }

    /** {@code kill -9}; returns when it is gone. */
    public void kill() {
        process.destroyForcibly();
        uninterruptibly(process::waitFor);
    }

    /** Asks it to end, insists after ten seconds. */
    @Override
    public void close() {
        process.destroy();
        if (!uninterruptibly(() -> process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS))) {
            kill();
        }
    }

    private interface Wait<T> {
        T await() throws InterruptedException;
    }

    private static <T> T uninterruptibly(Wait<T> wait) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return wait.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
