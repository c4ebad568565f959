package io.walarchiver.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.archive.ArchiveLayout;
import io.walarchiver.archive.WalObjectMetadata;
import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupCatalog;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.codec.BufferPool;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.codec.ContentDigester;
import io.walarchiver.codec.DigestAlgorithm;
import io.walarchiver.store.FaultyObjectStore;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.testing.WalLikeData;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.awaitility.Awaitility;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** An archive of a small cluster in memory, and what is needed to verify it. */
final class VerificationFixture implements VerificationObserver, AutoCloseable {

    static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);
    static final long CLUSTER = FakeCluster.SYSTEM_IDENTIFIER;
    static final ArchiveLayout LAYOUT = new ArchiveLayout("pg/main", "orders-db");
    static final String BACKUP = "20310405T060708";
    static final int BUFFER_BYTES = SIZE.bytes() + (64 << 10);

    /** Making and compressing segments is most of the time of these tests. */
    private static final Map<String, byte[]> SEGMENTS = new ConcurrentHashMap<>();

    private static final Map<String, byte[]> OBJECTS = new ConcurrentHashMap<>();

    final InMemoryObjectStore memory = new InMemoryObjectStore();
    final FaultyObjectStore store = new FaultyObjectStore(memory);
    final Scheduler readers = Schedulers.newBoundedElastic(8, 1000, "verify-test", 5, true);
    final HastyTimer timer = new HastyTimer();
    final List<String> sound = new CopyOnWriteArrayList<>();
    final List<Finding> found = new CopyOnWriteArrayList<>();
    final List<String> unchecked = new CopyOnWriteArrayList<>();
    final List<VerificationReport> reports = new CopyOnWriteArrayList<>();
    BufferPool pool = new BufferPool(BUFFER_BYTES, 4);
    VerificationSettings settings = VerificationSettings.of(LAYOUT);

    @Override
    public void close() {
        readers.dispose();
        timer.dispose();
    }

    Verification verification(ObjectStore on) {
        return new Verification(
                settings,
                on,
                new BackupCatalog(on, LAYOUT, PutOptions.NONE),
                pool,
                readers,
                timer,
                Clock.systemUTC(),
                this);
    }

    @CanIgnoreReturnValue
    VerificationReport verify() {
        sound.clear();
        found.clear();
        VerificationReport report =
                Objects.requireNonNull(verification(store).run().block(Duration.ofSeconds(60)));
        assertNothingLeft();
        return report;
    }

    void assertNothingLeft() {
        Awaitility.await().untilAsserted(() -> {
            assertThat(pool.inUse()).isZero();
            assertThat(pool.waiting()).isZero();
            assertThat(memory.openDownloads()).isZero();
        });
    }

    @Override
    public void sound(ObjectKey key, long storedBytes, long contentBytes) {
        sound.add(key.value());
    }

    @Override
    public void found(Finding finding) {
        found.add(finding);
    }

    @Override
    public void unchecked(ObjectKey key, String reason) {
        unchecked.add(key + ": " + reason);
    }

    @Override
    public void finished(VerificationReport report) {
        reports.add(report);
    }

    static byte[] segment(String name, long cluster) {
        return SEGMENTS.computeIfAbsent(
                        name + cluster,
                        unused -> WalLikeData.segment(name.hashCode(), WalSegmentName.parse(name), SIZE, cluster))
                .clone();
    }

    static byte[] encode(byte[] content, Compression compression) {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (OutputStream out = Codec.of(compression).encodingStream(object, content.length)) {
            out.write(content);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return object.toByteArray();
    }

    static ObjectKey walKey(String name, Compression compression) {
        return LAYOUT.walKey(WalFileName.parse(name), compression);
    }

    static ObjectKey backupKey(String name) {
        return LAYOUT.backupKey(BACKUP, name);
    }

    /** Archives a segment as barman-cloud does, without metadata. */
    @CanIgnoreReturnValue
    ObjectKey segment(String name, Compression compression) {
        ObjectKey key = walKey(name, compression);
        String segment = name.substring(0, WalSegmentName.LENGTH);
        memory.place(
                key,
                OBJECTS.computeIfAbsent(name + compression, unused -> encode(segment(segment, CLUSTER), compression)),
                Map.of());
        return key;
    }

    /** Archives a segment as we do. */
    @CanIgnoreReturnValue
    ObjectKey recordedSegment(String name, Compression compression) {
        ObjectKey key = segment(name, compression);
        byte[] object = object(key);
        memory.place(key, object, recorded(segment(name, CLUSTER), CLUSTER));
        return key;
    }

    static Map<String, String> recorded(byte[] content, long cluster) {
        ContentDigester digester = new ContentDigester(DigestAlgorithm.CRC64NVME);
        digester.update(ByteBuffer.wrap(content));
        return new WalObjectMetadata(content.length, digester.finish(), OptionalLong.of(cluster)).toMetadata();
    }

    /** Archives a small file as barman-cloud does. */
    @CanIgnoreReturnValue
    ObjectKey file(String name, String content, Compression compression) {
        ObjectKey key = walKey(name, compression);
        memory.place(key, encode(content.getBytes(StandardCharsets.UTF_8), compression), Map.of());
        return key;
    }

    byte[] object(ObjectKey key) {
        return memory.stored(key).orElseThrow().toByteArray();
    }

    Map<String, String> metadata(ObjectKey key) {
        return memory.stored(key).orElseThrow().options().metadata();
    }

    /** Replaces the bytes of an object, and nothing else of it. */
    void replace(ObjectKey key, byte[] bytes) {
        memory.place(key, bytes, metadata(key));
    }

    void flip(ObjectKey key, int offset) {
        byte[] bytes = object(key);
        bytes[offset] ^= 0x10;
        replace(key, bytes);
    }

    /**
     * Flips a byte about there that matters: in a repetitive segment, a reference that leads to another copy of the same
     * bytes is no damage.
     */
    void damage(ObjectKey key, double where) {
        byte[] sound = object(key);
        int offset = (int) (sound.length * where);
        flip(key, offset);
        while (decodesTo(key, sound)) {
            replace(key, sound);
            offset++;
            flip(key, offset);
        }
    }

    private boolean decodesTo(ObjectKey key, byte[] sound) {
        Codec codec = Codec.of(Compression.ofKey(key.value()));
        try (InputStream damaged = codec.decodingStream(new ByteArrayInputStream(object(key)));
                InputStream undamaged = codec.decodingStream(new ByteArrayInputStream(sound))) {
            return Arrays.equals(damaged.readAllBytes(), undamaged.readAllBytes());
        } catch (IOException damage) {
            return false;
        }
    }

    // -- backups

    static final String LABEL = """
            START WAL LOCATION: 0/300028 (file 000000010000000000000003)
            CHECKPOINT LOCATION: 0/300060
            BACKUP METHOD: streamed
            START TIMELINE: 1
            """;

    /** The files of a data directory in the order of its archive. */
    static Map<String, byte[]> dataFiles() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        byte[] table = new byte[300_000];
        new SplittableRandom(7).nextBytes(table);
        files.put("PG_VERSION", "17\n".getBytes(StandardCharsets.UTF_8));
        files.put("base/", new byte[0]);
        files.put("base/5/1259", table);
        files.put("pg_wal/", new byte[0]);
        files.put("global/pg_control", FakeCluster.controlFile(SIZE, CLUSTER));
        files.put("backup_label", LABEL.getBytes(StandardCharsets.UTF_8));
        return files;
    }

    static byte[] tar(Map<String, byte[]> files) {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(tar)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
                entry.setSize(file.getValue().length);
                out.putArchiveEntry(entry);
                out.write(file.getValue());
                out.closeArchiveEntry();
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return tar.toByteArray();
    }

    @CanIgnoreReturnValue
    ObjectKey placeArchive(String name, Map<String, byte[]> files, Compression compression) {
        ObjectKey key = backupKey(name + ".tar" + compression.suffix());
        memory.place(key, encode(tar(files), compression), Map.of());
        return key;
    }

    static Map<String, String> record() {
        Map<String, String> record = new LinkedHashMap<>();
        record.put("backup_label", "'" + LABEL.replace("\n", "\\n") + "'");
        record.put("begin_offset", "40");
        record.put("begin_time", "2031-04-05 06:07:08.123456+00:00");
        record.put("begin_wal", "000000010000000000000003");
        record.put("begin_xlog", "0/300028");
        record.put("end_offset", "312");
        record.put("end_time", "2031-04-05 06:09:59+00:00");
        record.put("end_wal", "000000010000000000000004");
        record.put("end_xlog", "0/400138");
        record.put("error", "None");
        record.put("server_name", "cloud");
        record.put("status", "DONE");
        record.put("systemid", Long.toString(CLUSTER));
        record.put("tablespaces", "[('fast', 24601, '/srv/fast')]");
        record.put("timeline", "1");
        record.put("version", "170004");
        record.put("xlog_segment_size", Integer.toString(SIZE.bytes()));
        return record;
    }

    @CanIgnoreReturnValue
    ObjectKey placeRecord(Map<String, String> record) {
        StringBuilder text = new StringBuilder();
        record.forEach(
                (key, value) -> text.append(key).append('=').append(value).append('\n'));
        ObjectKey key = backupKey("backup.info");
        memory.place(key, text.toString().getBytes(StandardCharsets.UTF_8), Map.of());
        return key;
    }

    /** A sound backup: two volumes of data, one tablespace, from segment 3 to segment 4. */
    void placeBackup(Compression compression) {
        Map<String, byte[]> first = dataFiles();
        Map<String, byte[]> second = new LinkedHashMap<>();
        for (String name : List.of("global/pg_control", "backup_label")) {
            second.put(name, Objects.requireNonNull(first.remove(name)));
        }
        placeArchive("data", first, compression);
        placeArchive("data_0001", second, compression);
        Map<String, byte[]> tablespace = new LinkedHashMap<>();
        tablespace.put("PG_17_202406281/", new byte[0]);
        tablespace.put("PG_17_202406281/5/16400", new byte[50_000]);
        placeArchive("24601", tablespace, compression);
        placeRecord(record());
    }

    static String volume(int number, Compression compression) {
        return BackupFile.name(new Archive.Data(), number, compression);
    }

    /** Segments 1 to 6, a promotion in segment 7, segments 7 to 9, a backup, and everything small there can be. */
    void placeEverything() {
        List<Compression> all = List.of(Compression.values());
        for (int i = 1; i <= 6; i++) {
            segment("00000001000000000000000" + i, all.get(i));
        }
        recordedSegment("000000010000000000000002", Compression.ZSTD);
        memory.remove(walKey("000000010000000000000002", all.get(2)));
        segment("000000010000000000000007.partial", Compression.ZSTD);
        for (int i = 7; i <= 9; i++) {
            recordedSegment("00000002000000000000000" + i, all.get(i - 6));
        }
        recordedSegment("00000002000000000000000A", Compression.NONE);
        file("00000002.history", "1\t0/754321\tno recovery target specified\n", Compression.GZIP);
        file(
                "000000010000000000000003.00000028.backup",
                "START WAL LOCATION: 0/300028 (file 000000010000000000000003)\n",
                Compression.ZSTD);
        placeBackup(Compression.GZIP);
    }
}
