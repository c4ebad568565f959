package io.walarchiver.testing;

import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * Seeded bytes that compress like the WAL of a busy table: correct page headers, record headers that differ in a few
 * bytes, repetitive tuples, some full-page images and some incompressible payload. The same arguments always give the
 * same bytes.
 *
 * <p>Page headers follow PostgreSQL's {@code access/xlog_internal.h} in little-endian order with 8 KiB blocks. The
 * records have the shape of real ones but not their checksums: no server replays them.
 */
public final class WalLikeData {

    /** {@code XLOG_PAGE_MAGIC} of PostgreSQL 15. */
    public static final int PAGE_MAGIC_15 = 0xD110;

    /** {@code XLOG_PAGE_MAGIC} of PostgreSQL 17. */
    public static final int PAGE_MAGIC_17 = 0xD116;

    /** {@code XLOG_PAGE_MAGIC} of PostgreSQL 18. */
    public static final int PAGE_MAGIC_18 = 0xD118;

    /** {@code XLOG_BLCKSZ}. */
    public static final int PAGE_BYTES = 8192;

    private static final int SHORT_HEADER_BYTES = 24;
    private static final int LONG_HEADER_BYTES = 40;
    private static final int FIRST_IS_CONTRECORD = 0x0001;
    private static final int LONG_HEADER = 0x0002;
    private static final int RECORD_HEADER_BYTES = 24;
    private static final int BLOCK_REFERENCE_BYTES = 20;

    private final SplittableRandom random;
    private final ByteBuffer segment;
    private final int pageMagic;
    private final int timeline;
    private final long start;
    private final long systemIdentifier;
    private final int usedBytes;
    private final byte[] record = new byte[16 * 1024];
    private final byte[] tuple = new byte[160];
    private int transactionId;
    private long previousRecord;

    private WalLikeData(
            long seed, WalSegmentName name, SegmentSize size, long systemIdentifier, int pageMagic, int usedBytes) {
        this.random = new SplittableRandom(seed);
        this.segment = ByteBuffer.allocate(size.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        this.pageMagic = pageMagic;
        this.timeline = name.timeline().id();
        this.start = name.start(size).value();
        this.systemIdentifier = systemIdentifier;
        this.usedBytes = usedBytes;
        this.transactionId = 700 + random.nextInt(1 << 20);
        this.previousRecord = start;
        random.nextBytes(tuple);
        for (int i = 0; i < tuple.length; i++) {
            tuple[i] = i % 4 == 3 ? (byte) 0 : (byte) ('a' + (tuple[i] & 15));
        }
    }

    /** A segment full of records, with the page magic of PostgreSQL 17. */
    public static byte[] segment(long seed, WalSegmentName name, SegmentSize size, long systemIdentifier) {
        return segment(seed, name, size, systemIdentifier, PAGE_MAGIC_17, size.bytes());
    }

    /**
     * A segment that was switched early: records in the first {@code usedBytes}, zero bytes behind the page they end on.
     *
     * @param pageMagic tells the release of PostgreSQL
     * @param usedBytes at least 1 and at most the size of the segment
     */
    public static byte[] segment(
            long seed, WalSegmentName name, SegmentSize size, long systemIdentifier, int pageMagic, int usedBytes) {
        if (usedBytes < 1 || usedBytes > size.bytes()) {
            throw new IllegalArgumentException("a segment of " + size + " cannot have " + usedBytes + " used bytes");
        }
        return new WalLikeData(seed, name, size, systemIdentifier, pageMagic, usedBytes).write();
    }

    private byte[] write() {
        while (segment.position() < usedBytes) {
            append(nextRecord());
        }
        return segment.array();
    }

    private void append(int recordBytes) {
        int written = 0;
        int limit = Math.min(segment.capacity(), (usedBytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
        while (written < recordBytes && segment.position() < limit) {
            if (segment.position() % PAGE_BYTES == 0) {
                pageHeader(written == 0 ? 0 : recordBytes - written);
            }
            int room = PAGE_BYTES - segment.position() % PAGE_BYTES;
            int piece = Math.min(room, recordBytes - written);
            segment.put(record, written, piece);
            written += piece;
        }
        // Records begin at multiples of eight (MAXALIGN).
        segment.position(Math.min(limit, (segment.position() + 7) & ~7));
    }

    private void pageHeader(int remainingRecordBytes) {
        int offset = segment.position();
        boolean first = offset == 0;
        int flags = (first ? LONG_HEADER : 0) | (remainingRecordBytes > 0 ? FIRST_IS_CONTRECORD : 0);
        segment.putShort((short) pageMagic)
                .putShort((short) flags)
                .putInt(timeline)
                .putLong(start + offset)
                .putInt(remainingRecordBytes)
                .putInt(0);
        if (first) {
            segment.putLong(systemIdentifier).putInt(segment.capacity()).putInt(PAGE_BYTES);
        }
        assert segment.position() - offset == (first ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES);
    }

    /** Builds the next record and returns its length. */
    private int nextRecord() {
        int kind = random.nextInt(100);
        int payload;
        int from = RECORD_HEADER_BYTES + BLOCK_REFERENCE_BYTES;
        if (kind < 2) {
            payload = fullPageImage(from);
        } else if (kind < 12) {
            payload = 40 + random.nextInt(160);
            fillRandom(from, payload);
        } else {
            payload = 24 + random.nextInt(tuple.length - 24);
            System.arraycopy(tuple, 0, record, from, payload);
            ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN).putInt(from, random.nextInt(1 << 24));
        }
        int total = from + payload;
        if (random.nextInt(4) == 0) {
            transactionId++;
        }
        long position = start + segment.position();
        ByteBuffer.wrap(record)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(total)
                .putInt(transactionId)
                .putLong(previousRecord)
                .put((byte) (kind < 50 ? 0x00 : 0x80))
                .put((byte) (kind < 80 ? 10 : 11))
                .putShort((short) 0)
                .putInt(random.nextInt())
                .put((byte) 0)
                .put((byte) 0x20)
                .putShort((short) payload)
                .putInt(1663)
                .putInt(16384)
                .putInt(16385 + random.nextInt(4))
                .putInt(random.nextInt(5000));
        previousRecord = position;
        return total;
    }

    private int fullPageImage(int from) {
        int filled = 2048 + random.nextInt(5000);
        for (int i = 0; i < filled; i += tuple.length) {
            System.arraycopy(tuple, 0, record, from + i, tuple.length);
            fillRandom(from + i, 12);
        }
        return filled;
    }

    private void fillRandom(int from, int length) {
        for (int i = 0; i < length; i++) {
            record[from + i] = (byte) random.nextInt();
        }
    }
}
