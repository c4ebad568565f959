package io.walarchiver.backup.verify;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.Bandwidth;
import io.walarchiver.wal.SegmentSize;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What to verify and how much of the machine and the network to take for it.
 *
 * @param layout           where everything is
 * @param segmentSize      the cluster's; when it is not known, that of the newest backup's record counts, else 16 MiB
 * @param systemIdentifier the cluster's; when it is not known, that of the newest backup's record counts, else that of the
 *                         first segment
 * @param scope            what to read back
 * @param concurrency      how many objects are read at once, at least 1. Fewer when the pool is small: two buffers stay
 *                         free for others, if it has that many
 * @param bandwidth        how fast to read
 */
public record VerificationSettings(
        ArchiveLayout layout,
        Optional<SegmentSize> segmentSize,
        OptionalLong systemIdentifier,
        VerificationScope scope,
        int concurrency,
        Bandwidth bandwidth) {

    /** Default of {@link #concurrency}: 2. */
    public static final int DEFAULT_CONCURRENCY = 2;

    public VerificationSettings {
        if (concurrency < 1) {
            throw new IllegalArgumentException("nothing is verified by reading " + concurrency + " objects at once");
        }
    }

    /** Everything, two objects at a time, as fast as they come. */
    public static VerificationSettings of(ArchiveLayout layout) {
        return new VerificationSettings(
                layout,
                Optional.empty(),
                OptionalLong.empty(),
                new VerificationScope.Everything(),
                DEFAULT_CONCURRENCY,
                Bandwidth.UNLIMITED);
    }

    /** The same settings for a known cluster. */
    public VerificationSettings withCluster(SegmentSize size, long identifier) {
        return new VerificationSettings(
                layout, Optional.of(size), OptionalLong.of(identifier), scope, concurrency, bandwidth);
    }

    /** The same settings for another scope. */
    public VerificationSettings withScope(VerificationScope other) {
        return new VerificationSettings(layout, segmentSize, systemIdentifier, other, concurrency, bandwidth);
    }

    /** The same settings with another number of objects at once. */
    public VerificationSettings withConcurrency(int objects) {
        return new VerificationSettings(layout, segmentSize, systemIdentifier, scope, objects, bandwidth);
    }

    /** The same settings at another speed. */
    public VerificationSettings withBandwidth(Bandwidth other) {
        return new VerificationSettings(layout, segmentSize, systemIdentifier, scope, concurrency, other);
    }
}
