package io.walarchiver.sidecar.assembly;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.wal.SegmentSize;

/**
 * How the memory budget is cut into buffers.
 *
 * @param bufferBytes size of each
 * @param buffers     how many
 */
record Budget(int bufferBytes, int buffers) {

    /** Segments up to this size are held whole; larger ones stream through smaller buffers. */
    private static final int WHOLE_SEGMENT_BYTES = 64 << 20;

    private static final int STREAM_BUFFER_BYTES = 8 << 20;

    /** A segment and its compressed form: less than that archives nothing. */
    private static final int PAIR = 2;

    /**
     * Cuts the budget. A pair is counted as two segments although the compressed form of noise is a little longer, so
     * that 64 MiB make two pairs of 16 MiB.
     */
    static Budget of(ByteSize memory, SegmentSize segment, Codec codec) {
        if (segment.bytes() > WHOLE_SEGMENT_BYTES) {
            return new Budget(STREAM_BUFFER_BYTES, pairs(memory, STREAM_BUFFER_BYTES) * PAIR);
        }
        // Also holds the parts of a large file, should another cluster with larger segments move in.
        int unit = Math.max(segment.bytes(), MultipartUpload.MIN_PART_BYTES);
        return new Budget(Math.max(codec.maxEncodedLength(segment.bytes()), unit), pairs(memory, unit) * PAIR);
    }

    private static int pairs(ByteSize memory, int unitBytes) {
        return (int) Math.max(1, Math.min(memory.bytes() / (2L * unitBytes), 1024));
    }

    /** All of it. */
    long bytes() {
        return (long) bufferBytes * buffers;
    }

    BufferPool pool() {
        return new BufferPool(bufferBytes, buffers);
    }
}
