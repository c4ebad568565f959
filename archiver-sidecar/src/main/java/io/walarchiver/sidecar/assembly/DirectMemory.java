package io.walarchiver.sidecar.assembly;

import io.netty.util.internal.PlatformDependent;
import io.walarchiver.sidecar.settings.SettingsException;
import java.util.List;

/** The JVM's own limit of memory outside the heap. */
final class DirectMemory {

    private static final long MEBIBYTE = 1 << 20;

    /** Sockets, and files that are read in passing. */
    private static final long OTHERS = 16 * MEBIBYTE;

    private DirectMemory() {}

    /**
     * Better now than at the first segment that finds no memory.
     *
     * @throws SettingsException when the buffers cannot fit
     */
    static void require(long bufferBytes) {
        long allowed = PlatformDependent.estimateMaxDirectMemory();
        if (allowed < bufferBytes + OTHERS) {
            throw new SettingsException(List.of("--memory: the buffers need " + mebibytes(bufferBytes)
                    + " MiB and this JVM allows " + mebibytes(allowed) + " MiB of direct memory; start it with"
                    + " bin/wal-archiver, which sets the limit, or with -XX:MaxDirectMemorySize="
                    + mebibytes(bufferBytes + OTHERS) + "m"));
        }
    }

    private static long mebibytes(long bytes) {
        return (bytes + MEBIBYTE - 1) / MEBIBYTE;
    }
}
