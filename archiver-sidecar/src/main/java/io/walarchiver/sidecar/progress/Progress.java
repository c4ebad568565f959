package io.walarchiver.sidecar.progress;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How far something is.
 *
 * @param phase   what is being done, in a word or two
 * @param done    bytes behind us
 * @param skipped the part of {@code done} that cost no time, for example what an earlier run had done
 * @param total   bytes in all, as far as known; 0 when unknown
 * @param elapsed since it began
 */
public record Progress(String phase, long done, long skipped, long total, Duration elapsed) {

    private static final long[] UNIT_BYTES = {1L << 40, 1L << 30, 1L << 20, 1L << 10};
    private static final String[] UNITS = {"TiB", "GiB", "MiB", "KiB"};
    private static final long LONG_SECONDS = 100 * 3600L;

    public Progress {
        if (done < 0 || skipped < 0 || total < 0 || elapsed.isNegative()) {
            throw new IllegalArgumentException("progress cannot be negative");
        }
    }

    /** From 0 to 1; empty when the total is unknown. */
    public Optional<Double> fraction() {
        return total == 0 ? Optional.empty() : Optional.of(Math.min(1.0, (double) done / total));
    }

    /** Average since it began; 0 when nothing can be said yet. */
    public double bytesPerSecond() {
        double seconds = elapsed.toNanos() / 1e9;
        return seconds <= 0 ? 0 : Math.max(0, done - skipped) / seconds;
    }

    /** How long it will still take at that rate; empty when nothing can be said. */
    public Optional<Duration> remaining() {
        double rate = bytesPerSecond();
        return total == 0 || rate <= 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds((long) Math.ceil(Math.max(0, total - done) / rate)));
    }

    /** One line, for example {@code copying  42%  1.2 GiB of 2.9 GiB  88.1 MiB/s  0:00:19 left}. */
    public String line() {
        StringBuilder line = new StringBuilder(phase);
        fraction().ifPresent(part -> line.append(String.format(Locale.ROOT, "  %3.0f%%", Math.floor(part * 100))));
        line.append("  ").append(amount(done));
        if (total > 0) {
            line.append(" of ").append(amount(total));
        }
        if (bytesPerSecond() > 0) {
            line.append("  ").append(amount((long) bytesPerSecond())).append("/s");
        }
        remaining().ifPresent(left -> line.append("  ").append(time(left)).append(" left"));
        return line.toString();
    }

    /** A number of bytes with a unit and about three digits. */
    public static String amount(long bytes) {
        for (int i = 0; i < UNIT_BYTES.length; i++) {
            if (bytes >= UNIT_BYTES[i]) {
                return String.format(Locale.ROOT, "%.1f %s", (double) bytes / UNIT_BYTES[i], UNITS[i]);
            }
        }
        return bytes + " B";
    }

    /** Hours, minutes and seconds; days when there are many. */
    public static String time(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds >= LONG_SECONDS
                ? duration.toDays() + " days"
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}
