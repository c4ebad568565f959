package io.walarchiver.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
 * <p>Buffers are allocated when first needed and kept. Memory that only compressed bytes pass through is not mixed with
 * memory that is filled to the end ({@link PooledBuffer#sparseBuffer()}), and what nobody uses goes back to the operating
 * system ({@link #trim()}): the budget is what may be in use, not what always is. Requests for several buffers are granted all at once or not at
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
    private final Deque<Memory> idle = new ArrayDeque<>();
    private final Deque<Waiter> urgent = new ArrayDeque<>();
    private final Deque<Waiter> ordinary = new ArrayDeque<>();
    private final Set<Thread> granting = new HashSet<>();
    private int inUse;
    private volatile Runnable shortage = () -> {};

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

    /**
     * Sets what happens when an urgent request finds too few free buffers: {@code action} is called, on the requester's
     * thread and once for each such request, and may make somebody give buffers back who uses them for something that can
     * be done again. It must not block. Replaces the action set before.
     */
    public void onShortage(Runnable action) {
        shortage = action;
    }

    private void enqueue(Waiter waiter, Priority priority) {
        waiter.sink.onCancel(() -> cancel(waiter));
        synchronized (this) {
            if (!waiter.cancelled) {
                (priority == Priority.URGENT ? urgent : ordinary).addLast(waiter);
            }
        }
        grant();
        if (priority == Priority.URGENT && isWaiting(waiter)) {
            shortage.run();
        }
    }

    private synchronized boolean isWaiting(Waiter waiter) {
        return urgent.contains(waiter);
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
            lease.add(new PooledBuffer(this));
        }
        waiter.lease = List.copyOf(lease);
        return waiter;
    }

    /** Memory for a buffer that is in use: idle memory that fits the purpose, or new memory. */
    Memory memory(boolean sparse) {
        synchronized (this) {
            Memory best = null;
            for (Memory candidate : idle) {
                if (best == null || (sparse ? candidate.touched < best.touched : candidate.touched > best.touched)) {
                    best = candidate;
                }
            }
            if (best != null) {
                idle.remove(best);
                best.lease(sparse);
                return best;
            }
        }
        Memory fresh = new Memory(ByteBuffer.allocateDirect(bufferBytes));
        if (sparse) {
            // Allocation has zeroed it, and so touched all of it.
            boolean unused = MemoryPages.release(fresh.buffer);
        }
        fresh.lease(sparse);
        return fresh;
    }

    void giveBack(@Nullable Memory memory) {
        synchronized (this) {
            inUse--;
            if (memory != null) {
                memory.endLease();
                // Last in, first out: the memory used last is the most likely to be in a CPU cache.
                idle.addFirst(memory);
            }
        }
        grant();
    }

    /**
     * Gives the memory of idle buffers that were not used since the last call back to the operating system. To be
     * called from time to time, on a thread that may be held up for some milliseconds.
     */
    public void trim() {
        List<Memory> candidates;
        synchronized (this) {
            candidates = List.copyOf(idle);
        }
        for (Memory memory : candidates) {
            // One at a time: whoever waits for the lock waits for one buffer only.
            trim(memory);
        }
    }

    private synchronized void trim(Memory memory) {
        if (memory.used) {
            memory.used = false;
        } else if (memory.touched > 0 && idle.contains(memory)) {
            if (MemoryPages.release(memory.buffer)) {
                memory.touched = 0;
            } else {
                // The garbage collector frees it then.
                idle.remove(memory);
            }
        }
    }

    /** A buffer's memory. Its changing fields are guarded by the pool once it was idle. */
    static final class Memory {

        private final ByteBuffer buffer;
        private boolean sparse;
        private boolean used;

        /** About how many bytes were written since the operating system gave the pages; decides preference only. */
        private int touched;

        Memory(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        ByteBuffer buffer() {
            return buffer;
        }

        private void lease(boolean forFew) {
            sparse = forFew;
        }

        private void endLease() {
            used = true;
            int written = buffer.capacity();
            if (sparse) {
                // Flipped, or still being written; an unmoved buffer may hold anything.
                int position = buffer.position() > 0 ? buffer.position() : written;
                written = buffer.limit() < written ? buffer.limit() : position;
            }
            touched = Math.max(touched, written);
            // The next holder must not inherit a limit or a byte order.
            buffer.clear().order(ByteOrder.BIG_ENDIAN);
        }
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
