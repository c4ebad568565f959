package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.retention.BackupDecision;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionReport;
import io.walarchiver.backup.retention.WalRange;
import io.walarchiver.sidecar.progress.Progress;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is deleted, with the reasons, as text and as JSON. */
final class PlanText {

    private static final ObjectMapper JSON = new ObjectMapper();

    private PlanText() {}

    /**
     * The JSON.
     *
     * @param policy  by which backups are judged; absent when one was asked for
     * @param dryRun  true when nothing was deleted
     * @param backups every backup, oldest first
     * @param wal     the WAL that goes
     * @param notes   what people should know besides
     * @param result  what was done; absent for a dry run
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Plan(
            @Nullable String policy,
            boolean dryRun,
            List<Backup> backups,
            List<Wal> wal,
            List<String> notes,
            @Nullable Result result) {}

    /** One backup. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Backup(
            String id,
            @Nullable String name,
            @Nullable String end,
            boolean delete,
            String reason,
            String explanation) {}

    /** WAL files that go for one reason. */
    record Wal(String first, String last, long objects, long bytes, String explanation) {}

    /** What was done. */
    record Result(
            List<String> deletedBackups,
            long deletedFiles,
            long deletedWal,
            long deletedWalBytes,
            long refused,
            List<String> skipped) {}

    static String json(
            @Nullable String policy, RetentionPlan plan, List<WalRange> wal, @Nullable RetentionReport report)
            throws JsonProcessingException {
        return JSON.writeValueAsString(new Plan(
                policy,
                report == null,
                plan.decisions().stream().map(PlanText::backup).toList(),
                wal.stream()
                        .map(range -> new Wal(
                                range.first().toString(),
                                range.last().toString(),
                                range.objects(),
                                range.bytes(),
                                range.explanation()))
                        .toList(),
                plan.notes(),
                report == null ? null : result(report)));
    }

    private static Backup backup(BackupDecision decision) {
        return new Backup(
                decision.id().value(),
                decision.entry().info().name().orElse(null),
                decision.entry().info().end().time().map(Instant::toString).orElse(null),
                decision.isDeletion(),
                decision.reason().name().toLowerCase(Locale.ROOT),
                decision.explanation());
    }

    private static Result result(RetentionReport report) {
        return new Result(
                report.deletedBackups().stream().map(id -> id.value()).toList(),
                report.deletedFiles(),
                report.deletedWal(),
                report.deletedWalBytes(),
                report.refused(),
                report.skipped());
    }

    static void print(PrintWriter out, RetentionPlan plan, List<WalRange> wal, @Nullable RetentionReport report) {
        for (BackupDecision decision : plan.decisions()) {
            out.printf(
                    Locale.ROOT,
                    "%-6s  %s  %s%n",
                    decision.isDeletion() ? "delete" : "keep",
                    decision.id(),
                    decision.explanation());
        }
        for (WalRange range : wal) {
            out.printf(
                    Locale.ROOT,
                    "%-6s  %s to %s, %d objects, %s: %s%n",
                    "delete",
                    range.first(),
                    range.last(),
                    range.objects(),
                    Progress.amount(range.bytes()),
                    range.explanation());
        }
        plan.notes().forEach(note -> out.println("note    " + note));
        if (report == null) {
            out.println(
                    plan.deletions().isEmpty()
                            ? "Nothing would be deleted."
                            : "Nothing was deleted: this was a dry run.");
            return;
        }
        report.skipped().forEach(problem -> out.println("failed  " + problem));
        out.printf(
                Locale.ROOT,
                "Deleted: %d backups, %d WAL objects (%s).%s%n",
                report.deletedBackups().size(),
                report.deletedWal(),
                Progress.amount(report.deletedWalBytes()),
                report.refused() == 0 ? "" : " The store refused " + report.refused() + " objects.");
    }
}
