package io.walarchiver.backup.recovery;

import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A timer on which every delay is over at once. */
final class InstantTimer implements Scheduler {

    private final Scheduler threads = Schedulers.parallel();

    @Override
    public Disposable schedule(Runnable task) {
        return threads.schedule(task);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return threads.schedule(task);
    }

    @Override
    public Worker createWorker() {
        throw new AssertionError("delays are scheduled directly");
    }
}
