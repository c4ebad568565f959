package io.walarchiver.testing;

import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.Timeline;
import io.walarchiver.wal.WalFileName;
import io.walarchiver.wal.WalSegmentName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The files of a PostgreSQL cluster that archiving looks at, without a server: a control file of version 17, WAL files
 * and their ready marks.
 */
public final class FakeCluster {

    /** The system identifier unless another one is given. */
    public static final long SYSTEM_IDENTIFIER = 7_301_234_567_890_123_456L;

    private final Path pgdata;
    private final SegmentSize size;
    private final long systemIdentifier;

    private FakeCluster(Path pgdata, SegmentSize size, long systemIdentifier) {
        this.pgdata = pgdata;
        this.size = size;
        this.systemIdentifier = systemIdentifier;
    }

    /** Makes a data directory at {@code pgdata}. */
    public static FakeCluster create(Path pgdata, SegmentSize size) throws IOException {
        return create(pgdata, size, SYSTEM_IDENTIFIER);
    }

    /** Makes a data directory at {@code pgdata}. */
    public static FakeCluster create(Path pgdata, SegmentSize size, long systemIdentifier) throws IOException {
        FakeCluster cluster = new FakeCluster(pgdata, size, systemIdentifier);
        Files.createDirectories(cluster.statusDirectory());
        Files.createDirectories(pgdata.resolve("global"));
        Files.write(pgdata.resolve("global/pg_control"), controlFile(size, systemIdentifier));
        return cluster;
    }

    /** The content of a control file of PostgreSQL 17. */
    public static byte[] controlFile(SegmentSize size, long systemIdentifier) {
        ByteBuffer control = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        control.putLong(0, systemIdentifier)
                .putInt(8, 1700)
                .putInt(12, 202406281)
                .putInt(16, 6)
                .putInt(48, 1)
                .putInt(204, 8)
                .putDouble(208, 1234567.0)
                .putInt(216, 8192)
                .putInt(220, 131072)
                .putInt(224, 8192)
                .putInt(228, size.bytes());
        CRC32C crc = new CRC32C();
        crc.update(control.array(), 0, 288);
        control.putInt(288, (int) crc.getValue());
        return control.array();
    }

    public Path pgdata() {
        return pgdata;
    }

    public Path walDirectory() {
        return pgdata.resolve("pg_wal");
    }

    public Path statusDirectory() {
        return walDirectory().resolve("archive_status");
    }

    /** Segment number {@code number}, counted from 1, of timeline 1. */
    public WalFileName.Segment name(int number) {
        WalSegmentName segment = new WalSegmentName(new Timeline(1), 0, 1);
        for (int i = 1; i < number; i++) {
            segment = segment.next(size);
        }
        return new WalFileName.Segment(segment);
    }

    /** Writes segments 1 to {@code count} and marks them ready; returns their names in order. */
    public List<WalFileName> readySegments(int count) throws IOException {
        List<WalFileName> names = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            WalFileName.Segment name = name(number);
            write(name, segmentBytes(name.segment()));
            markReady(name);
            names.add(name);
        }
        return names;
    }

    /** What a segment of that name holds in this cluster; always the same bytes. */
    public byte[] segmentBytes(WalSegmentName name) {
        return WalLikeData.segment(name.toString().hashCode(), name, size, systemIdentifier);
    }

    /** Writes a WAL file. */
    public Path write(WalFileName name, byte[] content) throws IOException {
        return Files.write(walDirectory().resolve(name.toString()), content);
    }

    /** What stands in a WAL file now. */
    public byte[] read(WalFileName name) throws IOException {
        return Files.readAllBytes(walDirectory().resolve(name.toString()));
    }

    /** Marks a file as PostgreSQL does when it wants it archived. */
    public void markReady(WalFileName name) throws IOException {
        Path unused = Files.createFile(statusDirectory().resolve(name + ".ready"));
    }

    /** Marks a ready file as done, as PostgreSQL does when its archive command succeeded. */
    public void markDone(WalFileName name) throws IOException {
        Path unused = Files.move(
                statusDirectory().resolve(name + ".ready"), statusDirectory().resolve(name + ".done"));
    }
}
