package io.walarchiver.backup.recovery;

import io.walarchiver.wal.Timeline;
import java.util.Locale;

/** Which timeline recovery follows: PostgreSQL's {@code recovery_target_timeline}. */
public sealed interface TargetTimeline {

    /** The newest one that the archive knows, seen from the backup. PostgreSQL's default. */
    record Latest() implements TargetTimeline {
        @Override
        public String setting() {
            return "latest";
        }
    }

    /** The one on which the backup was taken. */
    record Current() implements TargetTimeline {
        @Override
        public String setting() {
            return "current";
        }
    }

    /** A certain one. */
    record Numbered(Timeline timeline) implements TargetTimeline {
        @Override
        public String setting() {
            return Integer.toUnsignedString(timeline.id());
        }
    }

    /** The newest one. */
    TargetTimeline LATEST = new Latest();

    /** The backup's own. */
    TargetTimeline CURRENT = new Current();

    /** As PostgreSQL wants it in a setting. */
    String setting();

    /**
     * Reads {@code latest}, {@code current}, a decimal number or a hexadecimal one that starts with {@code 0x}. Empty text
     * is {@code latest}.
     *
     * @throws IllegalArgumentException when it is anything else
     */
    static TargetTimeline parse(String text) {
        String word = text.strip().toLowerCase(Locale.ROOT);
        if (word.isEmpty() || word.equals("latest")) {
            return LATEST;
        }
        if (word.equals("current")) {
            return CURRENT;
        }
        try {
            int id = word.startsWith("0x")
                    ? Integer.parseUnsignedInt(word.substring(2), 16)
                    : Integer.parseUnsignedInt(word, 10);
            return new Numbered(new Timeline(id));
        } catch (IllegalArgumentException notATimeline) {
            throw new IllegalArgumentException("not a timeline: \"" + text
                    + "\" (expected latest, current, a number such as 12, or a hexadecimal one such as 0xC)");
        }
    }
}
