package io.walarchiver.bench.backup;

import io.walarchiver.bench.process.CommandCost;
import io.walarchiver.bench.s3.SinkStatistics;

/**
 * One backup and its restore.
 *
 * @param dataBytes what was backed up
 * @param backup    what that cost
 * @param sent      what reached the server meanwhile
 * @param restore   what the restore cost
 * @param asked     what the server was asked for meanwhile
 */
record BackupRound(long dataBytes, CommandCost backup, SinkStatistics sent, CommandCost restore, SinkStatistics asked) {

    private static final double MEBIBYTE = 1 << 20;
    private static final double GIBIBYTE = 1 << 30;
    private static final double NANOS = 1e9;

    double backupCpu() {
        return cpu(backup);
    }

    double restoreCpu() {
        return cpu(restore);
    }

    /** CPU seconds for a GiB of data. */
    private double cpu(CommandCost cost) {
        return cost.cpu().toNanos() / NANOS / (dataBytes / GIBIBYTE);
    }

    double backupSpeed() {
        return speed(backup);
    }

    double restoreSpeed() {
        return speed(restore);
    }

    /** MiB of data in a second. */
    private double speed(CommandCost cost) {
        return dataBytes / MEBIBYTE / (cost.wall().toNanos() / NANOS);
    }

    double backupPeak() {
        return backup.peakBytes() / MEBIBYTE;
    }

    double restorePeak() {
        return restore.peakBytes() / MEBIBYTE;
    }

    /** MiB that were sent to be stored. */
    double stored() {
        return sent.bytesIn() / MEBIBYTE;
    }

    double backupRequests() {
        return requests(sent);
    }

    double restoreRequests() {
        return requests(asked);
    }

    private static double requests(SinkStatistics statistics) {
        return statistics.requests().values().stream().mapToLong(n -> n).sum();
    }
}
