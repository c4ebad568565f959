package io.walarchiver.backup.catalog;

import io.walarchiver.wal.Timeline;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A backup's record, {@code backup.info}, in the terms of this program.
 *
 * <p>Anything may be missing: records of failed backups and of other releases lack fields, and a record that cannot be
 * used for one purpose may still serve another.
 *
 * @param status            what became of the backup
 * @param name              a name people gave it
 * @param error             why it failed
 * @param begin             start of the backup; recovery begins here
 * @param end               end of the backup; recovery must at least get here
 * @param timeline          the timeline of the start
 * @param serverVersion     as {@code server_version_num}, for example 170004
 * @param systemIdentifier  decimal digits
 * @param segmentSizeBytes  size of a WAL segment
 * @param dataDirectory     {@code PGDATA} of the server
 * @param tablespaces       those with an archive of their own
 * @param configurationFiles paths by their key in the record: {@code config_file}, {@code hba_file}, {@code ident_file}
 * @param includedFiles     other files settings came from; not part of the backup
 * @param label             content of {@code backup_label}
 * @param clusterSizeBytes  size of the databases when the backup began
 * @param raw               every key of the record with its text, {@code None} included; empty for a record not read
 *                          from an archive
 */
public record BackupInfo(
        BackupStatus status,
        Optional<String> name,
        Optional<String> error,
        LogPosition begin,
        LogPosition end,
        Optional<Timeline> timeline,
        OptionalInt serverVersion,
        Optional<String> systemIdentifier,
        int segmentSizeBytes,
        Optional<String> dataDirectory,
        List<TablespaceLocation> tablespaces,
        Map<String, String> configurationFiles,
        List<String> includedFiles,
        Optional<String> label,
        Optional<Long> clusterSizeBytes,
        SortedMap<String, String> raw) {

    public BackupInfo {
        tablespaces = List.copyOf(tablespaces);
        configurationFiles = Map.copyOf(configurationFiles);
        includedFiles = List.copyOf(includedFiles);
        raw = Collections.unmodifiableSortedMap(new TreeMap<>(raw));
    }

    /**
     * The backup this one only holds the changes of, as barman servers make them. Such a record alone cannot be restored.
     */
    public Optional<String> parentBackupId() {
        return rawText("parent_backup_id");
    }

    /**
     * True when the data is in volume snapshots of a cloud provider. Such a backup has no archives, and nobody here can
     * restore or delete it.
     */
    public boolean isSnapshot() {
        return rawText("snapshots_info").isPresent();
    }

    private Optional<String> rawText(String key) {
        return Optional.ofNullable(raw.get(key)).filter(text -> !text.isEmpty() && !text.equals("None"));
    }

    /** True when it may be restored: whole, without error, and with all positions known. */
    public boolean isUsable() {
        return status == BackupStatus.DONE
                && error.isEmpty()
                && begin.time().isPresent()
                && end.time().isPresent()
                && begin.segment().isPresent()
                && end.lsn().isPresent();
    }

    /** From start to end; empty when either is unknown. */
    public Optional<Duration> duration() {
        return begin.time().flatMap(from -> end.time().map(to -> Duration.between(from, to)));
    }
}
