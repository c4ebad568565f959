package io.walarchiver.wal;

/**
 * The size of a WAL segment, fixed by {@code initdb --wal-segsize}: a power of two from 1 MiB to 1 GiB.
 *
 * @param bytes the size in bytes
 */
public record SegmentSize(int bytes) {

    private static final int MEBIBYTE = 1 << 20;

    /** What PostgreSQL uses unless told otherwise: 16 MiB. */
    public static final SegmentSize DEFAULT = new SegmentSize(16 * MEBIBYTE);

    public SegmentSize {
        if (bytes < MEBIBYTE || bytes > 1024 * MEBIBYTE || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException(
                    "a WAL segment has a power of two between 1 MiB and 1 GiB, not " + bytes + " bytes");
        }
    }

    /**
     * The size for a number of mebibytes, as given to {@code initdb --wal-segsize}.
     *
     * @throws IllegalArgumentException when it is not a power of two from 1 to 1024
     */
    public static SegmentSize ofMebibytes(int mebibytes) {
        if (mebibytes < 1 || mebibytes > 1024) {
            throw new IllegalArgumentException(
                    "a WAL segment has a power of two between 1 MiB and 1 GiB, not " + mebibytes + " MiB");
        }
        return new SegmentSize(mebibytes * MEBIBYTE);
    }

    /** How many segments share one "log" number (the middle eight digits of a name): 4 GiB / size. */
    public int segmentsPerLog() {
        return (int) (0x1_0000_0000L / bytes);
    }

    @Override
    public String toString() {
        return bytes / MEBIBYTE + " MiB";
    }
}
