package io.walarchiver.bench.lab;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The tables and the JSON file. */
final class Report {

    private static final double MEBIBYTE = 1 << 20;

    /** The columns of every table. */
    private enum Column {
        CPU("CPU ms/seg", Measurement::cpuMillisPerSegment),
        SPEED("seg/s", Measurement::segmentsPerSecond),
        P50("p50 ms", m -> m.latencyMillis(0.50)),
        P95("p95 ms", m -> m.latencyMillis(0.95)),
        P99("p99 ms", m -> m.latencyMillis(0.99)),
        PEAK("peak MiB", m -> m.peakBytes() == 0 ? Double.NaN : m.peakBytes() / MEBIBYTE),
        REQUESTS("req/seg", Measurement::requestsPerSegment),
        WIRE("wire MiB/seg", m -> m.wireBytesPerSegment() / MEBIBYTE);

        private final String title;
        private final ToDoubleFunction<Measurement> figure;

        Column(String title, ToDoubleFunction<Measurement> figure) {
            this.title = title;
            this.figure = figure;
        }
    }

    private final Results results;
    private final List<Service.Start> starts;
    private final Map<String, Object> circumstances;

    Report(Results results, List<Service.Start> starts, Map<String, Object> circumstances) {
        this.results = results;
        this.starts = List.copyOf(starts);
        this.circumstances = new LinkedHashMap<>(circumstances);
    }

    void print(PrintStream out) {
        circumstances.forEach((name, value) -> out.println(name + ": " + value));
        for (Discipline discipline : Discipline.values()) {
            if (!results.of(discipline).isEmpty()) {
                print(out, discipline);
            }
        }
        out.println();
        for (Service.Start start : starts) {
            out.printf(
                    Locale.ROOT,
                    "start to first answer %.2f s, then idle %.0f MiB resident (%.0f MiB PSS)%n",
                    start.toFirstAnswer().toNanos() / 1e9,
                    start.idleResidentBytes() / MEBIBYTE,
                    start.idleProportionalBytes() / MEBIBYTE);
        }
        out.println();
        out.printf(Locale.ROOT, "%-48s %10s %10s%n", "budget", "limit", "measured");
        for (Budget budget : Budget.of(results, starts)) {
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

    private void print(PrintStream out, Discipline discipline) {
        out.println();
        out.printf("%-22s", discipline.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        for (Column column : Column.values()) {
            out.printf(" %22s", column.title);
        }
        out.println();
        results.of(discipline).forEach((contestant, rounds) -> {
            out.printf("%-22s", contestant);
            for (Column column : Column.values()) {
                out.printf(" %22s", Spread.of(rounds, column.figure));
            }
            out.println();
        });
    }

    void write(Path file) throws IOException {
        Map<String, Object> root = new LinkedHashMap<>(circumstances);
        Map<String, Object> disciplines = new LinkedHashMap<>();
        for (Discipline discipline : Discipline.values()) {
            Map<String, Object> contestants = new LinkedHashMap<>();
            results.of(discipline).forEach((contestant, rounds) -> contestants.put(contestant, figures(rounds)));
            disciplines.put(discipline.name().toLowerCase(Locale.ROOT), contestants);
        }
        root.put("disciplines", disciplines);
        List<Map<String, Object>> started = new ArrayList<>();
        for (Service.Start start : starts) {
            started.add(Map.of(
                    "first_answer_s", start.toFirstAnswer().toNanos() / 1e9,
                    "idle_resident_bytes", start.idleResidentBytes(),
                    "idle_pss_bytes", start.idleProportionalBytes()));
        }
        root.put("starts", started);
        List<Map<String, Object>> budgets = new ArrayList<>();
        for (Budget budget : Budget.of(results, starts)) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("what", budget.what());
            line.put(budget.atMost() ? "at_most" : "at_least", budget.limit());
            if (budget.measured().isPresent()) {
                line.put("measured", budget.measured().getAsDouble());
                line.put("kept", budget.isKept());
            }
            budgets.add(line);
        }
        root.put("budgets", budgets);
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), root);
    }

    private static List<Map<String, Object>> figures(List<Measurement> rounds) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Measurement round : rounds) {
            Map<String, Object> figures = new LinkedHashMap<>();
            for (Column column : Column.values()) {
                double value = column.figure.applyAsDouble(round);
                if (!Double.isNaN(value)) {
                    figures.put(column.title, value);
                }
            }
            all.add(figures);
        }
        return all;
    }
}
