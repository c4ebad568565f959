package io.walarchiver.bench.process;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one run of a command cost, with everything it started.
 *
 * @param wall      from start to end
 * @param cpu       user and system time of all processes
 * @param peakBytes largest sum of the proportional sets (PSS) of all processes at one moment, looked at every
 *                  {@value #SAMPLE_MILLIS} ms
 * @param output    what it printed to either stream
 */
public record CommandCost(Duration wall, Duration cpu, long peakBytes, String output) {

    private static final int SAMPLE_MILLIS = 50;
    private static final Pattern READY = Pattern.compile("^ready$", Pattern.MULTILINE);
    private static final Pattern DONE = Pattern.compile("^done$", Pattern.MULTILINE);
    private static final Pattern WALL = Pattern.compile("^wall (\\d+)$", Pattern.MULTILINE);
    private static final Pattern CODE = Pattern.compile("^code (\\d+)$", Pattern.MULTILINE);

    /**
     * Runs a command to its end.
     *
     * @param name        for messages
     * @param environment added to ours
     * @param directory   working directory
     * @param log         receives its output; must not exist
     * @throws IOException when it fails, with what it printed
     */
    public static CommandCost of(
            String name,
            List<String> command,
            Map<String, String> environment,
            Path directory,
            Path log,
            Duration limit)
            throws IOException {
        boolean namespaced = ProcessNamespace.isAllowed();
        List<String> driven = ProcessNamespace.command(
                ChildProcess.java(
                        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx32m"),
                        OneCommandMain.class,
                        command),
                namespaced);
        AtomicLong peak = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        try (ChildProcess driver = ChildProcess.start(name, driven, environment, directory, log)) {
            Matcher unusedReady = driver.await(READY, limit);
            long pid = ProcessNamespace.programOf(driver, namespaced);
            Thread sampler = new Thread(() -> sample(pid, peak, over), "pss-of-" + name);
            sampler.setDaemon(true);
            sampler.start();
            driver.send("go");
            Matcher unusedDone = driver.await(DONE, limit);
            over.set(true);
            Duration cpu = ProcessUsage.belowCpuOf(pid);
            String output = driver.output();
            if (number(CODE, output) != 0) {
                throw new IOException(
                        String.join(" ", command) + " ended with code " + number(CODE, output) + ":\n" + output);
            }
            return new CommandCost(Duration.ofNanos(number(WALL, output)), cpu, peak.get(), output);
        } finally {
            over.set(true);
        }
    }

    private static long number(Pattern pattern, String output) throws IOException {
        Matcher matcher = pattern.matcher(output);
        if (!matcher.find()) {
            throw new IOException("the command did not tell its end:\n" + output);
        }
        return Long.parseLong(matcher.group(1));
    }

    private static void sample(long pid, AtomicLong peak, AtomicBoolean over) {
        while (!over.get()) {
            long now = ProcessHandle.of(pid).stream()
                    .flatMap(ProcessHandle::descendants)
                    .mapToLong(process -> ProcessUsage.proportionalOf(process.pid()))
                    .sum();
            long unused = peak.accumulateAndGet(now, Math::max);
            try {
                Thread.sleep(SAMPLE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
