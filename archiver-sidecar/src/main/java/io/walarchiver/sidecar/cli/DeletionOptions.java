package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionReport;
import io.walarchiver.backup.retention.WalRange;
import io.walarchiver.sidecar.assembly.CatalogSession;
import io.walarchiver.sidecar.settings.Problems;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether to delete, and how to tell about it. */
final class DeletionOptions {

    @Option(names = "--dry-run", description = "print what would be deleted and why, and delete nothing")
    private boolean dryRun;

    @Option(names = "-o", paramLabel = "FORMAT", description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private OutputFormat format = OutputFormat.table;

    /** Deletes unless it is a dry run, and prints. */
    int carryOut(CatalogSession session, RetentionPlan plan, @Nullable String policy, PrintWriter out)
            throws JsonProcessingException {
        // Looked up first: afterwards it is gone.
        List<WalRange> wal = plan.deletions().isEmpty() ? List.of() : session.deletedWal(plan);
        RetentionReport report = dryRun ? null : session.execute(plan);
        if (format == OutputFormat.json) {
            out.println(PlanText.json(policy, plan, wal, report));
        } else {
            PlanText.print(out, plan, wal, report);
        }
        out.flush();
        return report == null || report.isComplete() ? ExitCode.DONE : ExitCode.REFUSED;
    }

    static void checkRedundancy(int minimum, Problems problems) {
        if (minimum < 0) {
            problems.add("--minimum-redundancy: at least 0, not " + minimum);
        }
    }
}
