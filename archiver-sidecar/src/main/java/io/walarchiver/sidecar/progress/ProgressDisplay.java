package io.walarchiver.sidecar.progress;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Timer;
import java.util.TimerTask;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows progress to whoever ran a command: one line that is drawn anew on a terminal, a log line from time to time
 * elsewhere. Uses no colours.
 */
public final class ProgressDisplay implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProgressDisplay.class);
    private static final Duration REDRAWN_EVERY = Duration.ofMillis(250);
    private static final Duration LOGGED_EVERY = Duration.ofSeconds(30);
    private static final int MAX_COLUMNS = 200;

    /** Carriage return, then "erase to the end of the line" (ECMA-48, EL). */
    private static final String CLEAR = "\r\u001b[K";

    private final Supplier<Optional<Progress>> source;
    private final PrintWriter terminal;
    private final boolean drawing;
    private final Timer timer = new Timer("progress", true);
    private boolean drawn;

    private ProgressDisplay(Supplier<Optional<Progress>> source, PrintWriter terminal, boolean drawing) {
        this.source = source;
        this.terminal = terminal;
        this.drawing = drawing;
    }

    /**
     * Begins to show.
     *
     * @param terminal where to draw
     * @param drawing  whether a person sees that; otherwise the log is used
     * @param source   asked each time; empty when there is nothing to show
     */
    public static ProgressDisplay start(PrintWriter terminal, boolean drawing, Supplier<Optional<Progress>> source) {
        ProgressDisplay display = new ProgressDisplay(source, terminal, drawing);
        long period = (drawing ? REDRAWN_EVERY : LOGGED_EVERY).toMillis();
        display.timer.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        display.show();
                    }
                },
                period,
                period);
        return display;
    }

    /** Whether standard error is a terminal that can redraw a line. */
    public static boolean isTerminal(Map<String, String> environment) {
        if ("dumb".equals(environment.get("TERM"))) {
            return false;
        }
        try {
            // Java's own question, System.console(), is about standard input and output, which are often redirected.
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException notTold) {
            return false;
        }
    }

    synchronized void show() {
        Optional<Progress> progress = source.get();
        if (progress.isEmpty()) {
            return;
        }
        String line = progress.get().line();
        if (!drawing) {
            LOG.info("{}", line);
            return;
        }
        terminal.print(CLEAR + (line.length() > MAX_COLUMNS ? line.substring(0, MAX_COLUMNS) : line));
        terminal.flush();
        drawn = true;
    }

    /** Stops, and takes the line away. */
    @Override
    public synchronized void close() {
        timer.cancel();
        if (drawn) {
            terminal.print(CLEAR);
            terminal.flush();
            drawn = false;
        }
    }
}
