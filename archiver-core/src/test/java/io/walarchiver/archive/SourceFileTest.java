package io.walarchiver.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceFileTest {

    private static final SegmentSize SIZE = SegmentSize.ofMebibytes(1);

    @TempDir
    Path directory;

    private FakeCluster cluster;
    private WalFileName.Segment name;

    @BeforeEach
    void create() throws IOException {
        cluster = FakeCluster.create(directory.resolve("pgdata"), SIZE);
        name = cluster.name(3);
    }

    private void load(WalFileName file) {
        SourceFile source = new SourceFile(new DataDirectory(cluster.pgdata()), file);
        FileIdentity identity = source.identity();
        source.readInto(ByteBuffer.allocate(SIZE.bytes()), identity);
    }

    private void assertUnusable(ThrowingCallable loading, String... reasons) {
        var thrown = assertThatThrownBy(loading)
                .isInstanceOf(ArchiveException.SourceUnusable.class)
                .hasMessageContaining("cannot archive " + cluster.walDirectory());
        for (String reason : reasons) {
            thrown.hasMessageContaining(reason);
        }
    }

    @Test
    void aSoundSegmentIsRead() throws IOException {
        cluster.write(name, cluster.segmentBytes(name.segment()));
        SourceFile source = new SourceFile(new DataDirectory(cluster.pgdata()), name);
        ByteBuffer target = ByteBuffer.allocate(SIZE.bytes());

        source.readInto(target, source.identity());

        assertThat(target.array()).isEqualTo(cluster.read(name));
        assertThat(target.remaining()).isEqualTo(SIZE.bytes());
    }

    @Test
    void aMissingFileIsNamed() {
        assertUnusable(() -> load(name), name.toString(), "does not exist");
    }

    @Test
    void aDirectoryIsNamed() throws IOException {
        Files.createDirectory(cluster.walDirectory().resolve(name.toString()));

        assertUnusable(() -> load(name), "is a directory");
    }

    @Test
    void aShortSegmentIsRefused() throws IOException {
        cluster.write(name, new byte[SIZE.bytes() - 1]);

        assertUnusable(() -> load(name), "1048575 bytes", "1048576");
    }

    @Test
    void aLongSegmentIsRefused() throws IOException {
        cluster.write(name, new byte[SIZE.bytes() + 1]);

        assertUnusable(() -> load(name), "1048577 bytes");
    }

    @Test
    void aSegmentThatWasNeverWrittenIsRefused() throws IOException {
        cluster.write(name, new byte[SIZE.bytes()]);

        assertUnusable(() -> load(name), "zeroes");
    }

    @Test
    void aWrongMagicIsShown() throws IOException {
        byte[] content = cluster.segmentBytes(name.segment());
        content[1] = 0x11;
        cluster.write(name, content);

        assertUnusable(() -> load(name), "magic", "0x1116");
    }

    @Test
    void aSegmentUnderAnotherNameIsRefused() throws IOException {
        cluster.write(name, cluster.segmentBytes(cluster.name(4).segment()));

        assertUnusable(() -> load(name), "0/400000", "0/300000");
    }

    @Test
    void aSegmentOfAnotherClusterIsRefusedAndBothAreNamed() throws IOException {
        FakeCluster other = FakeCluster.create(directory.resolve("other"), SIZE, 42);
        cluster.write(name, other.segmentBytes(name.segment()));

        assertUnusable(() -> load(name), "42", Long.toString(FakeCluster.SYSTEM_IDENTIFIER));
    }

    @Test
    void anEmptyHistoryFileIsRefused() throws IOException {
        WalFileName history = WalFileName.parse("00000002.history");
        cluster.write(history, new byte[0]);

        assertUnusable(() -> load(history), "empty");
    }

    @Test
    void aMissingControlFileIsNamed() throws IOException {
        cluster.write(name, cluster.segmentBytes(name.segment()));
        Files.delete(cluster.pgdata().resolve("global/pg_control"));

        assertUnusable(() -> load(name), "pg_control does not exist", "not a PostgreSQL data directory");
    }

    @Test
    void aDamagedControlFileIsNamed() throws IOException {
        cluster.write(name, cluster.segmentBytes(name.segment()));
        byte[] control = FakeCluster.controlFile(SIZE, 1);
        control[100] ^= 1;
        Files.write(cluster.pgdata().resolve("global/pg_control"), control);

        assertUnusable(() -> load(name), "pg_control is damaged");
    }

    @Test
    void aClusterThatWasReplacedInPlaceIsNoticed() throws IOException {
        DataDirectory source = new DataDirectory(cluster.pgdata());
        assertThat(source.controlFile().systemIdentifier()).isEqualTo(FakeCluster.SYSTEM_IDENTIFIER);
        Files.write(cluster.pgdata().resolve("global/pg_control"), FakeCluster.controlFile(SIZE, 42));
        FakeCluster now = FakeCluster.create(directory.resolve("other"), SIZE, 42);
        cluster.write(name, now.segmentBytes(name.segment()));
        SourceFile file = new SourceFile(source, name);

        file.readInto(ByteBuffer.allocate(SIZE.bytes()), file.identity());

        assertThat(source.controlFile().systemIdentifier()).isEqualTo(42);
    }

    @Test
    void aFileThatChangesWhileItIsReadIsRefused() throws IOException {
        cluster.write(name, cluster.segmentBytes(name.segment()));
        SourceFile source = new SourceFile(new DataDirectory(cluster.pgdata()), name);
        FileIdentity before = source.identity();
        Files.delete(cluster.walDirectory().resolve(name.toString()));
        Files.write(directory.resolve("keeps the inode busy"), new byte[1]);
        cluster.write(name, cluster.segmentBytes(name.segment()));
        Files.setLastModifiedTime(cluster.walDirectory().resolve(name.toString()), FileTime.fromMillis(1));

        assertUnusable(() -> source.readInto(ByteBuffer.allocate(SIZE.bytes()), before), "changed while it was read");
    }
}
