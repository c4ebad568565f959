package io.walarchiver.restore;

import io.walarchiver.wal.SegmentSize;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What is known about the cluster: told by the settings, or learnt from a verified segment. */
final class KnownCluster {

    private final RestoreSettings settings;
    private final AtomicReference<@Nullable SegmentSize> learnt = new AtomicReference<>();

    KnownCluster(RestoreSettings settings) {
        this.settings = settings;
    }

    /** What the settings say goes before what was learnt. */
    Optional<SegmentSize> segmentSize() {
        return settings.segmentSize().get().or(() -> Optional.ofNullable(learnt.get()));
    }

    OptionalLong systemIdentifier() {
        return settings.systemIdentifier().get();
    }

    void learn(SegmentSize size) {
        learnt.set(size);
    }
}
