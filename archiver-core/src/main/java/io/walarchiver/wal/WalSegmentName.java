package io.walarchiver.wal;

/**
 * The name of a WAL segment: timeline, log and segment number, eight hexadecimal digits each (PostgreSQL manual,
 * "WAL Internals").
 *
 * <p>The name alone does not tell which positions it covers; that also needs the {@link SegmentSize}, and every method
 * that does arithmetic asks for it.
 *
 * @param timeline the timeline the segment belongs to
 * @param log      the middle eight digits, the high half of the position (unsigned)
 * @param segment  the last eight digits: the number within {@code log}; below 4096, as segments are at least 1 MiB
 */
public record WalSegmentName(Timeline timeline, int log, int segment) implements Comparable<WalSegmentName> {

    /** The length of the text form. */
    public static final int LENGTH = 24;

    private static final int MAX_SEGMENTS_PER_LOG = 4096;

    /** {@code FFFFFFFF}. */
    private static final int LAST_LOG = -1;

    public WalSegmentName {
        if (segment < 0 || segment >= MAX_SEGMENTS_PER_LOG) {
            throw new IllegalArgumentException("segment number " + Integer.toUnsignedString(segment)
                    + " is beyond what any WAL segment size allows (0 to " + (MAX_SEGMENTS_PER_LOG - 1) + ")");
        }
    }

    /**
     * Reads a name of exactly 24 upper-case hexadecimal digits.
     *
     * @throws IllegalArgumentException when the text is anything else, or no segment size allows the name
     */
    public static WalSegmentName parse(String text) {
        if (text.length() != LENGTH || !Hex.isUpperHex(text, 0, LENGTH)) {
            throw new IllegalArgumentException(
                    "not a WAL segment name: \"" + text + "\" (expected 24 upper-case hexadecimal digits)");
        }
        int timeline = (int) Hex.parse(text, 0, 8);
        if (timeline == 0) {
            throw new IllegalArgumentException("not a WAL segment name: \"" + text + "\" (timeline 0 does not exist)");
        }
        long segment = Hex.parse(text, 16, 24);
        if (segment >= MAX_SEGMENTS_PER_LOG) {
            throw new IllegalArgumentException("not a WAL segment name: \"" + text
                    + "\" (the last eight digits exceed 00000FFF, which no segment size allows)");
        }
        return new WalSegmentName(new Timeline(timeline), (int) Hex.parse(text, 8, 16), (int) segment);
    }

    /** The segment of {@code timeline} that contains {@code lsn}. */
    public static WalSegmentName containing(Timeline timeline, Lsn lsn, SegmentSize size) {
        long high = lsn.value() >>> 32;
        long low = lsn.value() & 0xFFFF_FFFFL;
        return new WalSegmentName(timeline, (int) high, (int) (low / size.bytes()));
    }

    /**
     * The position of the first byte.
     *
     * @throws IllegalArgumentException when no segment of this size can have this name
     */
    public Lsn start(SegmentSize size) {
        requirePossible(size);
        return new Lsn(Integer.toUnsignedLong(log) << 32 | (long) segment * size.bytes());
    }

    /**
     * True when the segment covers {@code lsn}.
     *
     * @throws IllegalArgumentException when no segment of this size can have this name
     */
    public boolean contains(Lsn lsn, SegmentSize size) {
        requirePossible(size);
        return equals(containing(timeline, lsn, size));
    }

    /**
     * The following segment of the same timeline.
     *
     * @throws IllegalArgumentException when no segment of this size can have this name
     * @throws ArithmeticException      after the last segment there is
     */
    public WalSegmentName next(SegmentSize size) {
        requirePossible(size);
        if (segment + 1 < size.segmentsPerLog()) {
            return new WalSegmentName(timeline, log, segment + 1);
        }
        if (log == LAST_LOG) {
            throw new ArithmeticException("there is no segment after " + this);
        }
        return new WalSegmentName(timeline, log + 1, 0);
    }

    private void requirePossible(SegmentSize size) {
        if (segment >= size.segmentsPerLog()) {
            throw new IllegalArgumentException(this + " cannot be the name of a segment of " + size
                    + ": its last part exceeds " + Hex.eight(size.segmentsPerLog() - 1));
        }
    }

    /** The first sixteen digits: the directory barman keeps the segment in. */
    public String directory() {
        return timeline + Hex.eight(log);
    }

    /** The order of the text form, which within one timeline is the order of positions. */
    @Override
    public int compareTo(WalSegmentName other) {
        int byTimeline = timeline.compareTo(other.timeline);
        if (byTimeline != 0) {
            return byTimeline;
        }
        int byLog = Integer.compareUnsigned(log, other.log);
        return byLog != 0 ? byLog : Integer.compare(segment, other.segment);
    }

    @Override
    public String toString() {
        return timeline + Hex.eight(log) + Hex.eight(segment);
    }
}
