package io.walarchiver.wal;

import io.walarchiver.wal.WalFormatException.Malformed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The way to a timeline: which timelines precede it, and where each was left. This is the content of the timeline
 * history file (PostgreSQL manual, "Timelines"), for example of {@code 00000003.history}:
 *
 * <pre>
 * 1	0/A000198	before 2000-01-01 00:00:00+00
 * 2	0/C0000A0	no recovery target specified
 * </pre>
 *
 * <p>Timelines increase from line to line. Switch points need not: when a server that follows timeline 2 recovers to a
 * target that lies before the point where 2 left 1, PostgreSQL records that it left 2 there, and nothing of 2 is on the
 * way. All questions are answered as PostgreSQL answers them, also then.
 *
 * @param timeline the timeline the way leads to
 * @param ancestry the switches, oldest first; empty for a timeline that has no parent
 */
public record TimelineHistory(Timeline timeline, List<Switch> ancestry) {

    /**
     * A line of the file: {@code parent} was left at {@code switchPoint}, the first position that is not on it.
     *
     * @param reason why, for people; may be empty
     */
    public record Switch(Timeline parent, Lsn switchPoint, String reason) {}

    /**
     * Checks the order.
     *
     * @throws Malformed when the parents do not increase, or are not below {@code timeline}
     */
    public TimelineHistory {
        ancestry = List.copyOf(ancestry);
        for (int i = 0; i < ancestry.size(); i++) {
            Timeline parent = ancestry.get(i).parent();
            if (i > 0 && parent.compareTo(ancestry.get(i - 1).parent()) <= 0) {
                throw new Malformed("the parents of timeline " + timeline + " do not increase: " + parent + " follows "
                        + ancestry.get(i - 1).parent());
            }
            if (parent.compareTo(timeline) >= 0) {
                throw new Malformed("timeline " + parent + " cannot be a parent of " + timeline + ": it is not older");
            }
        }
    }

    /** The history of a timeline without a history file, which is normally the first one. */
    public static TimelineHistory withoutParents(Timeline timeline) {
        return new TimelineHistory(timeline, List.of());
    }

    /**
     * Reads the content of the history file of {@code timeline}. As PostgreSQL does, it passes over empty lines and
     * comments, separates fields by white space, and takes the rest of a line for the reason. A file without any parent is
     * refused: PostgreSQL never writes one.
     *
     * @throws Malformed naming the line, when the content is anything else
     */
    public static TimelineHistory parse(Timeline timeline, byte[] content) {
        String file = timeline + WalFileName.HISTORY;
        List<Switch> ancestry = new ArrayList<>();
        // The reason may hold a name in whatever encoding the database has; damaged letters in it do no harm.
        String[] lines = new String(content, StandardCharsets.UTF_8).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Switch next = parseLine(line, file, i + 1);
            if (!ancestry.isEmpty()) {
                Timeline last = ancestry.get(ancestry.size() - 1).parent();
                if (next.parent().compareTo(last) <= 0) {
                    throw malformed(file, i + 1, line, "timelines must increase, but this follows " + unsigned(last));
                }
            }
            if (next.parent().compareTo(timeline) >= 0) {
                throw malformed(file, i + 1, line, "a parent must be older than timeline " + unsigned(timeline));
            }
            ancestry.add(next);
        }
        if (ancestry.isEmpty()) {
            throw new Malformed(file + " names no parent timeline: it is empty or truncated");
        }
        return new TimelineHistory(timeline, ancestry);
    }

    private static Switch parseLine(String line, String file, int number) {
        String[] fields = line.split("\\s+", 3);
        Timeline parent;
        try {
            parent = new Timeline(Integer.parseUnsignedInt(fields[0]));
        } catch (IllegalArgumentException notATimeline) {
            throw malformed(file, number, line, "expected a timeline number from 1 to 4294967295 first");
        }
        if (fields.length < 2) {
            throw malformed(file, number, line, "expected a switch point after the timeline, for example 0/A000198");
        }
        try {
            return new Switch(parent, Lsn.parse(fields[1]), fields.length == 3 ? fields[2] : "");
        } catch (IllegalArgumentException notAPosition) {
            throw malformed(file, number, line, "the switch point is not a position such as 0/A000198");
        }
    }

    private static Malformed malformed(String file, int number, String line, String problem) {
        String shown = line.length() <= 80 ? line : line.substring(0, 80) + "…";
        return new Malformed(
                "line " + number + " of " + file + " (\"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"): " + problem);
    }

    private static String unsigned(Timeline timeline) {
        return Integer.toUnsignedString(timeline.id());
    }

    /**
     * The timeline that holds the byte at {@code lsn} on the way to {@link #timeline()}. A switch point itself is on the
     * new timeline.
     */
    public Timeline timelineContaining(Lsn lsn) {
        Timeline found = timeline;
        for (int i = ancestry.size() - 1; i >= 0; i--) {
            // The newest timeline that begins at or before the position holds it; it began where its parent was left.
            if (lsn.isAtLeast(ancestry.get(i).switchPoint())) {
                return found;
            }
            found = ancestry.get(i).parent();
        }
        return found;
    }

    /** Where {@code ancestor} was left; empty when it is not among the ancestors. */
    public Optional<Lsn> switchPointOf(Timeline ancestor) {
        return ancestry.stream()
                .filter(s -> s.parent().equals(ancestor))
                .map(Switch::switchPoint)
                .findFirst();
    }

    /** All timelines before {@link #timeline()}, oldest first. */
    public List<Timeline> ancestors() {
        return ancestry.stream().map(Switch::parent).toList();
    }

    /** True for {@link #timeline()} itself and for each of its ancestors. */
    public boolean contains(Timeline candidate) {
        return candidate.equals(timeline) || switchPointOf(candidate).isPresent();
    }
}
