package io.walarchiver.backup.transfer;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.PooledBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

/**
 * Where the download of an object, which must not block, meets its extraction, which must.
 *
 * <p>The download hands over one buffer at a time, in order; its place is taken by the next one when the extracting thread
 * asks for more. The thread waits for nothing else, and every end of the download wakes it up: the last buffer, a failure
 * and a cancellation alike. All buffers belong to the passage from their lease to their end, so that none is lost, whatever
 * the operators in between drop.
 */
public final class Passage {

    /** The download failed or was given up; the reason is told elsewhere. */
    public static final class Over extends IOException {
        private static final long serialVersionUID = 1L;

        public Over() {
            super("the download is over");
        }
    }

    private final Set<RangeBuffer> held = new HashSet<>();
    private final Sinks.Empty<Void> entered = Sinks.empty();
    private final Sinks.Empty<Void> left = Sinks.empty();
    private @Nullable RangeBuffer waiting;
    private @Nullable MonoSink<Void> taken;
    private int inside;
    private boolean complete;
    private boolean closed;

    /** Waits for memory. Empty when the passage was closed meanwhile. */
    public Mono<RangeBuffer> lease(BufferPool pool) {
        return pool.acquire(1, BufferPool.Priority.ORDINARY).handle((lease, sink) -> {
            RangeBuffer buffer = own(lease);
            if (buffer != null) {
                sink.next(buffer);
            }
        });
    }

    private @Nullable RangeBuffer own(List<PooledBuffer> lease) {
        RangeBuffer buffer = new RangeBuffer(lease.get(0));
        synchronized (this) {
            if (!closed) {
                held.add(buffer);
                return buffer;
            }
        }
        buffer.release();
        return null;
    }

    /** Completes when the extracting thread has come. Memory taken before would keep others from what they need. */
    public Mono<Void> entered() {
        return entered.asMono();
    }

    /** Hands over the next buffer; completes when it has been taken. */
    public Mono<Void> handOver(RangeBuffer buffer) {
        return Mono.create(sink -> {
            synchronized (this) {
                if (!closed) {
                    waiting = buffer;
                    taken = sink;
                    notifyAll();
                }
            }
        });
    }

    /** Tells that no further buffer will come. */
    public synchronized void complete() {
        complete = true;
        notifyAll();
    }

    /** True when whatever is still done here is for nobody. */
    public synchronized boolean isClosed() {
        return closed;
    }

    /** To be called first by the extracting thread, and for each thread that helps it. */
    public void enter() throws Over {
        synchronized (this) {
            if (closed) {
                throw new Over();
            }
            inside++;
        }
        Sinks.EmitResult unused = entered.tryEmitEmpty();
    }

    /** To be called last by each thread that has entered. */
    public void leave() {
        synchronized (this) {
            inside--;
            if (inside > 0) {
                return;
            }
        }
        Sinks.EmitResult unused = left.tryEmitEmpty();
    }

    /**
     * Ends everything: all memory goes back, the extracting thread is woken up. Completes when nobody is inside any more,
     * and never fails.
     */
    public Mono<Void> close() {
        return Mono.defer(() -> {
            List<RangeBuffer> given;
            boolean busy;
            synchronized (this) {
                closed = true;
                given = List.copyOf(held);
                held.clear();
                waiting = null;
                taken = null;
                busy = inside > 0;
                notifyAll();
            }
            given.forEach(RangeBuffer::release);
            return busy ? left.asMono() : Mono.empty();
        });
    }

    /** The buffer after {@code previous}, which is given back; null at the end. Blocks. */
    private @Nullable RangeBuffer next(@Nullable RangeBuffer previous) throws IOException {
        if (previous != null) {
            synchronized (this) {
                held.remove(previous);
            }
            previous.release();
        }
        RangeBuffer buffer;
        MonoSink<Void> sink;
        synchronized (this) {
            try {
                while (waiting == null && !complete && !closed) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Over();
            }
            if (closed) {
                throw new Over();
            }
            buffer = waiting;
            sink = taken;
            waiting = null;
            taken = null;
        }
        if (sink != null) {
            // Outside the lock: the next range is asked for in here.
            sink.success();
        }
        return buffer;
    }

    /** The object's bytes, for the extracting thread. */
    public InputStream stream() {
        return new InputStream() {

            private @Nullable RangeBuffer current;
            private boolean ended;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                if (length == 0) {
                    return 0;
                }
                while (!ended) {
                    RangeBuffer buffer = current;
                    int count = buffer == null ? -1 : buffer.read(bytes, offset, length);
                    if (count > 0) {
                        return count;
                    }
                    current = next(buffer);
                    ended = current == null;
                }
                return -1;
            }
        };
    }
}
