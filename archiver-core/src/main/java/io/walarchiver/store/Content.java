package io.walarchiver.store;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The bytes of an object about to be written: of known length and replayable, so that a retry sends the same bytes.
 *
 * <p><b>Buffer ownership.</b> The buffers belong to whoever made the content, who must keep them unchanged until the
 * publisher that was given the content has terminated or has been cancelled. A transport may still be reading then, when
 * an attempt was abandoned by a timeout or a cancellation; the store says so through {@link #markAbandoned()} before it
 * signals. The owner must not reuse the memory of an abandoned content: it forgets the buffers and leaves them to the
 * garbage collector.
 *
 * <p>Safe for use by several threads.
 */
public final class Content {

    private final List<ByteBuffer> buffers;
    private final long length;
    private final AtomicBoolean abandoned = new AtomicBoolean();

    private Content(List<ByteBuffer> buffers) {
        this.buffers = buffers;
        this.length = buffers.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** The remaining bytes of the given buffers, in order. Positions and limits are not changed, now or later. */
    public static Content of(ByteBuffer... buffers) {
        return of(List.of(buffers));
    }

    /** The remaining bytes of the given buffers, in order. Positions and limits are not changed, now or later. */
    public static Content of(List<ByteBuffer> buffers) {
        return new Content(buffers.stream().map(ByteBuffer::asReadOnlyBuffer).toList());
    }

    /** Total length in bytes. */
    public long length() {
        return length;
    }

    /** Fresh read-only views of the bytes, in order; each call gives independent positions over the same memory. */
    public List<ByteBuffer> buffers() {
        return buffers.stream().map(ByteBuffer::duplicate).toList();
    }

    /** Called by a store that gave up an attempt whose transport may still read the buffers. */
    public void markAbandoned() {
        abandoned.set(true);
    }

    /** True when the memory must not be reused; see the type's ownership rule. */
    public boolean isAbandoned() {
        return abandoned.get();
    }
}
