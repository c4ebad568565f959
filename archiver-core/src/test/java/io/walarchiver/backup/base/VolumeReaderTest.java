package io.walarchiver.backup.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.base.VolumeReader.Next;
import io.walarchiver.backup.base.VolumeReader.Piece;
import io.walarchiver.backup.catalog.BackupId;
import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.store.InMemoryObjectStore;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.PutOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class VolumeReaderTest {

    @TempDir
    Path directory;

    private final BackupCounters counters = new BackupCounters();
    private final VolumeReader reader = new VolumeReader();

    private MemberSource walk() throws IOException {
        return ClusterWalk.ofDataDirectory(directory.toRealPath(), Set.of(), Set.of(), Optional.empty(), counters);
    }

    /** Reads on to the next pause or end; one tar for each volume, the last one perhaps unfinished. */
    private List<byte[]> read(VolumeReader.Capacity capacity, Next expected) throws IOException {
        List<byte[]> volumes = new ArrayList<>();
        ByteArrayOutputStream volume = new ByteArrayOutputStream();
        Piece piece;
        do {
            piece = reader.read(capacity);
            volume.write(piece.bytes(), 0, piece.length());
            if (piece.next() == Next.VOLUME) {
                volumes.add(volume.toByteArray());
                volume.reset();
            }
            reader.free(piece);
        } while (piece.next() == Next.MORE || piece.next() == Next.VOLUME);
        assertThat(piece.next()).isEqualTo(expected);
        volumes.add(volume.toByteArray());
        return volumes;
    }

    private static List<String> names(byte[] tar) {
        return StoredTar.of(tar, Compression.NONE).names();
    }

    @Test
    void aVolumeEndsBeforeAMemberItCannotTake() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            Files.write(directory.resolve(name), new byte[1000]);
        }
        Files.write(directory.resolve("d"), new byte[5000]);
        reader.use(walk());
        reader.finish();

        List<byte[]> volumes = read((members, next) -> members == 2 || next > 4000 && members > 0, Next.NOTHING);

        assertThat(volumes).hasSize(3).allMatch(tar -> tar.length % 10_240 == 0);
        assertThat(names(volumes.get(0))).containsExactly("./", "./a");
        assertThat(names(volumes.get(1))).containsExactly("./b", "./c");
        assertThat(names(volumes.get(2))).containsExactly("./d");
        reader.close();
    }

    @Test
    void aHardLinkNeverRefersToAnotherVolume() throws IOException {
        Files.writeString(directory.resolve("a"), "content");
        for (String name : List.of("b", "c", "d")) {
            Files.createLink(directory.resolve(name), directory.resolve("a"));
        }
        reader.use(walk());
        reader.finish();

        List<byte[]> volumes = read((members, next) -> members == 3, Next.NOTHING);

        assertThat(volumes).hasSize(2);
        StoredTar first = StoredTar.of(volumes.get(0), Compression.NONE);
        StoredTar second = StoredTar.of(volumes.get(1), Compression.NONE);
        assertThat(first.member("./b").entry().getLinkName()).isEqualTo("./a");
        assertThat(second.member("./c").entry().isFile()).isTrue();
        assertThat(second.member("./c").content()).hasSize(7);
        assertThat(second.member("./d").entry().getLinkName()).isEqualTo("./c");
        reader.close();
    }

    @Test
    void afterAPauseTheSameVolumeGoesOn() throws IOException {
        Files.writeString(directory.resolve("a"), "content");
        reader.use(walk());
        List<byte[]> before = read((members, next) -> false, Next.PAUSE);
        assertThat(read((members, next) -> false, Next.PAUSE).get(0)).isEmpty();
        reader.finish();
        List<byte[]> after = read((members, next) -> false, Next.NOTHING);

        assertThat(before).hasSize(1);
        assertThat(after).hasSize(1);
        byte[] whole = new byte[before.get(0).length + after.get(0).length];
        System.arraycopy(before.get(0), 0, whole, 0, before.get(0).length);
        System.arraycopy(after.get(0), 0, whole, before.get(0).length, after.get(0).length);
        assertThat(names(whole)).containsExactly("./", "./a");
        reader.close();
    }

    @Test
    void aFileIsClosedWhenTheArchiveIsGivenUp() throws IOException {
        Files.write(directory.resolve("a"), new byte[3_000_000]);
        reader.use(walk());
        assertThat(reader.read((members, next) -> false).next()).isEqualTo(Next.MORE);
        assertThat(openFiles()).contains(directory.toRealPath().resolve("a"));

        reader.close();

        assertThat(openFiles()).doesNotContain(directory.toRealPath().resolve("a"));
        assertThatThrownBy(() -> reader.read((members, next) -> false)).isInstanceOf(IOException.class);
    }

    private static List<Path> openFiles() throws IOException {
        List<Path> open = new ArrayList<>();
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    open.add(Files.readSymbolicLink(descriptor));
                } catch (IOException closedMeanwhile) {
                    // Its own.
                }
            }
        }
        return open;
    }

    @Test
    void aVolumeOfMorePartsThanAStoreTakesIsRefusedWithTheReason() throws IOException {
        VolumeUpload upload = new VolumeUpload(
                new InMemoryObjectStore(),
                BackupFixture.LAYOUT.backupKey(new BackupId("20310405T060708").value(), "data.tar"),
                PutOptions.NONE,
                new VolumeEncoder(Codec.of(Compression.NONE), MultipartUpload.MIN_PART_BYTES));
        for (int number = 1; number <= MultipartUpload.MAX_PARTS; number++) {
            assertThat(upload.nextNumber()).isEqualTo(number);
        }
        assertThatThrownBy(upload::nextNumber)
                .isInstanceOf(BackupException.SourceUnusable.class)
                .hasMessageContaining("10000")
                .hasMessageContaining("data.tar");
    }
}
