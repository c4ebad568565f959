package io.walarchiver.backup.verify;

import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalSegmentName;

/**
 * Consecutive WAL segments of one timeline, both ends included.
 *
 * @param first the lowest position
 * @param last  the highest position; the same as {@code first} for a range of one
 * @param size  of every segment
 */
public record SegmentRange(WalSegmentName first, WalSegmentName last, SegmentSize size)
        implements Comparable<SegmentRange> {

    /**
     * Checks the order.
     *
     * @throws IllegalArgumentException when the ends are of two timelines or in the wrong order, or no segment of that
     *                                  size can have such a name
     */
    public SegmentRange {
        if (!first.timeline().equals(last.timeline()) || numberOf(first, size) > numberOf(last, size)) {
            throw new IllegalArgumentException("no range of segments leads from " + first + " to " + last);
        }
    }

    /** The segments with these numbers. */
    static SegmentRange of(Timeline timeline, long first, long last, SegmentSize size) {
        return new SegmentRange(name(timeline, first, size), name(timeline, last, size), size);
    }

    /** How many segments of the same size lie before one in the log. PostgreSQL's {@code XLogSegNo}. */
    static long numberOf(WalSegmentName name, SegmentSize size) {
        return numberOf(name.start(size), size);
    }

    /** The number of the segment that holds a position. */
    static long numberOf(Lsn lsn, SegmentSize size) {
        return lsn.value() >>> Integer.numberOfTrailingZeros(size.bytes());
    }

    /** The segment with a number. */
    static WalSegmentName name(Timeline timeline, long number, SegmentSize size) {
        return WalSegmentName.containing(timeline, start(number, size), size);
    }

    /** The position of the first byte of the segment with a number. */
    static Lsn start(long number, SegmentSize size) {
        return new Lsn(number << Integer.numberOfTrailingZeros(size.bytes()));
    }

    /**
     * The position behind the last byte of the segment with a number; of the very last segment there is, the last position
     * itself.
     */
    static Lsn end(long number, SegmentSize size) {
        Lsn end = start(number + 1, size);
        return end.value() == 0 ? new Lsn(-1) : end;
    }

    public Timeline timeline() {
        return first.timeline();
    }

    /** How many segments these are; at least 1. */
    public long count() {
        return lastNumber() - firstNumber() + 1;
    }

    /** The position of the first byte. */
    public Lsn start() {
        return first.start(size);
    }

    /** The position behind the last byte. */
    public Lsn end() {
        return end(lastNumber(), size);
    }

    long firstNumber() {
        return numberOf(first, size);
    }

    long lastNumber() {
        return numberOf(last, size);
    }

    /** By timeline, then by position. */
    @Override
    public int compareTo(SegmentRange other) {
        return first.compareTo(other.first);
    }

    @Override
    public String toString() {
        return first.equals(last) ? first.toString() : first + " to " + last + " (" + count() + " segments)";
    }
}
