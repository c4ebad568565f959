package io.walarchiver.sidecar.progress;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of the base backups of this process: the one that runs, and the last one. Safe for many threads. */
public final class BackupActivity {

    private @Nullable Running running;
    private @Nullable Last last;

    /**
     * A backup that is being taken.
     *
     * @param name      the name it was given
     * @param server    the server's name in the archive it goes to
     * @param startedAt when it was asked for
     * @param id        its id, once it has one
     * @param progress  how far it is, once that is known
     */
    public record Running(
            String name, String server, Instant startedAt, Optional<String> id, Optional<Progress> progress) {}

    /**
     * A backup that has ended.
     *
     * @param name             the name it was given
     * @param server           the server's name in the archive it went to
     * @param id               its id, if it got so far
     * @param startedAt        when it was asked for
     * @param endedAt          when it ended
     * @param error            why it failed; empty when it is done
     * @param bytes            how many bytes of files it holds
     * @param storedBytes      how many bytes that are in the store
     * @param checksumFailures how many pages had a wrong checksum
     */
    public record Last(
            String name,
            String server,
            Optional<String> id,
            Instant startedAt,
            Instant endedAt,
            Optional<String> error,
            long bytes,
            long storedBytes,
            long checksumFailures) {

        /** True when it can be restored. */
        public boolean isDone() {
            return error.isEmpty();
        }
    }

    /** A backup begins. */
    public synchronized void started(String name, String server, Instant at) {
        running = new Running(name, server, at, Optional.empty(), Optional.empty());
    }

    /** The running backup has its id. */
    public synchronized void identified(String id) {
        Running now = running;
        if (now != null) {
            running = new Running(now.name, now.server, now.startedAt, Optional.of(id), now.progress);
        }
    }

    /** The running backup is so far. */
    public synchronized void progressed(Progress progress) {
        Running now = running;
        if (now != null) {
            running = new Running(now.name, now.server, now.startedAt, now.id, Optional.of(progress));
        }
    }

    /** The running backup is over. */
    public synchronized void ended(Last backup) {
        running = null;
        last = backup;
    }

    /** The backup that is being taken. */
    public synchronized Optional<Running> running() {
        return Optional.ofNullable(running);
    }

    /** The last one that ended. */
    public synchronized Optional<Last> last() {
        return Optional.ofNullable(last);
    }
}
