package io.walarchiver.backup.recovery;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms of a target time: PostgreSQL's own output and RFC 3339. */
final class TargetTime {

    private static final Pattern FORM =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[ Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\\.([0-9]{1,9}))?"
                    + " ?([Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)?");

    private static final DateTimeFormatter PRINTED = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.MICRO_OF_SECOND, 0, 6, true)
            .appendLiteral("+00")
            .toFormatter(Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final DateTimeFormatter DATE_AND_TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withResolverStyle(ResolverStyle.STRICT);

    private TargetTime() {}

    /** Without an offset the time is in UTC. What is finer than a microsecond, PostgreSQL's unit, is cut off. */
    static Instant parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw malformed(text);
        }
        try {
            LocalDateTime local = LocalDateTime.parse(form.group(1) + " " + form.group(2), DATE_AND_TIME);
            String fraction = form.group(3);
            int micros = fraction == null ? 0 : Integer.parseInt((fraction + "00000").substring(0, 6));
            return local.plusNanos(micros * 1000L).toInstant(offset(form.group(4)));
        } catch (DateTimeException noSuchTime) {
            throw malformed(text);
        }
    }

    private static ZoneOffset offset(@Nullable String text) {
        if (text == null || text.length() == 1 || Character.isLetter(text.charAt(0))) {
            return ZoneOffset.UTC;
        }
        return ZoneOffset.of(text);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("not a target time: \"" + text
                + "\" (expected for example 2031-04-05 06:07:08+00, 2031-04-05T06:07:08.123456Z, or without an offset"
                + " for UTC)");
    }

    /** As PostgreSQL reads it, in UTC. */
    static String print(Instant time) {
        return PRINTED.format(time);
    }
}
