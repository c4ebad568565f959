package io.walarchiver.wal;

import java.util.Locale;

/**
 * A log sequence number: a byte position in the write-ahead log, as PostgreSQL's type {@code pg_lsn}.
 *
 * <p>The 64 bits are unsigned; comparison and printing respect that.
 *
 * @param value the position in bytes, to be read as an unsigned number
 */
public record Lsn(long value) implements Comparable<Lsn> {

    /** The position no record can have; PostgreSQL prints it as {@code 0/0}. */
    public static final Lsn INVALID = new Lsn(0);

    /**
     * Reads PostgreSQL's notation: two hexadecimal numbers of one to eight digits separated by a slash. Digits of either
     * case and leading zeros are accepted, as PostgreSQL itself does.
     *
     * @throws IllegalArgumentException when the text is anything else
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash > 8 || text.length() - slash - 1 < 1 || text.length() - slash - 1 > 8) {
            throw malformed(text);
        }
        long high = Hex.parse(text, 0, slash);
        long low = Hex.parse(text, slash + 1, text.length());
        if (high < 0 || low < 0) {
            throw malformed(text);
        }
        return new Lsn(high << 32 | low);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "not a log sequence number: \"" + text + "\" (expected for example 16/3002D50)");
    }

    /**
     * The position {@code bytes} further on.
     *
     * @param bytes not negative
     * @throws ArithmeticException beyond the last position there is, {@code FFFFFFFF/FFFFFFFF}
     */
    public Lsn plus(long bytes) {
        long sum = value + bytes;
        if (bytes < 0 || Long.compareUnsigned(sum, value) < 0) {
            throw new ArithmeticException("no log position " + bytes + " bytes after " + this);
        }
        return new Lsn(sum);
    }

    /** True when this position is {@code other} or comes after it. */
    public boolean isAtLeast(Lsn other) {
        return compareTo(other) >= 0;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    /** PostgreSQL's notation, for example {@code 16/3002D50}. */
    @Override
    public String toString() {
        return Long.toHexString(value >>> 32).toUpperCase(Locale.ROOT)
                + "/"
                + Long.toHexString(value & 0xFFFFFFFFL).toUpperCase(Locale.ROOT);
    }
}
