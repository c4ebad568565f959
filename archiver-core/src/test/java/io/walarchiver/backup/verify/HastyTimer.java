package io.walarchiver.backup.verify;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A timer for which every delay is over at once, and which knows the longest it was asked for. */
final class HastyTimer implements Scheduler {

    private final Scheduler delegate = Schedulers.newSingle("hasty-timer", true);
    final AtomicLong longestNanos = new AtomicLong();
    final AtomicLong delays = new AtomicLong();

    private void note(long delay, TimeUnit unit) {
        long unused = longestNanos.accumulateAndGet(unit.toNanos(delay), Math::max);
        delays.incrementAndGet();
    }

    @Override
    public Disposable schedule(Runnable task) {
        return delegate.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        note(delay, unit);
        return delegate.schedule(task);
    }

    @Override
    public Worker createWorker() {
        return delegate.createWorker();
    }

    @Override
    public void dispose() {
        delegate.dispose();
    }
}
