package io.walarchiver.codec;

import io.walarchiver.codec.BufferPool.Memory;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A direct buffer on loan from a {@link BufferPool}. Whoever holds it gives it back exactly once, with
 * {@link #release()} or {@link #discard()}; further calls do nothing.
 */
public final class PooledBuffer {

    private final BufferPool pool;
    private final AtomicBoolean returned = new AtomicBoolean();
    private @Nullable Memory memory;

    PooledBuffer(BufferPool pool) {
        this.pool = pool;
    }

    /**
     * The buffer, cleared and big-endian when first asked for; always the same one. Allocated now when the pool has no
     * idle one, on the calling thread, because zeroing fresh memory takes milliseconds.
     *
     * @throws IllegalStateException when it was given back already
     */
    public ByteBuffer buffer() {
        return memory(false).buffer();
    }

    /**
     * The same as {@link #buffer()}, for content that will probably fill a small part only, such as compressed bytes.
     * Asked for first in this way, it is the buffer of which the operating system holds the least, so that a pool needs
     * less memory than the sum of its buffers.
     */
    public ByteBuffer sparseBuffer() {
        return memory(true).buffer();
    }

    private synchronized Memory memory(boolean sparse) {
        if (returned.get()) {
            throw new IllegalStateException("the buffer was given back to its pool");
        }
        if (memory == null) {
            memory = pool.memory(sparse);
        }
        return memory;
    }

    /** Gives the buffer back for reuse. Nobody may touch its memory any more. */
    public void release() {
        if (returned.compareAndSet(false, true)) {
            pool.giveBack(detach());
        }
    }

    /**
     * Gives back the place in the budget, not the memory, which is left to the garbage collector: for memory that an
     * abandoned transfer may still read.
     */
    public void discard() {
        if (returned.compareAndSet(false, true)) {
            Memory unused = detach();
            pool.giveBack(null);
        }
    }

    private synchronized @Nullable Memory detach() {
        Memory taken = memory;
        memory = null;
        return taken;
    }
}
