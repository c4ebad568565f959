package io.walarchiver.backup.catalog;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A backup without data: a record with few keys, and archives of a few bytes. */
public final class FakeBackup {

    private final String id;
    private final SortedMap<String, String> record = new TreeMap<>();
    private final List<String> archives = new ArrayList<>(List.of("data.tar"));
    private String keep = "";

    private FakeBackup(String id) {
        this.id = id;
    }

    /** A backup that is done, in one segment of 16 MiB. */
    public static FakeBackup done(String id, String beginWal, Instant endTime) {
        FakeBackup backup = new FakeBackup(id);
        backup.set("status", "DONE")
                .set("begin_time", RecordTime.format(endTime.minusSeconds(60)))
                .set("end_time", RecordTime.format(endTime))
                .set("version", "170004")
                .set("systemid", "7300000000000000001")
                .set("server_name", "cloud");
        return backup.begin(beginWal).end(beginWal);
    }

    @CanIgnoreReturnValue
    public FakeBackup set(String key, String value) {
        record.put(key, value);
        return this;
    }

    @CanIgnoreReturnValue
    public FakeBackup begin(String wal) {
        return set("begin_wal", wal)
                .set("begin_xlog", position(wal, "28"))
                .set("begin_offset", "40")
                .set("timeline", Integer.toUnsignedString(Integer.parseUnsignedInt(wal.substring(0, 8), 16)));
    }

    @CanIgnoreReturnValue
    public FakeBackup end(String wal) {
        return set("end_wal", wal).set("end_xlog", position(wal, "138")).set("end_offset", "312");
    }

    private static String position(String wal, String offset) {
        long high = Long.parseLong(wal.substring(8, 16), 16);
        long low = Long.parseLong(wal.substring(16), 16);
        return Long.toHexString(high).toUpperCase(Locale.ROOT) + "/"
                + Long.toHexString(low << 24 | Long.parseLong(offset, 16)).toUpperCase(Locale.ROOT);
    }

    /** A backup that did not come to its end. */
    @CanIgnoreReturnValue
    public FakeBackup failed() {
        record.keySet().removeIf(key -> key.startsWith("end_"));
        return set("status", "FAILED").set("error", "failure uploading data (x)");
    }

    @CanIgnoreReturnValue
    public FakeBackup archives(String... names) {
        archives.clear();
        archives.addAll(List.of(names));
        return this;
    }

    /** The content of its keep mark; empty for none. */
    @CanIgnoreReturnValue
    public FakeBackup keep(String word) {
        keep = word;
        return this;
    }

    public String id() {
        return id;
    }

    public byte[] record() {
        StringBuilder text = new StringBuilder();
        record.forEach(
                (key, value) -> text.append(key).append('=').append(value).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    public BackupInfo info() {
        return BackupInfoFormat.parse(record());
    }

    /** As a catalog would list it. */
    public CatalogEntry.Readable entry() {
        return new CatalogEntry.Readable(
                new BackupId(id),
                info(),
                keep.isEmpty()
                        ? Optional.empty()
                        : Optional.of(keep.equals("standalone") ? KeepTarget.STANDALONE : KeepTarget.FULL));
    }

    @CanIgnoreReturnValue
    public FakeBackup placeIn(InMemoryObjectStore store, ArchiveLayout layout) {
        archives.forEach(name -> place(store, layout, name, name.getBytes(StandardCharsets.UTF_8)));
        if (!keep.isEmpty()) {
            place(store, layout, "annotations/keep", keep.getBytes(StandardCharsets.UTF_8));
        }
        place(store, layout, "backup.info", record());
        return this;
    }

    private void place(InMemoryObjectStore store, ArchiveLayout layout, String name, byte[] content) {
        ObjectKey key = layout.backupKey(id, name);
        store.place(key, content, Map.of());
    }
}
