package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.end;
import static io.walarchiver.backup.recovery.RecoveryFixture.noise;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.backup.tar.TarBytes;
import io.walarchiver.backup.tar.TarHeader;
import io.walarchiver.backup.tar.TarReader;
import io.walarchiver.codec.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What arrives cut off or changed is an error, never less data, and the destination says that it is unfinished. */
@Timeout(300)
class DamagedArchiveTest {

    private static final int FLIPS = 150;

    @TempDir
    Path directory;

    private static TarBytes members() {
        return end(new TarBytes()
                .directory(".", 0700)
                .file("PG_VERSION", "17\n")
                .directory("base", 0700)
                .file("base/1", noise(2000))
                .file("base/2", new byte[0])
                .file("base/3", noise(512))
                .directory("global", 0700));
    }

    private RecoveryFixture fixture(String name, Compression compression, byte[] object) {
        RecoveryFixture fixture = new RecoveryFixture(directory.resolve(name));
        fixture.placeAsIs("data.tar" + compression.suffix(), object);
        return fixture;
    }

    private SortedMap<String, String> whole() {
        RecoveryFixture fixture = fixture("whole", Compression.NONE, members().bytes());
        fixture.done();
        return Tree.of(fixture.pgdata);
    }

    private static void assertUnfinished(RecoveryFixture fixture, String what) {
        assertThat(fixture.failure())
                .as(what)
                .isInstanceOf(RecoveryException.CorruptArchive.class)
                .hasMessageContaining("data.tar");
        assertThat(fixture.isMarked()).as(what).isTrue();
        assertThat(fixture.pgdata.resolve("global/pg_control")).as(what).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"NONE", "SNAPPY"},
            mode = EnumSource.Mode.EXCLUDE)
    void aCompressedArchiveCutOffAnywhere(Compression compression) {
        byte[] object = RecoveryFixture.encode(members().bytes(), compression);
        List<Integer> lengths = new ArrayList<>();
        for (int length = 0; length < object.length; length += 512) {
            lengths.add(length);
        }
        lengths.addAll(List.of(1, 3, 9, 17, object.length - 9, object.length - 4, object.length - 1));
        for (int length : lengths) {
            RecoveryFixture fixture = fixture("cut" + length, compression, Arrays.copyOf(object, length));
            assertUnfinished(fixture, "cut at " + length + " of " + object.length);
        }
    }

    /** Complete from its first block of end mark on; whatever is missing behind it is padding. */
    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"NONE", "SNAPPY"})
    void anArchiveThatKnowsItsEndByTheMarkAlone(Compression compression) {
        SortedMap<String, String> whole = whole();
        byte[] tar = members().bytes();
        int complete = members().terminated(1).length;
        for (int length = 0; length < tar.length; length += 512) {
            byte[] object = RecoveryFixture.encode(Arrays.copyOf(tar, length), compression);
            RecoveryFixture fixture = fixture("cut" + length, compression, object);
            if (length < complete) {
                assertUnfinished(fixture, "cut at " + length + " of " + tar.length);
            } else {
                fixture.done();
                assertThat(Tree.of(fixture.pgdata)).isEqualTo(whole);
            }
        }
    }

    @Test
    void aSnappyStreamCutOffAnywhere() {
        byte[] tar = members().unterminated();
        byte[] object = RecoveryFixture.encode(tar, Compression.SNAPPY);
        for (int length = 0; length < object.length; length += 97) {
            RecoveryFixture fixture = fixture("cut" + length, Compression.SNAPPY, Arrays.copyOf(object, length));
            assertUnfinished(fixture, "cut at " + length);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aChangedByteOfACompressedArchive(Compression compression) {
        SortedMap<String, String> whole = whole();
        byte[] object = RecoveryFixture.encode(members().bytes(), compression);
        SplittableRandom random = new SplittableRandom(compression.ordinal());
        int corrupt = 0;
        for (int i = 0; i < FLIPS; i++) {
            byte[] damaged = object.clone();
            int position = i < 30 ? i : random.nextInt(object.length);
            damaged[position] ^= (byte) (1 << random.nextInt(8));
            RecoveryFixture fixture = fixture("flip" + i, compression, damaged);
            try {
                fixture.restore().block(Duration.ofSeconds(60));
                // A few bits mean nothing, such as the time in the header of gzip.
                assertThat(Tree.of(fixture.pgdata)).as("byte " + position).isEqualTo(whole);
            } catch (RecoveryException.CorruptArchive expected) {
                assertThat(fixture.isMarked()).isTrue();
                corrupt++;
            }
        }
        assertThat(corrupt).isGreaterThan(FLIPS * 9 / 10);
    }

    /** Without compression only headers carry checksums, and the control file its own. */
    @Test
    void aChangedByteOfAPlainArchiveWhereItCanBeTold() throws IOException {
        byte[] tar = members().bytes();
        TarReader reader = new TarReader(new ByteArrayInputStream(tar));
        List<Integer> telling = new ArrayList<>();
        for (Optional<TarHeader> next = reader.next(); next.isPresent(); next = reader.next()) {
            for (int i = 1; i < 500; i += 61) {
                telling.add((int) next.get().offset() + i);
            }
            if (next.get().name().equals("global/pg_control")) {
                telling.add((int) reader.position() + 3);
                telling.add((int) reader.position() + 100);
            }
            if (next.get().name().equals("backup_label")) {
                telling.add((int) reader.position() + 5);
                telling.add((int) reader.position() + 22);
            }
        }
        telling.add(tar.length - 1);
        for (int position : telling) {
            byte[] damaged = tar.clone();
            damaged[position] ^= 0x08;
            RecoveryFixture fixture = fixture("flip" + position, Compression.NONE, damaged);
            RecoveryException failure = fixture.failure();
            assertThat(failure).as("byte " + position).isInstanceOf(RecoveryException.CorruptArchive.class);
            assertThat(fixture.isMarked()).isTrue();
        }
    }

    @Test
    void aZeroedBlockIsNotTakenForTheEnd() throws IOException {
        byte[] tar = members().bytes();
        TarReader reader = new TarReader(new ByteArrayInputStream(tar));
        for (Optional<TarHeader> next = reader.next(); next.isPresent(); next = reader.next()) {
            int header = (int) next.get().offset();
            byte[] damaged = tar.clone();
            Arrays.fill(damaged, header, header + 512, (byte) 0);
            RecoveryFixture fixture = fixture("zero" + header, Compression.NONE, damaged);
            assertUnfinished(fixture, "header at " + header);
        }
    }

    @Test
    void theMessageNamesObjectMemberAndPlace() throws IOException {
        byte[] tar = members().bytes();
        TarReader reader = new TarReader(new ByteArrayInputStream(tar));
        Optional<TarHeader> next = reader.next();
        while (next.isPresent() && !next.get().name().equals("base/1")) {
            next = reader.next();
        }
        int content = (int) reader.position();
        RecoveryFixture inside = fixture("inside", Compression.NONE, Arrays.copyOf(tar, content + 1000));
        RecoveryFixture after = fixture("after", Compression.NONE, Arrays.copyOf(tar, content + 2048 + 100));

        assertThat(inside.failure())
                .hasMessageContaining("pg/main/orders-db/base/20310405T060708/data.tar")
                .hasMessageContaining("at member base/1, byte " + (content + 1000) + " ");
        assertThat(after.failure()).hasMessageContaining("after member base/1, byte " + (content + 2148) + " ");
    }
}
