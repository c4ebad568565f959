package io.walarchiver.sidecar.settings;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A span of time as people write it: {@code 90s}, {@code 30m}, {@code 6h}, {@code 7d}, {@code 2w}. */
public final class TimeSpan {

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})\\s*([A-Za-z])");

    private static final Map<String, Duration> UNITS = Map.of(
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1),
            "w", Duration.ofDays(7));

    private TimeSpan() {}

    /**
     * Reads it.
     *
     * @throws IllegalArgumentException when the text is anything else, or no time at all
     */
    public static Duration parse(String text) {
        Matcher matcher = TEXT.matcher(text.trim());
        if (matcher.matches()) {
            Duration unit = UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT));
            long number = Long.parseLong(matcher.group(1));
            if (unit != null && number > 0) {
                return unit.multipliedBy(number);
            }
        }
        throw new IllegalArgumentException("not a span of time: \"" + text + "\" (expected for example 30m, 6h or 7d)");
    }
}
