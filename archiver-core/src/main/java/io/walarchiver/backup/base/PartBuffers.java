package io.walarchiver.backup.base;

import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.BufferPool.Priority;
import io.walarchiver.codec.PooledBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Mono;

/**
 * The buffers of one backup. At no time has it so many that WAL archiving, which takes them in pairs, could not have one
 * pair; where the budget is no larger than a pair, it has one, and gives it back after each part.
 *
 * <p>All that were handed out and not given back are given back by {@link #giveUp}, however the backup ended.
 */
final class PartBuffers {

    /** A segment and its compressed form. */
    private static final int PAIR = 2;

    private final BufferPool pool;
    private final int most;

    /** Of these only the number counts: their memory is never asked for. */
    private final BufferPool permits;

    private final Set<Part> out = new HashSet<>();
    private boolean closed;

    /** @param wanted how many would be of use */
    PartBuffers(BufferPool pool, int wanted) {
        this.pool = pool;
        this.most = Math.max(1, Math.min(wanted, pool.capacity() - PAIR));
        this.permits = new BufferPool(1, most);
    }

    /** How many the backup has at most. */
    int most() {
        return most;
    }

    /** Waits for a buffer. Whoever receives it gives it back. */
    Mono<Part> acquire() {
        return permits.acquire(1, Priority.ORDINARY)
                .flatMap(permit -> pool.acquire(1, Priority.ORDINARY).map(lease -> part(lease, permit)));
    }

    private Part part(List<PooledBuffer> lease, List<PooledBuffer> permit) {
        Part part = new Part(lease.get(0), permit.get(0), this::gone);
        boolean late;
        synchronized (this) {
            late = closed;
            if (!late) {
                out.add(part);
            }
        }
        if (late) {
            part.release();
        }
        return part;
    }

    private synchronized void gone(Part part) {
        out.remove(part);
    }

    /** Gives back what is out. Its memory is not reused, because somebody may still be working on it. */
    void giveUp() {
        List<Part> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(out);
        }
        left.forEach(Part::discard);
    }
}
