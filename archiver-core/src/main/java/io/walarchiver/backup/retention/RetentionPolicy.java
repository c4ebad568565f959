package io.walarchiver.backup.retention;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How much of the past must stay recoverable. */
public sealed interface RetentionPolicy {

    /**
     * Every point of the last so much time stays recoverable. That takes the backups of this time and one before it, from
     * which recovery to the start of the window begins.
     *
     * @param length a week is 7 days and a month 31, as for barman; zero keeps the newest backup
     */
    record RecoveryWindow(Duration length) implements RetentionPolicy {

        public RecoveryWindow {
            if (length.isNegative()) {
                throw new IllegalArgumentException("a recovery window cannot be negative: " + length);
            }
        }

        @Override
        public String toString() {
            return "RECOVERY WINDOW OF " + length.toDays() + " DAYS";
        }
    }

    /**
     * The newest so many backups stay, however old.
     *
     * @param backups zero deletes every backup that is not pinned
     */
    record Redundancy(int backups) implements RetentionPolicy {

        public Redundancy {
            if (backups < 0) {
                throw new IllegalArgumentException("redundancy cannot be negative: " + backups);
            }
        }

        @Override
        public String toString() {
            return "REDUNDANCY " + backups;
        }
    }

    /**
     * Reads a policy: {@code 7d}, {@code 4w} or {@code 2m} as in an ObjectStore resource, or, in any case and with any
     * blanks, barman's {@code RECOVERY WINDOW OF n DAYS|WEEKS|MONTHS} or {@code REDUNDANCY n}.
     *
     * @throws IllegalArgumentException for anything else, with the accepted forms in its message
     */
    static RetentionPolicy parse(String text) {
        Matcher brief = Forms.BRIEF.matcher(text);
        if (brief.matches()) {
            return new RecoveryWindow(Forms.days(text, brief.group(1), brief.group(2)));
        }
        Matcher window = Forms.WINDOW.matcher(text);
        if (window.matches()) {
            return new RecoveryWindow(
                    Forms.days(text, window.group(1), window.group(2).toLowerCase(Locale.ROOT)));
        }
        Matcher redundancy = Forms.REDUNDANCY.matcher(text);
        if (redundancy.matches()) {
            return new Redundancy(Forms.number(text, redundancy.group(1)));
        }
        throw new IllegalArgumentException("not a retention policy: \"" + text
                + "\" (expected for example 7d, 4w, 2m, RECOVERY WINDOW OF 7 DAYS or REDUNDANCY 3)");
    }

    /** What a policy looks like. */
    final class Forms {
        private static final Pattern BRIEF = Pattern.compile("([1-9][0-9]*)([dwm])");
        private static final Pattern WINDOW = Pattern.compile(
                "\\s*RECOVERY\\s+WINDOW\\s+OF\\s+([0-9]+)\\s+([DWM])(?:AY|EEK|ONTH)S?\\s*", Pattern.CASE_INSENSITIVE);
        private static final Pattern REDUNDANCY =
                Pattern.compile("\\s*REDUNDANCY\\s+([0-9]+)\\s*", Pattern.CASE_INSENSITIVE);

        /** Beyond all meaning, and small enough to be subtracted from any time. */
        private static final int LARGEST = 1_000_000;

        private Forms() {}

        private static Duration days(String text, String count, String unit) {
            int days =
                    switch (unit) {
                        case "d" -> 1;
                        case "w" -> 7;
                        default -> 31;
                    };
            return Duration.ofDays((long) number(text, count) * days);
        }

        private static int number(String text, String digits) {
            try {
                int number = Integer.parseInt(digits);
                if (number <= LARGEST) {
                    return number;
                }
            } catch (NumberFormatException tooLarge) {
                // As any other number beyond the limit.
            }
            throw new IllegalArgumentException(
                    "not a retention policy: \"" + text + "\" (the number exceeds " + LARGEST + ")");
        }
    }
}
