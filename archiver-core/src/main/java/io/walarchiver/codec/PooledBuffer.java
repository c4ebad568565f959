package io.walarchiver.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A direct buffer on loan from a {@link BufferPool}. Whoever holds it gives it back exactly once, with
 * {@link #release()} or {@link #discard()}; further calls do nothing.
 */
public final class PooledBuffer {

    private final BufferPool pool;
    private final int bytes;
    private final AtomicBoolean returned = new AtomicBoolean();
    private @Nullable ByteBuffer memory;

    PooledBuffer(BufferPool pool, @Nullable ByteBuffer memory, int bytes) {
        this.pool = pool;
        this.memory = memory;
        this.bytes = bytes;
    }

    /**
     * The buffer, cleared and big-endian when first asked for; always the same one. Allocated now when the pool had no idle one, on
     * the calling thread, because zeroing fresh memory takes milliseconds.
     *
     * @throws IllegalStateException when it was given back already
     */
    public synchronized ByteBuffer buffer() {
        if (returned.get()) {
            throw new IllegalStateException("the buffer was given back to its pool");
        }
        if (memory == null) {
            memory = ByteBuffer.allocateDirect(bytes);
        }
        return memory;
    }

    /** Gives the buffer back for reuse. Nobody may touch its memory any more. */
    public void release() {
        if (returned.compareAndSet(false, true)) {
            ByteBuffer free = detach();
            // The next holder must not inherit a limit or a byte order.
            pool.giveBack(free == null ? null : free.clear().order(ByteOrder.BIG_ENDIAN));
        }
    }

    /**
     * Gives back the place in the budget, not the memory, which is left to the garbage collector: for memory that an
     * abandoned transfer may still read.
     */
    public void discard() {
        if (returned.compareAndSet(false, true)) {
            ByteBuffer unused = detach();
            pool.giveBack(null);
        }
    }

    private synchronized @Nullable ByteBuffer detach() {
        ByteBuffer taken = memory;
        memory = null;
        return taken;
    }
}
