package io.walarchiver.backup.transfer;

import io.walarchiver.codec.PooledBuffer;
import java.nio.ByteBuffer;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One range of an object on its way through memory: filled by the store's threads, emptied by the thread that extracts.
 *
 * <p>The memory is touched inside this lock only, so it can be given back at any moment: whoever comes later finds that it
 * is gone. An attempt to download that was given up cannot write into the next one.
 */
public final class RangeBuffer {

    private final PooledBuffer pooled;
    private final Sinks.Empty<Void> gone = Sinks.empty();
    private int attempt;
    private long surplus;
    private boolean released;

    RangeBuffer(PooledBuffer pooled) {
        this.pooled = pooled;
    }

    /** Starts over; returns the number of the attempt. */
    public synchronized int begin() {
        if (!released) {
            pooled.buffer().clear();
        }
        surplus = 0;
        return ++attempt;
    }

    /** Takes what arrived, as long as there is room and {@code attempt} is the present one. */
    public synchronized void append(int of, ByteBuffer chunk) {
        if (released || of != attempt) {
            return;
        }
        ByteBuffer buffer = pooled.buffer();
        int count = Math.min(chunk.remaining(), buffer.remaining());
        buffer.put(chunk.slice(chunk.position(), count));
        surplus += chunk.remaining() - count;
    }

    /** How many bytes arrived, those without room included. */
    public synchronized long received() {
        return released ? 0 : pooled.buffer().position() + surplus;
    }

    /** Ends the filling. */
    public synchronized void flip() {
        if (!released) {
            pooled.buffer().flip();
        }
    }

    /** Moves bytes out; returns how many, -1 when all were taken. */
    synchronized int read(byte[] bytes, int offset, int length) throws Passage.Over {
        if (released) {
            throw new Passage.Over();
        }
        ByteBuffer buffer = pooled.buffer();
        if (!buffer.hasRemaining()) {
            return -1;
        }
        int count = Math.min(length, buffer.remaining());
        buffer.get(bytes, offset, count);
        return count;
    }

    /** Gives the memory back; does nothing the second time. */
    void release() {
        synchronized (this) {
            if (released) {
                return;
            }
            released = true;
        }
        // Outside the lock: the next owner's code runs in here.
        pooled.release();
        Sinks.EmitResult unused = gone.tryEmitEmpty();
    }

    /** Completes when the memory has been given back: for whoever wants no more than one range in memory. */
    public Mono<Void> gone() {
        return gone.asMono();
    }
}
