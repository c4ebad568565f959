package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.BackupInfoJson;
import io.walarchiver.backup.catalog.BackupStatus;
import io.walarchiver.backup.catalog.CatalogEntry;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Backups as text, in the forms of barman-cloud-backup-list and barman-cloud-backup-show. */
final class BackupText {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ROW = "%-20s%-25s%-30s%-17s%-20s";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private BackupText() {}

    /** The JSON of a list: one key, {@code backups_list}. */
    static String listJson(List<CatalogEntry> entries) throws JsonProcessingException {
        return JSON.writeValueAsString(
                Map.of("backups_list", entries.stream().map(BackupText::values).toList()));
    }

    /** The JSON of one backup, wrapped in the server name of its record, by which readers find it. */
    static String showJson(CatalogEntry entry) throws JsonProcessingException {
        SortedMap<String, @Nullable Object> values = values(entry);
        Object server = values.get("server_name");
        Map<String, Object> wrapped = new LinkedHashMap<>();
        wrapped.put(server == null ? "cloud" : server.toString(), values);
        return JSON.writeValueAsString(wrapped);
    }

    private static SortedMap<String, @Nullable Object> values(CatalogEntry entry) {
        if (entry instanceof CatalogEntry.Readable readable) {
            return BackupInfoJson.values(readable.id(), readable.info());
        }
        // Programs take a backup without times for unusable, which this one is.
        SortedMap<String, @Nullable Object> values = new TreeMap<>();
        for (String key : List.of("begin_time", "begin_time_iso", "end_time", "end_time_iso", "begin_wal", "end_wal")) {
            values.put(key, null);
        }
        values.put("backup_id", entry.id().value());
        values.put("server_name", "cloud");
        values.put("status", "UNREADABLE");
        values.put("error", ((CatalogEntry.Damaged) entry).reason());
        return values;
    }

    /**
     * The lines of a list. A backup that cannot be restored says why in the place of its end, and below the table when it
     * takes more words.
     */
    static List<String> table(List<CatalogEntry> entries) {
        List<String> lines = new ArrayList<>();
        lines.add(row("Backup ID", "End Time", "Begin Wal", "Archival Status", "Name"));
        List<String> remarks = new ArrayList<>();
        for (CatalogEntry entry : entries) {
            String kept = entry.keep()
                    .map(target -> "KEEP:" + target.word().toUpperCase(Locale.ROOT))
                    .orElse("");
            if (entry instanceof CatalogEntry.Readable readable) {
                BackupInfo info = readable.info();
                String end = info.status() == BackupStatus.DONE
                        ? info.end().time().map(TIME::format).orElse("")
                        : info.status().name();
                lines.add(row(
                        entry.id().value(),
                        end,
                        info.begin().segment().map(Object::toString).orElse(""),
                        kept,
                        info.name().orElse("")));
                remark(readable).ifPresent(text -> remarks.add(entry.id() + ": " + text));
            } else {
                lines.add(row(entry.id().value(), "UNREADABLE", "", kept, ""));
                remarks.add(entry.id() + ": " + ((CatalogEntry.Damaged) entry).reason());
            }
        }
        lines.addAll(remarks);
        return lines;
    }

    private static Optional<String> remark(CatalogEntry.Readable entry) {
        if (entry.info().error().isPresent()) {
            return entry.info().error();
        }
        return entry.missingArchives().isEmpty()
                ? Optional.empty()
                : Optional.of("cannot be restored, these archives are missing: " + entry.missingArchives());
    }

    /** The lines of one backup: every value under its name. */
    static List<String> show(CatalogEntry entry) {
        List<String> lines = new ArrayList<>();
        lines.add("Backup " + entry.id() + ":");
        values(entry).forEach((key, value) -> {
            if (value != null) {
                lines.add(String.format(Locale.ROOT, "  %-22s: %s", key, value));
            }
        });
        entry.keep().ifPresent(target -> lines.add(String.format(Locale.ROOT, "  %-22s: %s", "keep", target.word())));
        if (entry instanceof CatalogEntry.Readable readable
                && !readable.missingArchives().isEmpty()) {
            lines.add(String.format(Locale.ROOT, "  %-22s: %s", "missing archives", readable.missingArchives()));
        }
        return lines;
    }

    private static String row(String... columns) {
        return String.format(Locale.ROOT, ROW, (Object[]) columns).stripTrailing();
    }
}
