package io.walarchiver.bridge.kubernetes;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses between attempts: short after success, doubling from failure to failure, never quite the same twice. */
final class Pauses {

    private final Duration shortest;
    private final Duration longest;
    private int failures;

    Pauses(Duration shortest, Duration longest) {
        this.shortest = shortest;
        this.longest = longest;
    }

    synchronized void succeeded() {
        failures = 0;
    }

    synchronized void failed() {
        failures++;
    }

    /** Between half of the full pause and all of it. */
    synchronized Duration next() {
        long full = Math.min(longest.toMillis(), shortest.toMillis() << Math.min(failures, 20));
        return Duration.ofMillis(full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1));
    }
}
