package io.walarchiver.sidecar.assembly;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process is made of; closed in the reverse order of making: servers first, then what they use. */
final class Parts implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Parts.class);

    private final Deque<AutoCloseable> made = new ArrayDeque<>();

    /** Takes charge of a part. */
    @CanIgnoreReturnValue
    <T extends AutoCloseable> T add(T part) {
        made.push(part);
        return part;
    }

    /** Closes them all; one that fails does not keep the others open. */
    @Override
    public void close() {
        while (!made.isEmpty()) {
            AutoCloseable part = made.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("{} did not end well", part.getClass().getSimpleName(), e);
            }
        }
    }
}
