package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/**
 * How far recovery goes, and along which timeline (PostgreSQL manual, "Recovery Target").
 *
 * <p>Each kind carries the timeline to follow and, where a person chose one, the backup to start from.
 */
public sealed interface RecoveryTarget {

    /** The end of the archived log. */
    record Latest(TargetTimeline timeline, Optional<BackupId> backup) implements RecoveryTarget {
        @Override
        public Latest along(TargetTimeline other, Optional<BackupId> from) {
            return new Latest(other, from);
        }

        @Override
        public String toString() {
            return "the end of the archive" + RecoveryTarget.suffix(this);
        }
    }

    /** The first consistent state, which is the end of the backup. */
    record Immediate(TargetTimeline timeline, Optional<BackupId> backup) implements RecoveryTarget {
        @Override
        public Immediate along(TargetTimeline other, Optional<BackupId> from) {
            return new Immediate(other, from);
        }

        @Override
        public String toString() {
            return "the first consistent state" + RecoveryTarget.suffix(this);
        }
    }

    /**
     * A moment by the clock of the server that wrote the log.
     *
     * @param inclusive whether a transaction that ended exactly then is kept
     */
    record Time(Instant time, boolean inclusive, TargetTimeline timeline, Optional<BackupId> backup)
            implements RecoveryTarget {
        @Override
        public Time along(TargetTimeline other, Optional<BackupId> from) {
            return new Time(time, inclusive, other, from);
        }

        @Override
        public String toString() {
            return TargetTime.print(time) + RecoveryTarget.suffix(this);
        }
    }

    /**
     * A position in the log.
     *
     * @param inclusive whether the record that starts there is kept
     */
    record Lsn(io.walarchiver.wal.Lsn lsn, boolean inclusive, TargetTimeline timeline, Optional<BackupId> backup)
            implements RecoveryTarget {
        @Override
        public Lsn along(TargetTimeline other, Optional<BackupId> from) {
            return new Lsn(lsn, inclusive, other, from);
        }

        @Override
        public String toString() {
            return "position " + lsn + RecoveryTarget.suffix(this);
        }
    }

    /**
     * A restore point made with {@code pg_create_restore_point()}.
     *
     * @param name shorter than 64 bytes
     */
    record Name(String name, TargetTimeline timeline, Optional<BackupId> backup) implements RecoveryTarget {

        private static final int LONGEST_BYTES = 63;

        public Name {
            int length = name.getBytes(StandardCharsets.UTF_8).length;
            if (length == 0 || length > LONGEST_BYTES) {
                throw new IllegalArgumentException(
                        "the name of a restore point has 1 to " + LONGEST_BYTES + " bytes: \"" + name + "\"");
            }
        }

        @Override
        public Name along(TargetTimeline other, Optional<BackupId> from) {
            return new Name(name, other, from);
        }

        @Override
        public String toString() {
            return "restore point \"" + name + "\"" + RecoveryTarget.suffix(this);
        }
    }

    /**
     * The end of a transaction.
     *
     * @param xid       its number (unsigned); PostgreSQL looks at the lower 32 bits
     * @param inclusive whether the transaction itself is kept
     */
    record Xid(long xid, boolean inclusive, TargetTimeline timeline, Optional<BackupId> backup)
            implements RecoveryTarget {
        @Override
        public Xid along(TargetTimeline other, Optional<BackupId> from) {
            return new Xid(xid, inclusive, other, from);
        }

        @Override
        public String toString() {
            return "transaction " + Long.toUnsignedString(xid) + RecoveryTarget.suffix(this);
        }
    }

    /** The end of the archive, along the latest timeline, from whatever backup is best. */
    static RecoveryTarget latest() {
        return new Latest(TargetTimeline.LATEST, Optional.empty());
    }

    /** The first consistent state of the best backup. */
    static RecoveryTarget immediate() {
        return new Immediate(TargetTimeline.LATEST, Optional.empty());
    }

    /** A moment, inclusive. */
    static RecoveryTarget time(Instant time) {
        return new Time(time, true, TargetTimeline.LATEST, Optional.empty());
    }

    /** A position in the log, inclusive. */
    static RecoveryTarget lsn(io.walarchiver.wal.Lsn lsn) {
        return new Lsn(lsn, true, TargetTimeline.LATEST, Optional.empty());
    }

    /** A restore point. */
    static RecoveryTarget name(String name) {
        return new Name(name, TargetTimeline.LATEST, Optional.empty());
    }

    /** The end of a transaction, inclusive. */
    static RecoveryTarget xid(long xid) {
        return new Xid(xid, true, TargetTimeline.LATEST, Optional.empty());
    }

    /** The timeline to follow. */
    TargetTimeline timeline();

    /** The backup to start from, when somebody chose one. */
    Optional<BackupId> backup();

    /** The same target along another timeline and from another backup. */
    RecoveryTarget along(TargetTimeline other, Optional<BackupId> from);

    /** The same target along another timeline. */
    default RecoveryTarget with(TargetTimeline other) {
        return along(other, backup());
    }

    /** The same target from a certain backup. */
    default RecoveryTarget with(BackupId chosen) {
        return along(timeline(), Optional.of(chosen));
    }

    private static String suffix(RecoveryTarget target) {
        String along = target.timeline() instanceof TargetTimeline.Latest
                ? ""
                : " along timeline " + target.timeline().setting();
        return along + target.backup().map(id -> " from backup " + id).orElse("");
    }
}
