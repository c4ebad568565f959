package io.walarchiver.wal;

/**
 * The name of a file PostgreSQL archives. There are exactly four kinds, and each is a record of its own.
 *
 * <p>Text forms (PostgreSQL manual, "Continuous Archiving"): a segment {@code 000000010000000A0000003F}, a partial
 * segment {@code 000000010000000A0000003F.partial}, a timeline history file {@code 00000002.history} and a backup
 * history file {@code 000000010000000A0000003F.00000028.backup}.
 *
 * <p>The natural order is the order of archiving: history files first, because a standby that follows a promotion
 * cannot find its way without them; then the text order, which within a timeline is the order of positions.
 */
public sealed interface WalFileName extends Comparable<WalFileName> {

    /** A complete segment. */
    record Segment(WalSegmentName segment) implements WalFileName {
        @Override
        public Timeline timeline() {
            return segment.timeline();
        }

        @Override
        public String toString() {
            return segment.toString();
        }
    }

    /** The last, incomplete segment of an ended timeline. The file has the full size of a segment all the same. */
    record PartialSegment(WalSegmentName segment) implements WalFileName {
        @Override
        public Timeline timeline() {
            return segment.timeline();
        }

        @Override
        public String toString() {
            return segment + PARTIAL;
        }
    }

    /** A timeline history file: where {@code timeline} branched off its parents. */
    record TimelineHistoryFile(Timeline timeline) implements WalFileName {
        @Override
        public String toString() {
            return timeline + HISTORY;
        }
    }

    /**
     * A backup history file, written when a base backup stops.
     *
     * @param segment the segment in which the backup started
     * @param offset  the byte offset of the start within that segment; below 1 GiB, the largest segment size
     */
    record BackupHistoryFile(WalSegmentName segment, int offset) implements WalFileName {

        private static final int LARGEST_SEGMENT = 1 << 30;

        public BackupHistoryFile {
            if (offset < 0 || offset >= LARGEST_SEGMENT) {
                throw new IllegalArgumentException("not the name of a backup history file: \"" + segment + "."
                        + Hex.eight(offset) + BACKUP + "\" (the offset is beyond the end of any segment)");
            }
        }

        @Override
        public Timeline timeline() {
            return segment.timeline();
        }

        @Override
        public String toString() {
            return segment + "." + Hex.eight(offset) + BACKUP;
        }
    }

    /** Suffix of a partial segment. */
    String PARTIAL = ".partial";

    /** Suffix of a timeline history file. */
    String HISTORY = ".history";

    /** Suffix of a backup history file. */
    String BACKUP = ".backup";

    /**
     * Reads a bare file name, without directory and without compression suffix.
     *
     * @throws IllegalArgumentException when PostgreSQL never archives a file of that name
     */
    static WalFileName parse(String text) {
        int length = text.length();
        if (length == WalSegmentName.LENGTH) {
            return new Segment(WalSegmentName.parse(text));
        }
        if (length == WalSegmentName.LENGTH + PARTIAL.length() && text.endsWith(PARTIAL)) {
            return new PartialSegment(WalSegmentName.parse(text.substring(0, WalSegmentName.LENGTH)));
        }
        if (length == 8 + HISTORY.length() && text.endsWith(HISTORY) && Hex.isUpperHex(text, 0, 8)) {
            int timeline = (int) Hex.parse(text, 0, 8);
            if (timeline != 0) {
                return new TimelineHistoryFile(new Timeline(timeline));
            }
        }
        if (length == WalSegmentName.LENGTH + 9 + BACKUP.length()
                && text.endsWith(BACKUP)
                && text.charAt(WalSegmentName.LENGTH) == '.'
                && Hex.isUpperHex(text, WalSegmentName.LENGTH + 1, WalSegmentName.LENGTH + 9)) {
            return new BackupHistoryFile(WalSegmentName.parse(text.substring(0, WalSegmentName.LENGTH)), (int)
                    Hex.parse(text, WalSegmentName.LENGTH + 1, WalSegmentName.LENGTH + 9));
        }
        throw new IllegalArgumentException("not the name of a WAL file: \"" + text
                + "\" (expected a segment, a .partial, a .history or a .backup file, in upper case)");
    }

    /** The timeline the file belongs to; of a timeline history file, the one whose history it is. */
    Timeline timeline();

    /** True for the two kinds that have the length of a segment: complete and partial ones. */
    default boolean isSegmentSized() {
        return this instanceof Segment || this instanceof PartialSegment;
    }

    @Override
    default int compareTo(WalFileName other) {
        boolean history = this instanceof TimelineHistoryFile;
        if (history != other instanceof TimelineHistoryFile) {
            return history ? -1 : 1;
        }
        return toString().compareTo(other.toString());
    }
}
