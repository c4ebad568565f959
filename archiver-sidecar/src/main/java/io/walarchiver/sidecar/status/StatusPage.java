package io.walarchiver.sidecar.status;

import io.walarchiver.sidecar.health.Health.Finding;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A report as a plain HTML page. Everything from outside is escaped. */
public final class StatusPage {

    private static final String STYLE = """
            body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:75rem;color:#222}
            h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}
            table{border-collapse:collapse}td,th{padding:.15rem .9rem .15rem 0;text-align:left;vertical-align:top}
            td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#b00020}.good{color:#1b6e2d}
            code{font-family:ui-monospace,monospace}""";

    private StatusPage() {}

    /** The page. */
    public static String of(StatusReport report) {
        StringBuilder page = new StringBuilder(8192);
        page.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>wal-archiver ")
                .append(escaped(report.server()))
                .append("</title><style>")
                .append(STYLE)
                .append("</style></head><body><h1>wal-archiver: ")
                .append(escaped(report.server()))
                .append("</h1>");
        table(
                page,
                row("Archive", report.location()),
                row("Data directory", report.dataDirectory()),
                row("Version", report.version()),
                row("Serving since", report.startedAt()),
                row("Memory", mebibytes(report.residentBytes())));
        page.append("<h2>State: ")
                .append(report.ready() ? good("ready") : bad("not ready"))
                .append("</h2><table>");
        for (Finding finding : report.findings()) {
            page.append("<tr><td>")
                    .append(escaped(finding.subject()))
                    .append("</td><td>")
                    .append(finding.good() ? good("good") : bad("bad"))
                    .append("</td><td>")
                    .append(escaped(finding.reason()))
                    .append("</td></tr>");
        }
        page.append("</table><h2>Archiving</h2>");
        StatusReport.Archive archive = report.archive();
        table(
                page,
                row("Waiting", archive.lagFiles() + " files, " + mebibytes(archive.lagBytes())),
                row("Oldest waits for", archive.oldestReadySeconds() + " s"),
                row("In flight", Integer.toString(archive.inFlight())),
                row("Buffers in use", archive.buffersInUse() + " of " + archive.buffersTotal()),
                row("Last archived", orDash(archive.lastArchived()) + " " + orNothing(archive.lastArchivedAt())),
                row("Last failure", orDash(archive.lastFailure()) + " " + orNothing(archive.lastFailureAt())),
                row("Failures in a row", Integer.toString(archive.consecutiveFailures())));
        travels(page, report.archived());
        page.append("<h2>Restoring</h2>");
        StatusReport.Restore restore = report.restore();
        table(
                page,
                row("Last restored", orDash(restore.lastRestored()) + " " + orNothing(restore.lastRestoredAt())),
                row("Prefetched", restore.spooledFiles() + " files, " + mebibytes(restore.spooledBytes())),
                row("Answered from prefetch", restore.hits() + " of " + (restore.hits() + restore.misses())),
                row("Misses in a row", Integer.toString(restore.consecutiveMisses())));
        travels(page, report.restored());
        BackupPage.append(page, report.backups());
        page.append("<h2>Last failures</h2>");
        if (report.troubles().isEmpty()) {
            page.append("<p>None.</p>");
        } else {
            page.append("<table>");
            for (StatusReport.Problem trouble : report.troubles()) {
                page.append("<tr><td>")
                        .append(escaped(trouble.at()))
                        .append("</td><td><code>")
                        .append(escaped(trouble.name()))
                        .append("</code></td><td>")
                        .append(escaped(trouble.kind()))
                        .append("</td><td>")
                        .append(escaped(trouble.message()))
                        .append("</td></tr>");
            }
            page.append("</table>");
        }
        return page.append(
                        "<p><a href=\"?format=json\">JSON</a> · <a href=\"/metrics\">metrics</a></p></body></html>\n")
                .toString();
    }

    private static void travels(StringBuilder page, List<StatusReport.Item> items) {
        if (items.isEmpty()) {
            return;
        }
        page.append(
                "<table><tr><th>When</th><th>File</th><th>How</th><th>Bytes</th><th>Stored</th><th>Milliseconds</th></tr>");
        for (StatusReport.Item item : items) {
            page.append("<tr><td>")
                    .append(escaped(item.at()))
                    .append("</td><td><code>")
                    .append(escaped(item.name()))
                    .append("</code></td><td>")
                    .append(escaped(item.how()))
                    .append(item.asked() ? "" : ", ahead")
                    .append("</td><td class=\"n\">")
                    .append(item.originalBytes())
                    .append("</td><td class=\"n\">")
                    .append(item.storedBytes())
                    .append("</td><td>")
                    .append(escaped(item.stagesMillis().entrySet().stream()
                            .map(stage -> stage.getKey() + " " + stage.getValue())
                            .collect(Collectors.joining(", "))))
                    .append("</td></tr>");
        }
        page.append("</table>");
    }

    static void table(StringBuilder page, String... rows) {
        page.append("<table>").append(String.join("", rows)).append("</table>");
    }

    static String row(String name, String value) {
        return "<tr><th>" + escaped(name) + "</th><td>" + escaped(value.trim()) + "</td></tr>";
    }

    static String good(String word) {
        return "<span class=\"good\">" + word + "</span>";
    }

    static String bad(String word) {
        return "<span class=\"bad\">" + word + "</span>";
    }

    static String orDash(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "–" : text;
    }

    private static String orNothing(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "" : text;
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
