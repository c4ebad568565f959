package io.walarchiver.wal;

/**
 * A timeline id: a positive, unsigned 32-bit number that grows with every promotion.
 *
 * @param id the number; 0 is not a timeline
 */
public record Timeline(int id) implements Comparable<Timeline> {

    public Timeline {
        if (id == 0) {
            throw new IllegalArgumentException("timeline 0 does not exist; timelines start at 1");
        }
    }

    /** Compares as unsigned numbers, the order in which PostgreSQL assigns them. */
    @Override
    public int compareTo(Timeline other) {
        return Integer.compareUnsigned(id, other.id);
    }

    /** Eight upper-case hexadecimal digits, as in file names. */
    @Override
    public String toString() {
        return Hex.eight(id);
    }
}
