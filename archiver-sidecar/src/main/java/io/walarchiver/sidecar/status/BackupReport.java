package io.walarchiver.sidecar.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.walarchiver.sidecar.maintenance.CatalogSummary;
import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.maintenance.MaintenanceStatus;
import io.walarchiver.sidecar.maintenance.RetentionSummary;
import io.walarchiver.sidecar.maintenance.VerifySummary;
import io.walarchiver.sidecar.progress.BackupActivity;
import io.walarchiver.sidecar.progress.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /status} tells about base backups and the care of the archive. What is not known yet is left out.
 *
 * @param primary      whether this was the primary in the last round of maintenance
 * @param running      the backup that is being taken
 * @param last         the last one that this process took
 * @param catalog      the backups of the archive
 * @param wal          the WAL of the archive
 * @param retention    what retention did last
 * @param verification what reading back found last
 * @param lastRound    when maintenance last went through without a failure
 * @param lastFailure  what went wrong in the last round, when something did
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BackupReport(
        @Nullable Boolean primary,
        @Nullable Running running,
        @Nullable Last last,
        @Nullable Catalog catalog,
        @Nullable Wal wal,
        @Nullable Retention retention,
        @Nullable Verification verification,
        @Nullable String lastRound,
        @Nullable String lastFailure) {

    static BackupReport of(BackupActivity activity, MaintenanceStatus maintenance) {
        return new BackupReport(
                maintenance.primary().orElse(null),
                activity.running().map(Running::of).orElse(null),
                activity.last().map(Last::of).orElse(null),
                maintenance.catalog().map(Catalog::of).orElse(null),
                maintenance.inventory().map(Wal::of).orElse(null),
                maintenance.retention().map(Retention::of).orElse(null),
                maintenance.verification().map(Verification::of).orElse(null),
                text(maintenance.lastRound()),
                maintenance.lastFailure().orElse(null));
    }

    /** A backup that is being taken; see {@link BackupActivity.Running} and {@link Progress}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Running(
            String name,
            String server,
            String startedAt,
            @Nullable String id,
            @Nullable String phase,
            long doneBytes,
            long totalBytes,
            @Nullable Double fraction,
            double bytesPerSecond,
            @Nullable Long remainingSeconds) {

        static Running of(BackupActivity.Running running) {
            Optional<Progress> progress = running.progress();
            return new Running(
                    running.name(),
                    running.server(),
                    running.startedAt().toString(),
                    running.id().orElse(null),
                    progress.map(Progress::phase).orElse(null),
                    progress.map(Progress::done).orElse(0L),
                    progress.map(Progress::total).orElse(0L),
                    progress.flatMap(Progress::fraction).orElse(null),
                    progress.map(Progress::bytesPerSecond).orElse(0.0),
                    progress.flatMap(Progress::remaining)
                            .map(Duration::toSeconds)
                            .orElse(null));
        }
    }

    /** A backup that has ended; see {@link BackupActivity.Last}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Last(
            String name,
            String server,
            @Nullable String id,
            String startedAt,
            String endedAt,
            boolean done,
            @Nullable String error,
            long bytes,
            long storedBytes,
            long checksumFailures) {

        static Last of(BackupActivity.Last last) {
            return new Last(
                    last.name(),
                    last.server(),
                    last.id().orElse(null),
                    last.startedAt().toString(),
                    last.endedAt().toString(),
                    last.isDone(),
                    last.error().orElse(null),
                    last.bytes(),
                    last.storedBytes(),
                    last.checksumFailures());
        }
    }

    /** The catalog; see {@link CatalogSummary} and {@link io.walarchiver.backup.catalog.RecoveryWindow}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Catalog(
            String at,
            @Nullable String firstRecoverabilityPoint,
            @Nullable String lastSuccessfulBackup,
            @Nullable String lastFailedBackup,
            int restorable,
            int failed,
            int unfinished,
            int unreadable,
            List<Backup> newest) {

        static Catalog of(CatalogSummary summary) {
            return new Catalog(
                    summary.at().toString(),
                    text(summary.window().firstRecoverabilityPoint()),
                    text(summary.window().lastSuccessfulBackup()),
                    text(summary.window().lastFailedBackup()),
                    summary.restorable(),
                    summary.failed(),
                    summary.unfinished(),
                    summary.unreadable(),
                    summary.newest().stream().map(Backup::of).toList());
        }
    }

    /** One backup; see {@link CatalogSummary.Backup}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Backup(
            String id,
            @Nullable String name,
            String status,
            @Nullable String begin,
            @Nullable String end,
            @Nullable String beginWal,
            @Nullable String keep,
            @Nullable String problem) {

        static Backup of(CatalogSummary.Backup backup) {
            return new Backup(
                    backup.id(),
                    backup.name().orElse(null),
                    backup.status(),
                    text(backup.begin()),
                    text(backup.end()),
                    backup.beginWal().orElse(null),
                    backup.keep().orElse(null),
                    backup.problem().orElse(null));
        }
    }

    /** The WAL; see {@link InventorySummary}. */
    public record Wal(
            String at,
            long objects,
            long bytes,
            int breakingGaps,
            int otherGaps,
            List<InventorySummary.Gap> gaps,
            List<String> unrecoverable) {

        static Wal of(InventorySummary summary) {
            return new Wal(
                    summary.at().toString(),
                    summary.objects(),
                    summary.bytes(),
                    summary.breakingGaps(),
                    summary.otherGaps(),
                    summary.gaps(),
                    summary.unrecoverable());
        }
    }

    /** What retention did; see {@link RetentionSummary}. */
    public record Retention(
            String at, String policy, int backupsDeleted, long filesDeleted, long refused, List<String> problems) {

        static Retention of(RetentionSummary summary) {
            return new Retention(
                    summary.at().toString(),
                    summary.policy(),
                    summary.backupsDeleted(),
                    summary.filesDeleted(),
                    summary.refused(),
                    summary.problems());
        }
    }

    /** What reading back found; see {@link VerifySummary}. */
    public record Verification(
            String at, double seconds, long objects, long bytes, long damaged, List<String> findings) {

        static Verification of(VerifySummary summary) {
            return new Verification(
                    summary.at().toString(),
                    summary.took().toMillis() / 1000.0,
                    summary.objects(),
                    summary.bytes(),
                    summary.damaged(),
                    summary.findings());
        }
    }

    private static @Nullable String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse(null);
    }
}
