package io.walarchiver.backup.verify;

import io.walarchiver.backup.catalog.BackupInfo;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Whose archive this is: told before, or learnt from the first object that says it. Safe for many threads. */
final class ClusterIdentity {

    /** A system identifier and who says so. */
    private record Known(long identifier, String source) {}

    private final AtomicReference<@Nullable Known> known = new AtomicReference<>();

    ClusterIdentity(OptionalLong told, String source) {
        told.ifPresent(identifier -> known.set(new Known(identifier, source)));
    }

    /** What a record says; empty when it says nothing, or nothing that is a system identifier. */
    static OptionalLong of(BackupInfo info) {
        try {
            return info.systemIdentifier().isPresent()
                    ? OptionalLong.of(
                            Long.parseUnsignedLong(info.systemIdentifier().get()))
                    : OptionalLong.empty();
        } catch (NumberFormatException notANumber) {
            return OptionalLong.empty();
        }
    }

    /**
     * Compares a system identifier (unsigned) with the cluster's.
     *
     * @param claimant what has it, for people: "its first page"
     * @param object   whose claimant that is, for people
     * @return what is wrong; empty when it is the same, or the first one heard of
     */
    Optional<String> objectionTo(long identifier, String claimant, String object) {
        Known mine = known.compareAndExchange(null, new Known(identifier, object));
        return mine == null || mine.identifier() == identifier
                ? Optional.empty()
                : Optional.of(claimant + " has the system identifier " + Long.toUnsignedString(identifier) + ", but "
                        + mine.source() + " has " + Long.toUnsignedString(mine.identifier()));
    }
}
