package io.walarchiver.backup.recovery;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * How to restore base backups.
 *
 * @param jobs           how many archives, or volumes of one, are extracted at the same time, each by a thread
 * @param rangesInFlight how many ranges of one object are downloaded ahead of its extraction; each takes a buffer of the
 *                       pool when there is one free
 * @param rangeBytes     the length of a range; never more than a buffer of the pool
 * @param retryWindow    for how long a range is tried again when the store fails
 * @param flush          whether the restored files must survive a crash of the machine that follows success
 * @param ownership      whether owners are restored
 * @param checkSpace     whether to refuse a destination with less free space than the backup is known to need
 * @param majorVersion   the major version of the PostgreSQL that will run on the files, when known: a backup of another one
 *                       is refused
 */
public record BackupRestoreSettings(
        int jobs,
        int rangesInFlight,
        long rangeBytes,
        Duration retryWindow,
        boolean flush,
        Ownership ownership,
        boolean checkSpace,
        OptionalInt majorVersion) {

    /** Default of {@link #jobs}: 2. */
    public static final int DEFAULT_JOBS = 2;

    /** Default of {@link #rangesInFlight}: 2. */
    public static final int DEFAULT_RANGES = 2;

    /** Default of {@link #rangeBytes}: 8 MiB, which the client of S3 fetches with one request. */
    public static final long DEFAULT_RANGE_BYTES = 8L << 20;

    /** Default of {@link #retryWindow}: 5 minutes. */
    public static final Duration DEFAULT_RETRY_WINDOW = Duration.ofMinutes(5);

    /** Who owns the restored files. */
    public enum Ownership {
        /** Running as root, whom the archive says: by name, then by number. Otherwise the user who restores. */
        WHEN_ROOT,
        /** The user who restores. */
        IGNORE
    }

    /** The defaults. */
    public static final BackupRestoreSettings DEFAULT = new BackupRestoreSettings(
            DEFAULT_JOBS,
            DEFAULT_RANGES,
            DEFAULT_RANGE_BYTES,
            DEFAULT_RETRY_WINDOW,
            true,
            Ownership.WHEN_ROOT,
            true,
            OptionalInt.empty());

    public BackupRestoreSettings {
        if (jobs < 1 || rangesInFlight < 1 || rangeBytes < 1) {
            throw new IllegalArgumentException("a restore needs a job, a range and a byte at least, not " + jobs + ", "
                    + rangesInFlight + " and " + rangeBytes);
        }
        if (retryWindow.isNegative()) {
            throw new IllegalArgumentException("the retry window cannot be negative: " + retryWindow);
        }
    }

    /** The same settings with another number of jobs. */
    public BackupRestoreSettings withJobs(int other) {
        return new BackupRestoreSettings(
                other, rangesInFlight, rangeBytes, retryWindow, flush, ownership, checkSpace, majorVersion);
    }

    /** The same settings with other ranges. */
    public BackupRestoreSettings withRanges(int inFlight, long bytes) {
        return new BackupRestoreSettings(
                jobs, inFlight, bytes, retryWindow, flush, ownership, checkSpace, majorVersion);
    }

    /** The same settings with another retry window. */
    public BackupRestoreSettings withRetryWindow(Duration other) {
        return new BackupRestoreSettings(
                jobs, rangesInFlight, rangeBytes, other, flush, ownership, checkSpace, majorVersion);
    }

    /** The same settings, with files flushed at the end or not. */
    public BackupRestoreSettings withFlush(boolean other) {
        return new BackupRestoreSettings(
                jobs, rangesInFlight, rangeBytes, retryWindow, other, ownership, checkSpace, majorVersion);
    }

    /** The same settings with another rule for owners. */
    public BackupRestoreSettings withOwnership(Ownership other) {
        return new BackupRestoreSettings(
                jobs, rangesInFlight, rangeBytes, retryWindow, flush, other, checkSpace, majorVersion);
    }

    /** The same settings, with the check of free space or without. */
    public BackupRestoreSettings withCheckSpace(boolean other) {
        return new BackupRestoreSettings(
                jobs, rangesInFlight, rangeBytes, retryWindow, flush, ownership, other, majorVersion);
    }

    /** The same settings for a certain PostgreSQL. */
    public BackupRestoreSettings withMajorVersion(int version) {
        return new BackupRestoreSettings(
                jobs, rangesInFlight, rangeBytes, retryWindow, flush, ownership, checkSpace, OptionalInt.of(version));
    }
}
