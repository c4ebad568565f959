package io.walarchiver.archive;

import io.walarchiver.wal.WalFileName;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The last success and the last failure, for the status. */
final class ArchiveProgress {

    private @Nullable WalFileName lastArchived;
    private @Nullable Instant lastArchivedAt;
    private @Nullable WalFileName lastFailed;
    private @Nullable String lastFailure;
    private @Nullable Instant lastFailureAt;
    private int consecutiveFailures;

    synchronized void archived(WalFileName name) {
        lastArchived = name;
        lastArchivedAt = Instant.now();
        consecutiveFailures = 0;
        if (name.equals(lastFailed)) {
            lastFailed = null;
            lastFailure = null;
            lastFailureAt = null;
        }
    }

    synchronized void failed(WalFileName name, ArchiveException failure, boolean asked) {
        lastFailed = name;
        lastFailure = failure.getMessage();
        lastFailureAt = Instant.now();
        if (asked) {
            consecutiveFailures++;
        }
    }

    synchronized Optional<WalFileName> lastArchived() {
        return Optional.ofNullable(lastArchived);
    }

    synchronized Optional<Instant> lastArchivedAt() {
        return Optional.ofNullable(lastArchivedAt);
    }

    synchronized Optional<String> lastFailure() {
        return Optional.ofNullable(lastFailure);
    }

    synchronized Optional<Instant> lastFailureAt() {
        return Optional.ofNullable(lastFailureAt);
    }

    synchronized int consecutiveFailures() {
        return consecutiveFailures;
    }
}
