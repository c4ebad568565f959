package io.walarchiver.sidecar.cli;

import io.walarchiver.sidecar.settings.StoreFiles;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * An archive in a directory, with WAL and with base backups that can be restored although no server ever was: a data
 * directory of a few files and a tablespace.
 */
public final class HandMadeArchive {

    /** The one backup that is there from the start. */
    public static final String BACKUP = "20310405T060708";

    /** Name and oid of the tablespace. */
    public static final String TABLESPACE = "hot";

    private static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);
    private static final int SEGMENTS = 3;

    private final Path bucket;
    private final Path store;
    private final FakeCluster cluster;

    private HandMadeArchive(Path bucket, Path store, FakeCluster cluster) {
        this.bucket = bucket;
        this.store = store;
        this.cluster = cluster;
    }

    /** Three segments and one backup that begins in the first and ends in the second. */
    public static HandMadeArchive create(Path directory) throws IOException {
        Path bucket = Files.createDirectory(directory.resolve("bucket"));
        Path store = StoreFiles.inDirectory(directory, bucket);
        FakeCluster cluster = FakeCluster.create(directory.resolve("old"), SIZE);
        for (WalFileName name : cluster.readySegments(SEGMENTS)) {
            CommandRun archived = CommandRun.of(
                    "wal-archive",
                    "--store",
                    store,
                    "--server",
                    "db",
                    cluster.walDirectory().resolve(name.toString()));
            if (archived.exitCode() != 0) {
                throw new IllegalStateException(archived.err());
            }
        }
        HandMadeArchive archive = new HandMadeArchive(bucket, store, cluster);
        archive.addBackup(BACKUP, Instant.parse("2031-04-05T06:07:08Z"));
        return archive;
    }

    /** One more backup, of the same positions. */
    public void addBackup(String id, Instant begin) throws IOException {
        addBackup(id, begin, "port = 5432\n");
    }

    /** One with another {@code postgresql.conf}. */
    void addBackup(String id, Instant begin, String configuration) throws IOException {
        Path base = Files.createDirectories(base(id));
        try (OutputStream out = Files.newOutputStream(base.resolve("data.tar"));
                TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            directory(tar, "./");
            file(tar, "PG_VERSION", "17\n".getBytes(StandardCharsets.US_ASCII));
            for (String name : List.of("base/", "base/1/", "global/", "pg_tblspc/", "pg_wal/", "pg_replslot/")) {
                directory(tar, name);
            }
            file(tar, "base/1/1259", new byte[300_000]);
            file(tar, "postgresql.auto.conf", "work_mem = '5MB'\n".getBytes(StandardCharsets.US_ASCII));
            file(tar, "postgresql.conf", configuration.getBytes(StandardCharsets.US_ASCII));
            file(tar, "global/pg_control", FakeCluster.controlFile(SIZE, FakeCluster.SYSTEM_IDENTIFIER));
            file(
                    tar,
                    "backup_label",
                    ("START WAL LOCATION: 0/100028 (file " + cluster.name(1) + ")\n")
                            .getBytes(StandardCharsets.US_ASCII));
        }
        try (OutputStream out = Files.newOutputStream(base.resolve("16384.tar"));
                TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            directory(tar, "PG_17_202406281/");
            file(tar, "PG_17_202406281/16999", new byte[10_000]);
        }
        Files.writeString(base.resolve("backup.info"), """
                backup_label='START WAL LOCATION: 0/100028 (file %s)\\n'
                backup_name=nightly
                begin_offset=40
                begin_time=%s+00:00
                begin_wal=%s
                begin_xlog=0/100028
                end_offset=312
                end_time=%s+00:00
                end_wal=%s
                end_xlog=0/200138
                server_name=cloud
                status=DONE
                systemid=%d
                tablespaces=[('%s', 16384, '%s')]
                timeline=1
                version=170004
                xlog_segment_size=%d
                """.formatted(
                        cluster.name(1),
                        text(begin),
                        cluster.name(1),
                        text(begin.plusSeconds(60)),
                        cluster.name(2),
                        FakeCluster.SYSTEM_IDENTIFIER,
                        TABLESPACE,
                        bucket.resolveSibling("old-tablespace"),
                        SIZE.bytes()));
    }

    private static String text(Instant time) {
        return time.toString().replace('T', ' ').replace("Z", "");
    }

    private static void directory(TarArchiveOutputStream tar, String name) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(040700);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private static void file(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        entry.setMode(0100600);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    /** The directory of a backup. */
    public Path base(String id) {
        return bucket.resolve("db/base/" + id);
    }

    /** Where the objects are. */
    public Path bucket() {
        return bucket;
    }

    /** The file that describes the store. */
    public Path store() {
        return store;
    }

    /** The server that never was. */
    public FakeCluster cluster() {
        return cluster;
    }

    /** The key of a WAL file, below the bucket. */
    public Path wal(WalFileName name) {
        return bucket.resolve("db/wals/" + name.toString().substring(0, 16) + "/" + name + ".zst");
    }
}
