package io.walarchiver.backup.base;

import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.PutOptions;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * How to take base backups.
 *
 * @param layout          where things are kept
 * @param options         tags and encryption of archives
 * @param fastCheckpoint  whether the backup begins with a checkpoint at once; false spares the server and takes minutes
 * @param jobs            how many parts are uploaded at once, and how many archives are made at once; the memory budget may
 *                        allow fewer
 * @param maxArchiveBytes about how large an archive may become before a new volume is begun; at most 1 TiB
 * @param minPartBytes    parts are at least as large, as far as a buffer of the memory budget can hold them
 * @param checksums       what to do about damaged pages, when the cluster has checksums
 * @param bytesPerSecond  the most to send on average; empty for no limit
 * @param walPatience     how long to wait, on a standby, for the WAL the backup needs to be archived by the primary
 */
public record BackupSettings(
        ArchiveLayout layout,
        PutOptions options,
        boolean fastCheckpoint,
        int jobs,
        long maxArchiveBytes,
        int minPartBytes,
        ChecksumPolicy checksums,
        OptionalLong bytesPerSecond,
        Duration walPatience) {

    /** Default and, for barman, the usual size of a volume: 100 GiB. */
    public static final long DEFAULT_MAX_ARCHIVE_BYTES = 100L << 30;

    /** Default of {@link #jobs}: 2. */
    public static final int DEFAULT_JOBS = 2;

    /** Default of {@link #walPatience}: an hour. */
    public static final Duration DEFAULT_WAL_PATIENCE = Duration.ofHours(1);

    private static final long LARGEST_ARCHIVE_BYTES = 1L << 40;
    private static final int MOST_JOBS = 64;

    public BackupSettings {
        if (jobs < 1 || jobs > MOST_JOBS) {
            throw new IllegalArgumentException("jobs are from 1 to " + MOST_JOBS + ", not " + jobs);
        }
        if (maxArchiveBytes < 1 || maxArchiveBytes > LARGEST_ARCHIVE_BYTES) {
            throw new IllegalArgumentException(
                    "an archive has from 1 to " + LARGEST_ARCHIVE_BYTES + " bytes, not " + maxArchiveBytes);
        }
        if (minPartBytes < MultipartUpload.MIN_PART_BYTES) {
            throw new IllegalArgumentException(
                    "a part has at least " + MultipartUpload.MIN_PART_BYTES + " bytes, not " + minPartBytes);
        }
        if (bytesPerSecond.isPresent() && bytesPerSecond.getAsLong() < 1) {
            throw new IllegalArgumentException("nothing is ever sent at " + bytesPerSecond.getAsLong() + " bytes/s");
        }
        if (walPatience.isNegative()) {
            throw new IllegalArgumentException("cannot wait for " + walPatience);
        }
    }

    /** The defaults: fast checkpoint off, two jobs, 100 GiB, warn about damaged pages, no limit of bandwidth. */
    public static BackupSettings of(ArchiveLayout layout) {
        return new BackupSettings(
                layout,
                PutOptions.NONE,
                false,
                DEFAULT_JOBS,
                DEFAULT_MAX_ARCHIVE_BYTES,
                MultipartUpload.MIN_PART_BYTES,
                ChecksumPolicy.WARN,
                OptionalLong.empty(),
                DEFAULT_WAL_PATIENCE);
    }

    /** The same settings with other tags and encryption. */
    public BackupSettings withOptions(PutOptions other) {
        return new BackupSettings(
                layout,
                other,
                fastCheckpoint,
                jobs,
                maxArchiveBytes,
                minPartBytes,
                checksums,
                bytesPerSecond,
                walPatience);
    }

    /** The same settings with another kind of checkpoint. */
    public BackupSettings withFastCheckpoint(boolean fast) {
        return new BackupSettings(
                layout, options, fast, jobs, maxArchiveBytes, minPartBytes, checksums, bytesPerSecond, walPatience);
    }

    /** The same settings with another number of jobs. */
    public BackupSettings withJobs(int number) {
        return new BackupSettings(
                layout,
                options,
                fastCheckpoint,
                number,
                maxArchiveBytes,
                minPartBytes,
                checksums,
                bytesPerSecond,
                walPatience);
    }

    /** The same settings with another size of volumes. */
    public BackupSettings withMaxArchiveBytes(long bytes) {
        return new BackupSettings(
                layout, options, fastCheckpoint, jobs, bytes, minPartBytes, checksums, bytesPerSecond, walPatience);
    }

    /** The same settings with another smallest part. */
    public BackupSettings withMinPartBytes(int bytes) {
        return new BackupSettings(
                layout, options, fastCheckpoint, jobs, maxArchiveBytes, bytes, checksums, bytesPerSecond, walPatience);
    }

    /** The same settings with another policy for damaged pages. */
    public BackupSettings withChecksums(ChecksumPolicy policy) {
        return new BackupSettings(
                layout,
                options,
                fastCheckpoint,
                jobs,
                maxArchiveBytes,
                minPartBytes,
                policy,
                bytesPerSecond,
                walPatience);
    }

    /** The same settings with a limit of bandwidth. */
    public BackupSettings withBytesPerSecond(OptionalLong limit) {
        return new BackupSettings(
                layout, options, fastCheckpoint, jobs, maxArchiveBytes, minPartBytes, checksums, limit, walPatience);
    }

    /** The same settings with another patience. */
    public BackupSettings withWalPatience(Duration patience) {
        return new BackupSettings(
                layout,
                options,
                fastCheckpoint,
                jobs,
                maxArchiveBytes,
                minPartBytes,
                checksums,
                bytesPerSecond,
                patience);
    }

    /** How parts are cut: barman's rule, bounded by what a buffer holds. */
    int partBytes(int bufferBytes) {
        long wanted = Math.max(minPartBytes, 2 * (maxArchiveBytes / MultipartUpload.MAX_PARTS));
        return (int) Math.min(bufferBytes, Math.max(MultipartUpload.MIN_PART_BYTES, wanted));
    }
}
