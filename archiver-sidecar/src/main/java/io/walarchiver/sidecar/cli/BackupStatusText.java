package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.sidecar.progress.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the status of a service tells about base backups, as lines for a person. */
final class BackupStatusText {

    private static final int SHOWN_GAPS = 5;

    private final List<Line> lines = new ArrayList<>();

    private BackupStatusText() {}

    /**
     * A line.
     *
     * @param title empty when it goes on with the one above
     */
    record Line(String title, String text) {}

    /** The lines; only of what is known. */
    static List<Line> lines(JsonNode backups) {
        BackupStatusText text = new BackupStatusText();
        text.running(backups.path("running"));
        text.last(backups.path("last"));
        text.catalog(backups.path("catalog"));
        text.wal(backups.path("wal"));
        text.retention(backups.path("retention"));
        text.verification(backups.path("verification"));
        if (backups.has("primary") && !backups.path("primary").asBoolean()) {
            text.add("Maintenance", "waits: this is a standby");
        }
        if (backups.has("lastFailure")) {
            text.add("Maintenance", "FAILED, " + backups.path("lastFailure").asText());
        }
        return text.lines;
    }

    private void add(String title, String text) {
        lines.add(new Line(title, text));
    }

    private void running(JsonNode running) {
        if (running.isMissingNode()) {
            return;
        }
        StringBuilder text = new StringBuilder(running.path("name").asText());
        text.append(", ").append(running.path("phase").asText("starting"));
        if (running.has("fraction")) {
            text.append(String.format(
                    Locale.ROOT, " %.0f%%", running.path("fraction").asDouble() * 100));
        }
        text.append(", ").append(Progress.amount(running.path("doneBytes").asLong()));
        if (running.has("remainingSeconds")) {
            text.append(", ")
                    .append(Progress.time(
                            Duration.ofSeconds(running.path("remainingSeconds").asLong())))
                    .append(" left");
        }
        add("Backup runs", text.toString());
    }

    private void last(JsonNode last) {
        if (last.isMissingNode()) {
            return;
        }
        add(
                "Last backup",
                last.path("name").asText() + " at " + last.path("endedAt").asText()
                        + (last.path("done").asBoolean()
                                ? ", " + Progress.amount(last.path("bytes").asLong()) + " in "
                                        + Progress.amount(
                                                last.path("storedBytes").asLong())
                                : ": FAILED, " + last.path("error").asText()));
    }

    private void catalog(JsonNode catalog) {
        if (catalog.isMissingNode()) {
            return;
        }
        add(
                "Backups",
                catalog.path("restorable").asInt() + " restorable, "
                        + catalog.path("failed").asInt() + " failed, "
                        + catalog.path("unreadable").asInt() + " unreadable");
        add(
                "Recoverable",
                catalog.has("firstRecoverabilityPoint")
                        ? "from " + catalog.path("firstRecoverabilityPoint").asText() + ", newest backup "
                                + catalog.path("lastSuccessfulBackup").asText()
                        : "not yet: there is no backup");
    }

    private void wal(JsonNode wal) {
        if (wal.isMissingNode()) {
            return;
        }
        add(
                "WAL",
                wal.path("objects").asLong() + " objects, "
                        + Progress.amount(wal.path("bytes").asLong()));
        int shown = 0;
        for (JsonNode gap : wal.path("gaps")) {
            if (shown++ == SHOWN_GAPS) {
                break;
            }
            add(
                    shown == 1 ? "Missing" : "",
                    gap.path("first").asText() + " to " + gap.path("last").asText() + ", "
                            + gap.path("effect").asText().replace('_', ' '));
        }
        wal.path("unrecoverable").forEach(backup -> add("Unrecoverable", backup.asText()));
    }

    private void retention(JsonNode retention) {
        if (!retention.isMissingNode()) {
            add(
                    "Retention",
                    retention.path("policy").asText() + " at "
                            + retention.path("at").asText() + ": "
                            + retention.path("backupsDeleted").asInt() + " backups, "
                            + retention.path("filesDeleted").asLong() + " WAL files deleted"
                            + (retention.path("refused").asLong() == 0
                                    ? ""
                                    : ", " + retention.path("refused").asLong() + " REFUSED"));
        }
    }

    private void verification(JsonNode verification) {
        if (!verification.isMissingNode()) {
            add(
                    "Verified",
                    verification.path("objects").asLong() + " objects at "
                            + verification.path("at").asText() + ", "
                            + (verification.path("damaged").asLong() == 0
                                    ? "none damaged"
                                    : verification.path("damaged").asLong() + " DAMAGED"));
        }
    }
}
