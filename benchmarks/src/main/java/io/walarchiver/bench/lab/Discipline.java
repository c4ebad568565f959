package io.walarchiver.bench.lab;

import java.time.Duration;

/** What contestants do. */
enum Discipline {
    /** All segments are ready; they are asked for one after the other. */
    PUSH_BURST(Duration.ZERO),
    /** A quiet server: one segment becomes ready and is asked for, then nothing for a while. */
    PUSH_LONE(Duration.ofMillis(300)),
    /** Recovery that replays in no time. */
    FETCH(Duration.ZERO),
    /** Recovery that replays a segment in 40 ms. */
    FETCH_REPLAY(Duration.ofMillis(40));

    private final Duration pause;

    Discipline(Duration pause) {
        this.pause = pause;
    }

    /** How long the server does something else after each segment. */
    Duration pause() {
        return pause;
    }

    boolean isPush() {
        return this == PUSH_BURST || this == PUSH_LONE;
    }
}
