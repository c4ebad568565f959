package io.walarchiver.codec;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The one memory budget: a bounded set of equal direct buffers. Waiting for a buffer is the backpressure of the whole
 * pipeline.
 *
 * <p>Buffers are allocated when first needed and kept. Requests for several buffers are granted all at once or not at
 * all, so two holders of one buffer each can never wait for one another. Urgent requests are granted before ordinary
 * ones; within a class the order is first come, first served, and nobody overtakes a large request at the head of the
 * queue. A lease is signalled on the thread that freed the buffers, or on the subscriber's own when some were free.
 *
 * <p>Safe for many threads; nothing here blocks.
 */
public final class BufferPool {

    /** Who is served first when buffers become free. */
    public enum Priority {
        /** Somebody waits for the answer. */
        URGENT,
        /** Look-ahead and prefetch. */
        ORDINARY
    }

    private final int bufferBytes;
    private final int capacity;
    private final Deque<ByteBuffer> idle = new ArrayDeque<>();
    private final Deque<Waiter> urgent = new ArrayDeque<>();
    private final Deque<Waiter> ordinary = new ArrayDeque<>();
    private int inUse;

    /**
     * @param bufferBytes size of each buffer
     * @param capacity    how many buffers may be in use at once
     */
    public BufferPool(int bufferBytes, int capacity) {
        if (bufferBytes < 1 || capacity < 1) {
            throw new IllegalArgumentException("a pool needs buffers: " + capacity + " of " + bufferBytes + " bytes");
        }
        this.bufferBytes = bufferBytes;
        this.capacity = capacity;
    }

    public int bufferBytes() {
        return bufferBytes;
    }

    /** How many buffers may be in use at once. */
    public int capacity() {
        return capacity;
    }

    /** How many buffers are in use now. */
    public synchronized int inUse() {
        return inUse;
    }

    /** How many requests are waiting now. */
    public synchronized int waiting() {
        return urgent.size() + ordinary.size();
    }

    /**
     * Waits for {@code count} buffers and takes them together. Cancelling while waiting gives up the place in the
     * queue. The receiver must give back every buffer exactly once.
     *
     * @throws IllegalArgumentException when the pool can never grant that many
     */
    public Mono<List<PooledBuffer>> acquire(int count, Priority priority) {
        if (count < 1 || count > capacity) {
            throw new IllegalArgumentException("asked for " + count + " buffers, the pool has " + capacity);
        }
        // A subscriber can cancel while its lease is on the way; the sink then discards it, and the lease must come
        // back.
        return Mono.<List<PooledBuffer>>create(sink -> enqueue(new Waiter(count, sink), priority))
                .doOnDiscard(List.class, BufferPool::releaseDiscarded);
    }

    private static void releaseDiscarded(List<?> lease) {
        for (Object buffer : lease) {
            if (buffer instanceof PooledBuffer pooled) {
                pooled.release();
            }
        }
    }

    private void enqueue(Waiter waiter, Priority priority) {
        waiter.sink.onCancel(() -> {
            synchronized (this) {
                urgent.remove(waiter);
                ordinary.remove(waiter);
            }
            // A large request that leaves the head of the queue may have held up smaller ones.
            grant();
        });
        synchronized (this) {
            (priority == Priority.URGENT ? urgent : ordinary).addLast(waiter);
        }
        grant();
    }

    private void grant() {
        while (true) {
            Waiter waiter;
            List<PooledBuffer> buffers;
            synchronized (this) {
                Deque<Waiter> queue = urgent.isEmpty() ? ordinary : urgent;
                waiter = queue.peekFirst();
                if (waiter == null || capacity - inUse < waiter.count) {
                    return;
                }
                queue.removeFirst();
                inUse += waiter.count;
                buffers = new ArrayList<>(waiter.count);
                for (int i = 0; i < waiter.count; i++) {
                    buffers.add(new PooledBuffer(this, idle.pollFirst(), bufferBytes));
                }
            }
            waiter.deliver(buffers);
        }
    }

    void giveBack(@Nullable ByteBuffer memory) {
        synchronized (this) {
            inUse--;
            if (memory != null) {
                // Last in, first out: the memory used last is the most likely to be in a CPU cache.
                idle.addFirst(memory);
            }
        }
        grant();
    }

    /** Forgets idle buffers so that the garbage collector can free their memory. Called when there is nothing to do. */
    public synchronized void trim() {
        idle.clear();
    }

    private record Waiter(int count, MonoSink<List<PooledBuffer>> sink) {

        void deliver(List<PooledBuffer> buffers) {
            sink.success(buffers);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
