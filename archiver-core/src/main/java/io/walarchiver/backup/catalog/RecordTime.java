package io.walarchiver.backup.catalog;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as they stand in a record and in the JSON made of it: {@code 2031-04-05 06:07:08.123456+00:00}. */
final class RecordTime {

    private static final Pattern FORM = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]"
            + "([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]{1,9}))?"
            + " ?(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2}))?)?)?");

    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter CALENDAR = DateTimeFormatter.ofPattern(
                    "EEE MMM ppd HH:mm:ss uuuu", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private RecordTime() {}

    /**
     * Reads a time.
     *
     * <p>A time without zone is read as UTC. barman takes its own host's zone for it, which nobody knows here; servers and
     * containers mostly run on UTC, and CloudNativePG reads zone-less times so, too.
     *
     * @throws IllegalArgumentException when it is none
     */
    static Instant parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("expected a time such as 2031-04-05 06:07:08.123456+00:00");
        }
        try {
            String fraction = form.group(7) == null ? "" : form.group(7);
            LocalDateTime local = LocalDateTime.of(
                    number(form, 1),
                    number(form, 2),
                    number(form, 3),
                    number(form, 4),
                    number(form, 5),
                    number(form, 6),
                    Integer.parseInt((fraction + "000000000").substring(0, 9)));
            ZoneOffset offset = ZoneOffset.UTC;
            if (form.group(9) != null) {
                int sign = form.group(9).equals("-") ? -1 : 1;
                offset = ZoneOffset.ofHoursMinutesSeconds(
                        sign * number(form, 10), sign * number(form, 11), sign * number(form, 12));
            }
            return local.toInstant(offset);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("no such time: " + e.getMessage(), e);
        }
    }

    private static int number(Matcher form, int group) {
        return form.group(group) == null ? 0 : Integer.parseInt(form.group(group));
    }

    /** As barman writes a time into a record, in UTC: what is below a microsecond is cut off. */
    static String format(Instant time) {
        return text(time, " ");
    }

    /** ISO 8601 as Python writes it: {@code 2031-04-05T06:07:08.123456+00:00}. */
    static String iso(Instant time) {
        return text(time, "T");
    }

    private static String text(Instant time, String separator) {
        int micros = time.getNano() / 1000;
        String fraction = micros == 0 ? "" : "." + String.format(Locale.ROOT, "%06d", micros);
        return SECONDS.format(time.truncatedTo(ChronoUnit.SECONDS)).replace(" ", separator) + fraction + "+00:00";
    }

    /** As C's {@code ctime}: {@code Sat Apr  5 06:07:08 2031}. Without zone; the digits are those of UTC. */
    static String calendar(Instant time) {
        return CALENDAR.format(time);
    }
}
