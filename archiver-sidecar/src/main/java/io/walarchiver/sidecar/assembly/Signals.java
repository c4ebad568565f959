package io.walarchiver.sidecar.assembly;

import java.util.concurrent.CountDownLatch;
import sun.misc.Signal;

/**
 * Waits for SIGTERM or SIGINT. A handler of our own instead of a shutdown hook, because the process is to end with 0
 * after an orderly end. A second signal ends it at once.
 */
final class Signals {

    private static final int KILLED = 143;

    private final CountDownLatch asked = new CountDownLatch(1);
    private final Runnable reaction;

    private Signals(Runnable reaction) {
        this.reaction = reaction;
    }

    /** From now on the signals do not end the process. */
    static Signals listen() {
        return listen(() -> {});
    }

    /**
     * From now on the signals do not end the process.
     *
     * @param reaction runs once, when the first signal comes
     */
    static Signals listen(Runnable reaction) {
        Signals signals = new Signals(reaction);
        Signal.handle(new Signal("TERM"), signal -> signals.received());
        Signal.handle(new Signal("INT"), signal -> signals.received());
        return signals;
    }

    private void received() {
        if (asked.getCount() == 0) {
            Runtime.getRuntime().halt(KILLED);
        }
        asked.countDown();
        reaction.run();
    }

    /** True when a signal has come. */
    boolean isReceived() {
        return asked.getCount() == 0;
    }

    /** Blocks until a signal comes. */
    void await() throws InterruptedException {
        asked.await();
    }
}
