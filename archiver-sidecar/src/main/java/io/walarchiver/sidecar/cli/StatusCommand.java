package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.sidecar.net.UnixHttp;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver status}. */
@Command(
        name = "status",
        description = "Shows what a running service does: lag, last files, backups, recovery window, gaps, failures.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    private static final int SHOWN_FILES = 5;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ServiceAddress address = new ServiceAddress();

    @Option(names = "-o", paramLabel = "FORMAT", description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private OutputFormat format = OutputFormat.table;

    @Override
    public Integer call() throws JsonProcessingException {
        UnixHttp.Answer answer = address.get("/status?format=json", "application/json");
        PrintWriter out = spec.commandLine().getOut();
        if (answer.status() != 200) {
            throw new CommandFailure(ExitCode.OTHER, "the service answered " + answer.status() + ": " + answer.body());
        }
        if (format == OutputFormat.json) {
            out.print(answer.body());
        } else {
            print(out, new ObjectMapper().readTree(answer.body()));
        }
        out.flush();
        return ExitCode.DONE;
    }

    private static void print(PrintWriter out, JsonNode report) {
        JsonNode archive = report.path("archive");
        JsonNode restore = report.path("restore");
        line(
                out,
                "Server",
                report.path("server").asText() + " at "
                        + report.path("location").asText());
        line(out, "State", report.path("ready").asBoolean() ? "ready" : "NOT READY");
        report.path("findings").forEach(finding -> {
            if (!finding.path("good").asBoolean()) {
                line(
                        out,
                        "",
                        finding.path("subject").asText() + ": "
                                + finding.path("reason").asText());
            }
        });
        line(
                out,
                "Waiting",
                String.format(
                        Locale.ROOT,
                        "%d files, %.1f MiB, oldest %d s",
                        archive.path("lagFiles").asInt(),
                        archive.path("lagBytes").asLong() / 1048576.0,
                        archive.path("oldestReadySeconds").asLong()));
        line(out, "Last archived", last(archive, "lastArchived"));
        if (archive.has("lastFailure")) {
            line(out, "Last failure", last(archive, "lastFailure"));
        }
        line(out, "Last restored", last(restore, "lastRestored"));
        line(
                out,
                "Prefetch",
                restore.path("spooledFiles").asInt() + " files ready, "
                        + restore.path("hits").asLong() + " hits, "
                        + restore.path("misses").asLong() + " misses");
        BackupStatusText.lines(report.path("backups")).forEach(each -> line(out, each.title(), each.text()));
        files(out, "Archived", report.path("archived"));
        files(out, "Restored", report.path("restored"));
        report.path("troubles")
                .forEach(trouble -> line(
                        out,
                        "Trouble",
                        trouble.path("at").asText() + " " + trouble.path("name").asText() + ": "
                                + trouble.path("message").asText()));
    }

    private static String last(JsonNode side, String field) {
        return side.has(field)
                ? side.path(field).asText() + " at " + side.path(field + "At").asText()
                : "none since the start";
    }

    private static void files(PrintWriter out, String title, JsonNode items) {
        for (int i = 0; i < Math.min(SHOWN_FILES, items.size()); i++) {
            JsonNode item = items.get(i);
            line(
                    out,
                    i == 0 ? title : "",
                    String.format(
                            Locale.ROOT,
                            "%s  %s  %d -> %d bytes, %.1f ms",
                            item.path("name").asText(),
                            item.path("how").asText(),
                            item.path("originalBytes").asLong(),
                            item.path("storedBytes").asLong(),
                            item.path("stagesMillis").path("total").asDouble()));
        }
    }

    private static void line(PrintWriter out, String title, String text) {
        out.printf(Locale.ROOT, "%-15s %s%n", title, text);
    }
}
