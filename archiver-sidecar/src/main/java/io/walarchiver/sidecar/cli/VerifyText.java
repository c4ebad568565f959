package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.verify.Finding;
import io.walarchiver.backup.verify.Gap;
import io.walarchiver.backup.verify.RecoverableRange;
import io.walarchiver.backup.verify.VerificationReport;
import io.walarchiver.sidecar.progress.Progress;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a verification found, as text and as JSON. */
final class VerifyText {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SHOWN_GAPS = 5;

    private VerifyText() {}

    /** The JSON; see {@link VerificationReport}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Report(
            String verdict,
            String started,
            double seconds,
            VerificationReport.Counts counts,
            List<Timeline> timelines,
            List<Range> recoverable,
            Map<String, Long> found,
            List<Found> findings,
            List<VerificationReport.Unchecked> unchecked,
            @Nullable String stopped) {}

    /** The WAL of a timeline. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Timeline(
            long timeline,
            long segments,
            long objects,
            long bytes,
            @Nullable String newest,
            long gapCount,
            List<Hole> gaps) {}

    /** Missing segments. */
    record Hole(String first, String last, long segments, String effect) {}

    /** What one backup can be recovered to. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Range(
            String backup,
            long timeline,
            String fromLsn,
            String toLsn,
            @Nullable String fromTime,
            @Nullable String archivedAt) {}

    /** Something wrong. */
    record Found(String severity, String kind, String subject, String problem, String remedy) {}

    static String json(VerificationReport report) throws JsonProcessingException {
        Map<String, Long> found = new TreeMap<>();
        report.found().forEach((severity, count) -> found.put(word(severity), count));
        return JSON.writeValueAsString(new Report(
                word(report.verdict()),
                report.started().toString(),
                report.duration().toMillis() / 1000.0,
                report.counts(),
                report.timelines().stream().map(VerifyText::timeline).toList(),
                report.recoverable().stream().map(VerifyText::range).toList(),
                found,
                report.findings().stream().map(VerifyText::finding).toList(),
                report.unchecked(),
                report.stopped().orElse(null)));
    }

    private static Timeline timeline(VerificationReport.TimelineSummary summary) {
        return new Timeline(
                Integer.toUnsignedLong(summary.timeline().id()),
                summary.segments(),
                summary.objects(),
                summary.bytes(),
                summary.newest().map(segment -> segment.name().toString()).orElse(null),
                summary.gapCount(),
                summary.gaps().stream().map(VerifyText::hole).toList());
    }

    private static Hole hole(Gap gap) {
        return new Hole(
                gap.missing().first().toString(),
                gap.missing().last().toString(),
                gap.missing().count(),
                word(gap.effect()));
    }

    private static Range range(RecoverableRange range) {
        return new Range(
                range.backup().value(),
                Integer.toUnsignedLong(range.timeline().id()),
                range.from().toString(),
                range.to().toString(),
                range.fromTime().map(Instant::toString).orElse(null),
                range.archivedAt().map(Instant::toString).orElse(null));
    }

    private static Found finding(Finding finding) {
        return new Found(
                word(finding.severity()),
                finding.kind().label(),
                finding.subject(),
                finding.problem(),
                finding.remedy());
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static void print(PrintWriter out, VerificationReport report) {
        VerificationReport.Counts counts = report.counts();
        out.printf(
                Locale.ROOT,
                "Read: %d archives of %d backups, %d WAL files; %s in %s%n",
                counts.archives(),
                counts.backups(),
                counts.walFiles(),
                Progress.amount(counts.storedBytes()),
                Progress.time(report.duration()));
        for (VerificationReport.TimelineSummary timeline : report.timelines()) {
            out.printf(
                    Locale.ROOT,
                    "Timeline %s: %d segments%s, %s%n",
                    Integer.toUnsignedString(timeline.timeline().id()),
                    timeline.segments(),
                    timeline.newest().map(newest -> ", last " + newest.name()).orElse(""),
                    timeline.gapCount() == 0 ? "no gap" : timeline.gapCount() + " gaps");
            timeline.gaps().stream()
                    .limit(SHOWN_GAPS)
                    .forEach(gap -> out.println("  missing " + gap.missing() + ", "
                            + word(gap.effect()).replace('_', ' ')));
        }
        for (RecoverableRange range : report.recoverable()) {
            out.printf(
                    Locale.ROOT,
                    "Backup %s recovers from %s%s to %s%s on timeline %s%n",
                    range.backup(),
                    range.from(),
                    range.fromTime().map(time -> " (" + time + ")").orElse(""),
                    range.to(),
                    range.archivedAt().map(time -> " (archived " + time + ")").orElse(""),
                    Integer.toUnsignedString(range.timeline().id()));
        }
        for (Finding finding : report.findings()) {
            boolean named = finding.problem().startsWith(finding.subject());
            out.printf(
                    Locale.ROOT,
                    "%-8s %s%s%n",
                    word(finding.severity()),
                    named ? "" : finding.subject() + ": ",
                    finding.problem());
            if (!finding.remedy().isEmpty()) {
                out.printf(Locale.ROOT, "%-8s -> %s%n", "", finding.remedy());
            }
        }
        report.unchecked().forEach(object -> out.println("unread   " + object.key() + ": " + object.reason()));
        report.stopped().ifPresent(reason -> out.println("stopped  " + reason));
        out.println("Verdict: " + word(report.verdict()));
    }
}
