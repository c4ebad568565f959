package io.walarchiver.codec;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
    private final Set<Thread> granting = new HashSet<>();
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
     * Waits for {@code count} buffers and takes them together. Cancelling before the lease was received gives up the
     * place in the queue, or the lease if it was on the way. From then on the receiver owns it and must give back every
     * buffer exactly once, whatever happens: operators behind this one that may drop a value on cancellation (a
     * {@code publishOn}, a {@code flatMap}) belong inside the {@code usingWhen} that releases the lease.
     *
     * @throws IllegalArgumentException when the pool can never grant that many
     */
    public Mono<List<PooledBuffer>> acquire(int count, Priority priority) {
        if (count < 1 || count > capacity) {
            throw new IllegalArgumentException("asked for " + count + " buffers, the pool has " + capacity);
        }
        return Mono.create(sink -> enqueue(new Waiter(count, sink), priority));
    }

    private void enqueue(Waiter waiter, Priority priority) {
        waiter.sink.onCancel(() -> cancel(waiter));
        synchronized (this) {
            if (!waiter.cancelled) {
                (priority == Priority.URGENT ? urgent : ordinary).addLast(waiter);
            }
        }
        grant();
    }

    /**
     * The sink calls this only when its subscriber has not received a lease and never will. A lease that is on the way
     * must come back, because the sink drops it.
     */
    private void cancel(Waiter waiter) {
        List<PooledBuffer> undelivered;
        synchronized (this) {
            waiter.cancelled = true;
            undelivered = waiter.lease;
            if (undelivered.isEmpty()) {
                urgent.remove(waiter);
                ordinary.remove(waiter);
            }
        }
        undelivered.forEach(PooledBuffer::release);
        // A large request that leaves the head of the queue may have held up smaller ones.
        grant();
    }

    /**
     * Serves the queue as far as it goes. A receiver may release or acquire while it is called; a thread that comes back
     * here that way leaves the rest to the loop it came from, or long queues would overflow its stack.
     */
    private void grant() {
        Thread current = Thread.currentThread();
        synchronized (this) {
            if (!granting.add(current)) {
                return;
            }
        }
        boolean emptied = false;
        try {
            Waiter waiter = nextGranted(current);
            while (waiter != null) {
                // Outside the lock: the receiver's code runs in here.
                waiter.sink.success(waiter.lease);
                waiter = nextGranted(current);
            }
            emptied = true;
        } finally {
            if (!emptied) {
                synchronized (this) {
                    granting.remove(current);
                }
            }
        }
    }

    /** Takes the next request that can be granted; null, and the thread is no longer granting, when there is none. */
    private synchronized @Nullable Waiter nextGranted(Thread current) {
        Deque<Waiter> queue = urgent.isEmpty() ? ordinary : urgent;
        Waiter waiter = queue.peekFirst();
        if (waiter == null || capacity - inUse < waiter.count) {
            // Together with the decision, so that a nested call never relies on a loop that has ended.
            granting.remove(current);
            return null;
        }
        queue.removeFirst();
        inUse += waiter.count;
        List<PooledBuffer> lease = new ArrayList<>(waiter.count);
        for (int i = 0; i < waiter.count; i++) {
            lease.add(new PooledBuffer(this, idle.pollFirst(), bufferBytes));
        }
        waiter.lease = List.copyOf(lease);
        return waiter;
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

    /** A request in the queue. Its changing fields are guarded by the pool. */
    private static final class Waiter {

        private final int count;
        private final MonoSink<List<PooledBuffer>> sink;
        private boolean cancelled;
        private List<PooledBuffer> lease = List.of();

        Waiter(int count, MonoSink<List<PooledBuffer>> sink) {
            this.count = count;
            this.sink = sink;
        }
    }
}
