package io.walarchiver.bench.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * What people see: steps with the time since the start, and below them one line of progress that is overwritten on a
 * terminal and repeated every few seconds elsewhere.
 */
final class Console {

    private static final Duration REPEAT = Duration.ofSeconds(5);
    private static final int WIDTH = 118;

    private final PrintStream out;
    private final boolean terminal;
    private final Instant start = Instant.now();
    private Instant lastProgress = Instant.EPOCH;
    private boolean progressShown;

    Console(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** A step; stays. */
    synchronized void step(String format, Object... values) {
        clearProgress();
        double seconds = Duration.between(start, Instant.now()).toMillis() / 1000.0;
        out.printf(Locale.ROOT, "[%5.1f s] %s%n", seconds, String.format(Locale.ROOT, format, values));
        out.flush();
    }

    /** A line below a step; stays. */
    synchronized void detail(String format, Object... values) {
        clearProgress();
        out.printf(Locale.ROOT, "          %s%n", String.format(Locale.ROOT, format, values));
        out.flush();
    }

    /** What is going on right now; replaced by the next. */
    synchronized void progress(String format, Object... values) {
        Instant now = Instant.now();
        if (!terminal && Duration.between(lastProgress, now).compareTo(REPEAT) < 0) {
            return;
        }
        lastProgress = now;
        String line = "          " + String.format(Locale.ROOT, format, values);
        if (terminal) {
            String cut = line.length() > WIDTH ? line.substring(0, WIDTH) : line;
            out.print("\r" + cut + " ".repeat(WIDTH - cut.length()));
            progressShown = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    private void clearProgress() {
        if (progressShown) {
            out.print("\r" + " ".repeat(WIDTH) + "\r");
            progressShown = false;
        }
    }
}
