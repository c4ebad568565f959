package io.walarchiver.backup.base;

import io.walarchiver.backup.catalog.BackupId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a backup is.
 *
 * @param id           known once the server was found fit
 * @param name         the name people gave it
 * @param phase        what it is doing
 * @param startedAt    by our clock
 * @param phaseSince   when it began to do that
 * @param copyTime     how long it has been copying, or how long that took
 * @param files        regular files begun
 * @param bytesRead    of files
 * @param bytesTotal   estimate of what there is to read: the size of the tablespaces when the backup began
 * @param bytesStored  that the store has confirmed
 * @param damagedPages pages with a wrong checksum so far
 */
public record BackupProgress(
        Optional<BackupId> id,
        Optional<String> name,
        BackupPhase phase,
        Instant startedAt,
        Instant phaseSince,
        Duration copyTime,
        long files,
        long bytesRead,
        long bytesTotal,
        long bytesStored,
        long damagedPages) {

    private static final double NANOS = 1e9;

    /** Bytes read per second of copying; 0 before there is anything to tell. */
    public double bytesPerSecond() {
        return copyTime.isZero() ? 0 : bytesRead / (copyTime.toNanos() / NANOS);
    }

    /** Of 1; never more, although clusters grow while they are copied. */
    public double fraction() {
        return bytesTotal == 0 ? 0 : Math.min(1, (double) bytesRead / bytesTotal);
    }

    /** How long copying will still take at this rate; empty when that cannot be told. */
    public Optional<Duration> timeLeft() {
        double rate = bytesPerSecond();
        if (phase != BackupPhase.COPYING || rate <= 0 || bytesTotal == 0) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofSeconds((long) (Math.max(0, bytesTotal - bytesRead) / rate)));
    }
}
