package io.walarchiver.sidecar.status;

import static io.walarchiver.sidecar.status.StatusPage.bad;
import static io.walarchiver.sidecar.status.StatusPage.escaped;
import static io.walarchiver.sidecar.status.StatusPage.orDash;
import static io.walarchiver.sidecar.status.StatusPage.row;
import static io.walarchiver.sidecar.status.StatusPage.table;

import io.walarchiver.sidecar.maintenance.InventorySummary;
import io.walarchiver.sidecar.progress.Progress;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The part of the status page about base backups. */
final class BackupPage {

    private static final int SHOWN = 10;

    private BackupPage() {}

    static void append(StringBuilder page, BackupReport report) {
        page.append("<h2>Base backups</h2>");
        BackupReport.Running running = report.running();
        if (running != null) {
            table(page, row("Running", running.name() + ", " + progress(running)));
        }
        BackupReport.Last last = report.last();
        if (last != null) {
            table(page, row("Last taken here", last.name() + " at " + last.endedAt() + outcome(last)));
        }
        catalog(page, report.catalog());
        care(page, report);
    }

    private static String progress(BackupReport.Running running) {
        StringBuilder text = new StringBuilder(orDash(running.phase()));
        Double fraction = running.fraction();
        if (fraction != null) {
            text.append(String.format(Locale.ROOT, " %.0f%%", fraction * 100));
        }
        text.append(", ").append(Progress.amount(running.doneBytes()));
        Long left = running.remainingSeconds();
        if (left != null) {
            text.append(", ").append(Progress.time(Duration.ofSeconds(left))).append(" left");
        }
        return text.append(", since ").append(running.startedAt()).toString();
    }

    private static String outcome(BackupReport.Last last) {
        String error = last.error();
        if (error != null) {
            return ": failed, " + error;
        }
        return ", " + Progress.amount(last.bytes()) + " in " + Progress.amount(last.storedBytes())
                + (last.checksumFailures() == 0 ? "" : ", " + last.checksumFailures() + " damaged pages");
    }

    private static void catalog(StringBuilder page, BackupReport.@Nullable Catalog catalog) {
        if (catalog == null) {
            page.append("<p>The catalog was not looked at yet.</p>");
            return;
        }
        table(
                page,
                row("Recoverable from", orDash(catalog.firstRecoverabilityPoint())),
                row("Last successful backup", orDash(catalog.lastSuccessfulBackup())),
                row("Last failed backup", orDash(catalog.lastFailedBackup())),
                row(
                        "Backups",
                        catalog.restorable() + " restorable, " + catalog.failed() + " failed, " + catalog.unfinished()
                                + " unfinished, " + catalog.unreadable() + " unreadable"));
        if (catalog.newest().isEmpty()) {
            return;
        }
        page.append("<table><tr><th>Backup</th><th>Name</th><th>Status</th><th>End</th><th>First WAL</th>"
                + "<th>Pinned</th><th>Problem</th></tr>");
        for (BackupReport.Backup backup : catalog.newest().stream().limit(SHOWN).toList()) {
            page.append("<tr>");
            cell(page, backup.id());
            cell(page, backup.name());
            cell(page, backup.status());
            cell(page, backup.end());
            cell(page, backup.beginWal());
            cell(page, backup.keep());
            cell(page, backup.problem());
            page.append("</tr>");
        }
        page.append("</table>");
    }

    private static void cell(StringBuilder page, @Nullable String text) {
        page.append("<td>").append(escaped(text == null ? "" : text)).append("</td>");
    }

    private static void care(StringBuilder page, BackupReport report) {
        page.append("<h2>Care of the archive</h2><table>");
        Boolean primary = report.primary();
        page.append(row("Role", primary == null ? "not known yet" : primary ? "primary" : "standby, nothing is done"));
        page.append(row("Last round", orDash(report.lastRound())));
        if (report.lastFailure() != null) {
            page.append("<tr><th>Last failure</th><td>")
                    .append(bad(escaped(report.lastFailure())))
                    .append("</td></tr>");
        }
        BackupReport.Wal wal = report.wal();
        if (wal != null) {
            page.append(row("WAL", wal.objects() + " objects, " + Progress.amount(wal.bytes()) + ", at " + wal.at()));
            for (InventorySummary.Gap gap : wal.gaps()) {
                page.append(row(
                        "Missing",
                        gap.first() + " to " + gap.last() + ", " + gap.segments() + " segments, "
                                + gap.effect().replace('_', ' ')));
            }
            wal.unrecoverable().forEach(backup -> page.append(row("Unrecoverable", backup)));
        }
        BackupReport.Retention retention = report.retention();
        if (retention != null) {
            page.append(row(
                    "Retention",
                    retention.policy() + ": " + retention.backupsDeleted() + " backups and "
                            + retention.filesDeleted() + " WAL files deleted, " + retention.refused() + " refused, at "
                            + retention.at()));
            retention.problems().forEach(problem -> page.append(row("", problem)));
        }
        BackupReport.Verification verification = report.verification();
        if (verification != null) {
            page.append(row(
                    "Verification",
                    verification.objects() + " objects, " + Progress.amount(verification.bytes()) + ", "
                            + verification.damaged() + " damaged, at " + verification.at()));
            verification.findings().forEach(finding -> page.append(row("", finding)));
        }
        page.append("</table>");
    }
}
