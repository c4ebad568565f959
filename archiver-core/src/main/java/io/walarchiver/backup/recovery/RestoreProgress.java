package io.walarchiver.backup.recovery;

import java.time.Duration;
import java.util.Optional;

/**
 * How far a restore is. All bytes are those of the stored objects, which is what takes the time.
 *
 * @param downloadedBytes downloaded by this run and complete from earlier ones
 * @param totalBytes      of all objects of the backup
 * @param resumedBytes    the part of {@code downloadedBytes} that earlier runs had completed
 * @param files           regular files written or found complete by this run
 * @param writtenBytes    content of those files
 * @param elapsed         since this run began to download
 */
public record RestoreProgress(
        long downloadedBytes, long totalBytes, long resumedBytes, long files, long writtenBytes, Duration elapsed) {

    /** Bytes downloaded per second, on the average of this run; 0 when nothing can be said yet. */
    public double bytesPerSecond() {
        double seconds = elapsed.toNanos() / 1e9;
        return seconds <= 0 ? 0 : (downloadedBytes - resumedBytes) / seconds;
    }

    /** How long it will still take at that rate; empty when nothing can be said yet. */
    public Optional<Duration> remaining() {
        double rate = bytesPerSecond();
        return rate <= 0
                ? Optional.empty()
                : Optional.of(Duration.ofMillis((long) (1000 * Math.max(0, totalBytes - downloadedBytes) / rate)));
    }

    /** From 0 to 1. */
    public double fraction() {
        return totalBytes == 0 ? 1 : Math.min(1, (double) downloadedBytes / totalBytes);
    }
}
