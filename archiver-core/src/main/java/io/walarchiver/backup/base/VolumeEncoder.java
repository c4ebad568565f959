package io.walarchiver.backup.base;

import io.walarchiver.codec.Codec;
import io.walarchiver.store.MultipartUpload;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Compresses one volume into parts: one stream from the first byte to the last. A part is lent to it, filled, and taken
 * from it; what the compressor hands out in between is kept on the heap, at most what one piece expands to, or the
 * beginning of a part while there is nothing to do.
 *
 * <p>Used by one thread after the other; closing waits for the one at work.
 */
final class VolumeEncoder {

    private final int partBytes;
    private final OutputStream encoder;
    private final Overflow overflow = new Overflow();
    private @Nullable Part part;
    private @Nullable ByteBuffer room;
    private boolean ended;
    private boolean closed;
    private volatile long produced;

    VolumeEncoder(Codec codec, int partBytes) throws IOException {
        this.partBytes = partBytes;
        this.encoder = codec.encodingStream(new Output(), -1);
    }

    /** How many bytes came out so far. */
    long produced() {
        return produced;
    }

    synchronized boolean hasPart() {
        return part != null;
    }

    /** Lends a part to be filled. May allocate its memory. */
    synchronized void use(Part lent) {
        if (part != null) {
            throw new IllegalStateException("there is a part already");
        }
        part = lent;
        ByteBuffer memory = lent.memory().clear().limit(partBytes);
        room = memory;
        overflow.drainTo(memory);
    }

    /** Compresses the next piece. Burns CPU. */
    synchronized void encode(byte[] bytes, int length) throws IOException {
        if (closed || ended) {
            throw new IOException("the volume is closed");
        }
        encoder.write(bytes, 0, length);
    }

    /** Ends the stream. Burns CPU. */
    synchronized void end() throws IOException {
        if (closed || ended) {
            throw new IOException("the volume is closed");
        }
        ended = true;
        encoder.close();
    }

    /** True when something waits for the next part. */
    synchronized boolean hasOverflow() {
        return !overflow.isEmpty();
    }

    /** Takes the part when it is full; null when it is not. */
    synchronized @Nullable Part takeFull() {
        return room != null && !room.hasRemaining() ? take() : null;
    }

    /** Takes the part as it is; null when there is none. */
    synchronized @Nullable Part takeRest() {
        return take();
    }

    /**
     * Takes the part when it may stand alone. A smaller one keeps its bytes here and is to be released by the caller:
     * {@link Part#seal} gives nothing.
     */
    synchronized @Nullable Part takeForPause() {
        ByteBuffer filled = room;
        if (filled != null && filled.position() < MultipartUpload.MIN_PART_BYTES) {
            overflow.keep(filled.duplicate().flip());
            filled.clear().limit(partBytes);
        }
        return take();
    }

    private @Nullable Part take() {
        Part taken = part;
        part = null;
        room = null;
        return taken;
    }

    /** Frees the compressor once nobody is using it: after a cancellation somebody may still be. */
    synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            room = null;
            overflow.discard();
            if (!ended) {
                encoder.close();
            }
        }
    }

    /** Into the part as far as it has room. */
    private final class Output extends OutputStream {

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // One writer; others only read.
        public void write(byte[] bytes, int offset, int length) {
            if (closed) {
                return;
            }
            int count = 0;
            ByteBuffer target = room;
            if (target != null) {
                count = Math.min(length, target.remaining());
                target.put(bytes, offset, count);
            }
            if (count < length) {
                overflow.add(bytes, offset + count, length - count);
            }
            produced += length;
        }
    }

    /** A queue of bytes on the heap. */
    private static final class Overflow {

        private static final int SMALL_BYTES = 64 << 10;

        private byte[] bytes = new byte[SMALL_BYTES];
        private int from;
        private int to;

        boolean isEmpty() {
            return from == to;
        }

        void add(byte[] source, int offset, int length) {
            if (bytes.length - to < length) {
                byte[] larger = new byte[Math.max(2 * (to - from), to - from + length)];
                System.arraycopy(bytes, from, larger, 0, to - from);
                to -= from;
                from = 0;
                bytes = larger;
            }
            System.arraycopy(source, offset, bytes, to, length);
            to += length;
        }

        /** Takes all of {@code source}; nothing else is in here. */
        void keep(ByteBuffer source) {
            if (!isEmpty()) {
                throw new IllegalStateException("a part that is not full has nothing behind it");
            }
            bytes = new byte[Math.max(SMALL_BYTES, source.remaining())];
            from = 0;
            to = source.remaining();
            source.get(bytes, 0, to);
        }

        void drainTo(ByteBuffer target) {
            int count = Math.min(target.remaining(), to - from);
            target.put(bytes, from, count);
            from += count;
            if (from == to) {
                discard();
            }
        }

        void discard() {
            from = 0;
            to = 0;
            if (bytes.length > SMALL_BYTES) {
                bytes = new byte[SMALL_BYTES];
            }
        }
    }
}
