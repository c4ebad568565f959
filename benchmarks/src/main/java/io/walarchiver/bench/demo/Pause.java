package io.walarchiver.bench.demo;

import java.io.IOException;
import java.time.Duration;

/** Waiting between two looks at something that cannot notify us. */
final class Pause {

    private Pause() {}

    static void of(Duration time) throws IOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
