package io.walarchiver.sidecar.settings;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of memory as people write it.
 *
 * @param bytes the amount, at least 1
 */
public record ByteSize(long bytes) {

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,15})\\s*([A-Za-z]*)");

    // Kubernetes writes Mi, PostgreSQL MB, the JVM m: all three mean powers of 1024 to the people who use them.
    private static final Map<String, Integer> SHIFTS = Map.ofEntries(
            Map.entry("", 0),
            Map.entry("b", 0),
            Map.entry("k", 10),
            Map.entry("kb", 10),
            Map.entry("ki", 10),
            Map.entry("kib", 10),
            Map.entry("m", 20),
            Map.entry("mb", 20),
            Map.entry("mi", 20),
            Map.entry("mib", 20),
            Map.entry("g", 30),
            Map.entry("gb", 30),
            Map.entry("gi", 30),
            Map.entry("gib", 30));

    public ByteSize {
        if (bytes < 1) {
            throw new IllegalArgumentException("a size must be positive, not " + bytes + " bytes");
        }
    }

    /**
     * Reads {@code 64MiB}, {@code 64M}, {@code 64 MB} or a number of bytes; units are powers of 1024.
     *
     * @throws IllegalArgumentException when the text is anything else
     */
    public static ByteSize parse(String text) {
        Matcher matcher = TEXT.matcher(text.trim());
        if (matcher.matches()) {
            Integer shift = SHIFTS.get(matcher.group(2).toLowerCase(Locale.ROOT));
            if (shift != null) {
                long number = Long.parseLong(matcher.group(1));
                if (number <= Long.MAX_VALUE >> shift) {
                    return new ByteSize(number << shift);
                }
            }
        }
        throw new IllegalArgumentException("not a size: \"" + text + "\" (expected for example 64MiB)");
    }

    @Override
    public String toString() {
        if (bytes % (1 << 20) == 0) {
            return (bytes >> 20) + " MiB";
        }
        return bytes + " bytes";
    }
}
