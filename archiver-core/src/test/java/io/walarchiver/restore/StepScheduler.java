package io.walarchiver.restore;

import java.util.ArrayDeque;
import java.util.Queue;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** Runs one piece of work each time it is told to, on the thread that tells it. */
final class StepScheduler implements Scheduler {

    private final Queue<Runnable> work = new ArrayDeque<>();

    /** Runs the next piece; false when there is none. */
    boolean step() {
        Runnable next;
        synchronized (work) {
            next = work.poll();
        }
        if (next != null) {
            next.run();
        }
        return next != null;
    }

    @Override
    public Disposable schedule(Runnable task) {
        synchronized (work) {
            work.add(task);
        }
        return Disposables.disposed();
    }

    @Override
    public Worker createWorker() {
        throw new AssertionError("blocking work is scheduled directly");
    }
}
