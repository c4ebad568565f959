package io.walarchiver.bench.backup;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.walarchiver.bench.lab.Spread;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The table and the JSON file. */
final class BackupReport {

    /** The columns of the table. */
    private enum Column {
        BACKUP_CPU("backup CPU s/GiB", "backup_cpu_s_per_gib", BackupRound::backupCpu),
        BACKUP_SPEED("backup MiB/s", "backup_mib_per_s", BackupRound::backupSpeed),
        BACKUP_PEAK("backup PSS MiB", "backup_peak_pss_mib", BackupRound::backupPeak),
        STORED("sent MiB", "sent_mib", BackupRound::stored),
        BACKUP_REQUESTS("requests", "backup_requests", BackupRound::backupRequests),
        RESTORE_CPU("restore CPU s/GiB", "restore_cpu_s_per_gib", BackupRound::restoreCpu),
        RESTORE_SPEED("restore MiB/s", "restore_mib_per_s", BackupRound::restoreSpeed),
        RESTORE_PEAK("restore PSS MiB", "restore_peak_pss_mib", BackupRound::restorePeak),
        RESTORE_REQUESTS("requests", "restore_requests", BackupRound::restoreRequests);

        private final String title;
        private final String key;
        private final ToDoubleFunction<BackupRound> figure;

        Column(String title, String key, ToDoubleFunction<BackupRound> figure) {
            this.title = title;
            this.key = key;
            this.figure = figure;
        }
    }

    private final BackupResults results;
    private final List<BackupBudget> budgets;
    private final Map<String, Object> circumstances;

    BackupReport(BackupResults results, List<BackupBudget> budgets, Map<String, Object> circumstances) {
        this.results = results;
        this.budgets = List.copyOf(budgets);
        this.circumstances = new LinkedHashMap<>(circumstances);
    }

    void print(PrintStream out) {
        circumstances.forEach((name, value) -> out.println(name + ": " + value));
        results.all().forEach((compression, tools) -> {
            out.println();
            out.printf("%-22s", compression);
            for (Column column : Column.values()) {
                out.printf(" %20s", column.title);
            }
            out.println();
            tools.forEach((tool, rounds) -> {
                out.printf("%-22s", tool);
                for (Column column : Column.values()) {
                    out.printf(" %20s", Spread.of(rounds, column.figure));
                }
                out.println();
            });
        });
        out.println();
        out.printf(Locale.ROOT, "%-48s %10s %10s%n", "budget, ours / the best of theirs", "limit", "measured");
        for (BackupBudget budget : budgets) {
            out.printf(
                    Locale.ROOT,
                    "%-48s %2s %7.2f %10s  %s%n",
                    budget.what(),
                    budget.atMost() ? "\u2264" : "\u2265",
                    budget.limit(),
                    budget.measured().isPresent()
                            ? Spread.number(budget.measured().getAsDouble())
                            : "-",
                    budget.measured().isEmpty() ? "not measured" : budget.isKept() ? "kept" : "MISSED");
        }
    }

    void write(Path file) throws IOException {
        Map<String, Object> root = new LinkedHashMap<>(circumstances);
        Map<String, Object> compressions = new LinkedHashMap<>();
        results.all().forEach((compression, tools) -> {
            Map<String, Object> byTool = new LinkedHashMap<>();
            tools.forEach((tool, rounds) ->
                    byTool.put(tool, rounds.stream().map(BackupReport::figures).toList()));
            compressions.put(compression, byTool);
        });
        root.put("compressions", compressions);
        List<Map<String, Object>> lines = new ArrayList<>();
        for (BackupBudget budget : budgets) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("what", budget.what());
            line.put(budget.atMost() ? "at_most" : "at_least", budget.limit());
            if (budget.measured().isPresent()) {
                line.put("measured", budget.measured().getAsDouble());
                line.put("kept", budget.isKept());
            }
            lines.add(line);
        }
        root.put("budgets", lines);
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), root);
    }

    private static Map<String, Object> figures(BackupRound round) {
        Map<String, Object> figures = new LinkedHashMap<>();
        for (Column column : Column.values()) {
            figures.put(column.key, column.figure.applyAsDouble(round));
        }
        return figures;
    }
}
