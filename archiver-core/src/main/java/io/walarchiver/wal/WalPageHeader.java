package io.walarchiver.wal;

import io.walarchiver.wal.WalFormatException.Malformed;
import io.walarchiver.wal.WalFormatException.Mismatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * The long header on the first page of a WAL segment: {@code XLogLongPageHeaderData} in PostgreSQL's
 * {@code access/xlog_internal.h}, little endian.
 *
 * <p>A value exists only if the header is sound in itself. Whether it is the header of a certain segment of a certain
 * cluster is asked with {@link #requireFirstPageOf} and {@link #requireSystemIdentifier}.
 *
 * @param magic            the page magic, which tells the format and so the major version
 * @param flags            {@code xlp_info}
 * @param timeline         the timeline of the first record on the page; see {@link #requireFirstPageOf} for why this may
 *                         be older than the timeline of the segment
 * @param pageAddress      the position of the page, which is the start of the segment
 * @param remainingLength  bytes of a record that began in an earlier segment (unsigned 32 bits in the file)
 * @param systemIdentifier identifies the cluster (unsigned)
 * @param segmentSize      the segment size of the cluster
 * @param pageSize         the size of a WAL page in bytes ({@code XLOG_BLCKSZ})
 */
public record WalPageHeader(
        int magic,
        int flags,
        Timeline timeline,
        Lsn pageAddress,
        long remainingLength,
        long systemIdentifier,
        SegmentSize segmentSize,
        int pageSize) {

    /** How many bytes {@link #parse} reads. */
    public static final int LENGTH = 40;

    private static final int LONG_HEADER = 0x0002;
    private static final int ALL_KNOWN_FLAGS = 0x000F;

    private static final int MAGIC_14 = 0xD10D;
    private static final int MAGIC_15 = 0xD110;
    private static final int MAGIC_16 = 0xD113;
    private static final int MAGIC_17 = 0xD116;
    private static final int MAGIC_18 = 0xD118;

    /**
     * The magic is counted up with each change of the format, a few times a year, and the long header has kept its layout
     * since PostgreSQL 9.3. What lies in this range is taken for a later version rather than for garbage: an archive must
     * not stop because PostgreSQL was upgraded first.
     */
    private static final int LAST_PLAUSIBLE_MAGIC = 0xD2FF;

    private static final int MAX_PAGE_SIZE = 64 << 10;
    private static final int MIN_PAGE_SIZE = 1 << 10;

    /**
     * Reads the header from the position of {@code page} on. Position, limit and byte order of the buffer are neither used
     * otherwise nor changed.
     *
     * @throws Malformed when the bytes are no long header of PostgreSQL 14 or later, of this byte order
     */
    public static WalPageHeader parse(ByteBuffer page) {
        if (page.remaining() < LENGTH) {
            throw new Malformed("the first WAL page is truncated: " + page.remaining()
                    + " bytes where the header alone has " + LENGTH);
        }
        ByteBuffer bytes = page.slice().order(ByteOrder.LITTLE_ENDIAN);
        int magic = Short.toUnsignedInt(bytes.getShort(0));
        int flags = Short.toUnsignedInt(bytes.getShort(2));
        requireMagic(magic, bytes);
        if ((flags & LONG_HEADER) == 0) {
            throw new Malformed("WAL page without the long header that the first page of a segment has (flags "
                    + hex(flags) + "): this is not the beginning of a segment");
        }
        boolean knownVersion = majorVersion(magic).isPresent();
        if (knownVersion && (flags & ~ALL_KNOWN_FLAGS) != 0) {
            throw new Malformed("WAL page header with unknown flags " + hex(flags) + ": the page is damaged");
        }
        int timeline = bytes.getInt(4);
        if (timeline == 0) {
            throw new Malformed("WAL page header with timeline 0, which does not exist: the page is damaged");
        }
        Lsn address = new Lsn(bytes.getLong(8));
        SegmentSize segmentSize = segmentSize(bytes.getInt(32));
        int pageSize = bytes.getInt(36);
        if (Integer.bitCount(pageSize) != 1 || pageSize < MIN_PAGE_SIZE || pageSize > MAX_PAGE_SIZE) {
            throw new Malformed("WAL page header with implausible page size " + Integer.toUnsignedString(pageSize)
                    + " (expected a power of two from " + MIN_PAGE_SIZE + " to " + MAX_PAGE_SIZE + ")");
        }
        if ((address.value() & (segmentSize.bytes() - 1)) != 0) {
            throw new Malformed("WAL page header with page address " + address
                    + ", which is not the start of a segment of " + segmentSize);
        }
        return new WalPageHeader(
                magic,
                flags,
                new Timeline(timeline),
                address,
                Integer.toUnsignedLong(bytes.getInt(16)),
                bytes.getLong(24),
                segmentSize,
                pageSize);
    }

    private static void requireMagic(int magic, ByteBuffer bytes) {
        if (isPlausible(magic)) {
            return;
        }
        if (isPlausible(Short.toUnsignedInt(Short.reverseBytes((short) magic)))) {
            throw new Malformed("WAL page magic " + hex(magic) + " has its bytes swapped: the segment was written on a"
                    + " big-endian machine, which is not supported");
        }
        if (isAllZero(bytes)) {
            throw new Malformed(
                    "WAL page of zeroes where a header should be: the segment was created but never written");
        }
        throw new Malformed(
                "wrong WAL page magic " + hex(magic) + " (expected " + hex(MAGIC_14) + " for PostgreSQL 14, "
                        + hex(MAGIC_15) + " for 15, " + hex(MAGIC_16) + " for 16, " + hex(MAGIC_17) + " for 17, "
                        + hex(MAGIC_18)
                        + " for 18, or a little more for a later one): this is not a WAL segment of PostgreSQL 14 or later");
    }

    private static boolean isPlausible(int magic) {
        return magic >= MAGIC_14 && magic <= LAST_PLAUSIBLE_MAGIC;
    }

    private static boolean isAllZero(ByteBuffer bytes) {
        for (int i = 0; i < LENGTH; i++) {
            if (bytes.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static SegmentSize segmentSize(int bytes) {
        try {
            return new SegmentSize(bytes);
        } catch (IllegalArgumentException implausible) {
            throw new Malformed("WAL page header with implausible segment size " + Integer.toUnsignedString(bytes)
                    + " (expected a power of two from 1 MiB to 1 GiB)");
        }
    }

    /** PostgreSQL's major version; empty when the magic belongs to no release this program was tested with. */
    public OptionalInt majorVersion() {
        return majorVersion(magic);
    }

    private static OptionalInt majorVersion(int magic) {
        return switch (magic) {
            case MAGIC_14 -> OptionalInt.of(14);
            case MAGIC_15 -> OptionalInt.of(15);
            case MAGIC_16 -> OptionalInt.of(16);
            case MAGIC_17 -> OptionalInt.of(17);
            case MAGIC_18 -> OptionalInt.of(18);
            default -> OptionalInt.empty();
        };
    }

    /**
     * Checks that this is the first page of segment {@code name} in a cluster with segments of {@code size}.
     *
     * <p>The timeline on the page may be older than the one in the name: at a promotion PostgreSQL copies the segment it
     * is in to the new timeline, old pages included. It is never newer. The address tells a recycled segment, which still
     * holds what it held under its former name.
     *
     * @throws Mismatch when it is not; the message says which of the three differs
     * @throws IllegalArgumentException when no segment of that size can have that name
     */
    public void requireFirstPageOf(WalSegmentName name, SegmentSize size) {
        Lsn start = name.start(size);
        if (!segmentSize.equals(size)) {
            throw new Mismatch("the WAL page header of " + name + " says segments of " + segmentSize
                    + ", but the cluster has " + size);
        }
        if (!pageAddress.equals(start)) {
            throw new Mismatch(
                    "the WAL page header of " + name + " says position " + pageAddress + ", but the name means " + start
                            + ": the file holds another segment (a recycled one, not written yet?)");
        }
        if (timeline.compareTo(name.timeline()) > 0) {
            throw new Mismatch("the WAL page header of " + name + " says timeline " + timeline
                    + ", which is newer than the one in the name");
        }
    }

    /**
     * Checks that the page was written by the cluster {@code expected} identifies (unsigned).
     *
     * @throws Mismatch when another cluster wrote it
     */
    public void requireSystemIdentifier(long expected) {
        if (systemIdentifier != expected) {
            throw new Mismatch("the WAL page at " + pageAddress + " belongs to the cluster with system identifier "
                    + Long.toUnsignedString(systemIdentifier) + ", not to " + Long.toUnsignedString(expected));
        }
    }

    private static String hex(int value) {
        return String.format(Locale.ROOT, "0x%04X", value);
    }
}
