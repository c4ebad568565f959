package io.walarchiver.sidecar.assembly;

import io.walarchiver.store.s3.NativeThreads;
import java.time.Duration;

/** Ends what the store's native client leaves running when all stores are closed. */
public final class NativeEnd {

    private static final Duration PATIENCE = Duration.ofMillis(500);

    private NativeEnd() {}

    /** Waits for it a moment; blocks. For the end of the process. */
    public static void await() {
        NativeThreads.end(PATIENCE);
    }
}
