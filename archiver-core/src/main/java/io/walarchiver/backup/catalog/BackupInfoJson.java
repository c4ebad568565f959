package io.walarchiver.backup.catalog;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A record as the values barman's {@code --format json} shows: {@link String}, {@link Long}, {@link Double},
 * {@link Boolean}, {@link List}, {@link java.util.Map} with text keys, and {@code null}. Any JSON library can print them.
 */
public final class BackupInfoJson {

    private static final Set<String> NUMBERS = Set.of(
            "begin_offset",
            "cluster_size",
            "deduplicated_size",
            "end_offset",
            "size",
            "timeline",
            "version",
            "xlog_segment_size");

    private static final Set<String> LITERALS = Set.of("copy_stats", "included_files", "snapshots_info", "tablespaces");

    /** Shown as null when the record does not have them; what barman leaves out when null is not among them. */
    private static final List<String> ALWAYS = List.of(
            "backup_label",
            "begin_offset",
            "begin_wal",
            "begin_xlog",
            "children_backup_ids",
            "cluster_size",
            "compression",
            "config_file",
            "copy_stats",
            "data_checksums",
            "deduplicated_size",
            "encryption",
            "end_offset",
            "end_wal",
            "end_xlog",
            "error",
            "hba_file",
            "ident_file",
            "included_files",
            "mode",
            "parent_backup_id",
            "pgdata",
            "server_name",
            "size",
            "status",
            "summarize_wal",
            "systemid",
            "tablespaces",
            "timeline",
            "version",
            "xlog_segment_size");

    private BackupInfoJson() {}

    /**
     * The values of one backup. As barman 3.12.1 and later show them: the id, {@code begin_time} and {@code end_time}
     * without zone, here in UTC, and {@code begin_time_iso} and {@code end_time_iso} with it. Keys this release does not
     * know are shown as texts.
     */
    public static SortedMap<String, @Nullable Object> values(BackupId id, BackupInfo info) {
        SortedMap<String, String> raw = info.raw().isEmpty()
                ? BackupInfoFormat.parse(BackupInfoFormat.format(info)).raw()
                : info.raw();
        SortedMap<String, @Nullable Object> values = new TreeMap<>();
        ALWAYS.forEach(key -> values.put(key, null));
        raw.forEach((key, text) -> {
            if (!text.equals("None") || ALWAYS.contains(key)) {
                values.put(key, value(key, text));
            }
        });
        values.put("backup_id", id.value());
        times(values, "begin_time", info.begin().time());
        times(values, "end_time", info.end().time());
        return Collections.unmodifiableSortedMap(values);
    }

    private static void times(SortedMap<String, @Nullable Object> values, String key, Optional<Instant> time) {
        values.put(key, time.map(RecordTime::calendar).orElse(null));
        values.put(key + "_iso", time.map(RecordTime::iso).orElse(null));
    }

    private static @Nullable Object value(String key, String text) {
        if (text.equals("None")) {
            return null;
        }
        try {
            if (NUMBERS.contains(key)) {
                return Long.valueOf(text);
            }
            return LITERALS.contains(key) ? PythonLiteral.parse(text) : text;
        } catch (IllegalArgumentException e) {
            // Of no use to this program, or it would not have come so far; people may still want to see it.
            return text;
        }
    }
}
