package io.walarchiver.bench.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a process has used so far, as the kernel counts it (proc(5)).
 *
 * @param own             user and system time of the process itself, all its threads; in steps of 10 ms
 * @param waitedChildren  the same of its ended and waited-for descendants
 * @param residentBytes   resident set now
 * @param peakBytes       largest resident set so far
 * @param proportionalBytes resident set with shared pages divided among their users (PSS); 0 when not readable
 */
public record ProcessUsage(
        Duration own, Duration waitedChildren, long residentBytes, long peakBytes, long proportionalBytes) {

    /** USER_HZ: fixed to 100 for user space on every Linux architecture the JDK runs on. */
    private static final long MILLIS_PER_TICK = 10;

    /** The usage of a living process; empty when it is gone. */
    public static Optional<ProcessUsage> of(long pid) {
        Path proc = Path.of("/proc", Long.toString(pid));
        try {
            String[] stat = statFields(proc);
            String status = Files.readString(proc.resolve("status"), StandardCharsets.ISO_8859_1);
            return Optional.of(new ProcessUsage(
                    ticks(stat, 14).plus(ticks(stat, 15)),
                    ticks(stat, 16).plus(ticks(stat, 17)),
                    kibibytes(status, "VmRSS:"),
                    kibibytes(status, "VmHWM:"),
                    proportional(proc)));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /** Its resident set with shared pages divided among their users; 0 when it is gone or not ours to read. */
    public static long proportionalOf(long pid) {
        return proportional(Path.of("/proc", Long.toString(pid)));
    }

    /** CPU time of the process and of its ended descendants; zero when it is gone. */
    public static Duration cpuOf(long pid) {
        try {
            String[] stat = statFields(Path.of("/proc", Long.toString(pid)));
            return ticks(stat, 14).plus(ticks(stat, 15)).plus(ticks(stat, 16)).plus(ticks(stat, 17));
        } catch (IOException gone) {
            return Duration.ZERO;
        }
    }

    /** CPU time of the process, of its ended descendants, and of every descendant that still exists. */
    public static Duration treeCpuOf(long pid) {
        return ProcessHandle.of(pid)
                .map(handle ->
                        handle.descendants().map(child -> cpuOf(child.pid())).reduce(cpuOf(pid), Duration::plus))
                .orElse(Duration.ZERO);
    }

    /** CPU time of everything below a process: its ended descendants and those that still exist, not itself. */
    public static Duration belowCpuOf(long pid) {
        Duration waited = of(pid).map(ProcessUsage::waitedChildren).orElse(Duration.ZERO);
        return ProcessHandle.of(pid)
                .map(handle ->
                        handle.descendants().map(child -> cpuOf(child.pid())).reduce(waited, Duration::plus))
                .orElse(waited);
    }

    /** Forgets the peak of the resident set, so that the next reading is the peak from now on. */
    public static void resetPeak(long pid) throws IOException {
        Files.writeString(Path.of("/proc", Long.toString(pid), "clear_refs"), "5");
    }

    /** Own and waited-for children's CPU time. */
    public Duration total() {
        return own.plus(waitedChildren);
    }

    /** The fields of stat, numbered from 1 as in the manual; the command name may hold spaces and parentheses. */
    private static String[] statFields(Path proc) throws IOException {
        String line = Files.readString(proc.resolve("stat"), StandardCharsets.ISO_8859_1);
        return line.substring(line.lastIndexOf(')') + 2).trim().split(" ");
    }

    private static Duration ticks(String[] afterName, int field) {
        // Field 3 is the first one behind the command name.
        return Duration.ofMillis(Long.parseLong(afterName[field - 3]) * MILLIS_PER_TICK);
    }

    private static long proportional(Path proc) {
        try {
            return kibibytes(Files.readString(proc.resolve("smaps_rollup"), StandardCharsets.ISO_8859_1), "Pss:");
        } catch (IOException forbiddenOrGone) {
            return 0;
        }
    }

    private static long kibibytes(String text, String label) {
        for (String line : text.split("\n")) {
            if (line.startsWith(label)) {
                String[] words = line.substring(label.length()).trim().split("\\s+");
                return Long.parseLong(words[0]) * 1024;
            }
        }
        return 0;
    }
}
