package io.walarchiver.bench.demo;

import java.util.ArrayDeque;
import java.util.Deque;

/** Gives back what a run has taken, last first, once: at the end of the run, or when the JVM is told to stop. */
final class Cleanup implements AutoCloseable {

    private final Deque<AutoCloseable> taken = new ArrayDeque<>();
    private final Thread hook = new Thread(this::giveBack, "cleanup");
    private boolean begun;

    Cleanup() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Remembers something to give back.
     *
     * @throws IllegalStateException when giving back has begun; the thing was given back at once
     */
    synchronized <T extends AutoCloseable> T add(T resource) {
        if (begun) {
            close(resource);
            throw new IllegalStateException("the run is being ended");
        }
        taken.push(resource);
        return resource;
    }

    /** True from the moment the run is being ended. */
    synchronized boolean hasBegun() {
        return begun;
    }

    @Override
    public void close() {
        giveBack();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook itself is what ends the run.
        }
    }

    private void giveBack() {
        Deque<AutoCloseable> all;
        synchronized (this) {
            begun = true;
            all = new ArrayDeque<>(taken);
            taken.clear();
        }
        for (AutoCloseable resource : all) {
            close(resource);
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            System.err.println("cleaning up failed: " + e);
        }
    }
}
