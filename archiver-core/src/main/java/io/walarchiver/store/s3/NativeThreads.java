package io.walarchiver.store.s3;

import java.time.Duration;
import software.amazon.awssdk.crt.CrtResource;

/**
 * The threads of the native client, which all stores of a process share and which outlive them.
 *
 * <p>At the exit of a process with such threads, the virtual machine waits a third of a second for them to leave native
 * code, and then the exit handler of the CRT waits another second for one that cannot end any more, as it waits for the
 * virtual machine. That is most of the time a short command takes.
 */
public final class NativeThreads {

    private static volatile boolean used;

    private NativeThreads() {}

    static void use() {
        used = true;
    }

    /**
     * Ends them, to be called when the process is about to exit and all stores are closed. Waits for a limited time;
     * should it not suffice, exiting takes longer and nothing else. Does nothing when no store was ever opened.
     *
     * @param patience how long to wait
     */
    public static void end(Duration patience) {
        if (!used) {
            return;
        }
        // The call has a limit of its own, which is a minute.
        Thread waiting = new Thread(
                () -> {
                    try {
                        CrtResource.waitForNoResources();
                    } catch (RuntimeException stillThere) {
                        // Somebody has not closed a store.
                    }
                },
                "s3-end");
        waiting.setDaemon(true);
        waiting.start();
        try {
            waiting.join(patience.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
