package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.beginning;
import static io.walarchiver.backup.recovery.RecoveryFixture.cluster;
import static io.walarchiver.backup.recovery.RecoveryFixture.encode;
import static io.walarchiver.backup.recovery.RecoveryFixture.end;
import static io.walarchiver.backup.recovery.RecoveryFixture.noise;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.backup.tar.TarBytes;
import io.walarchiver.codec.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;

/**
 * The hand-made archives of {@code restore-variants-3.17.txt}, which tell what barman makes of them. Where the outcome
 * here is another, the test says why.
 */
class ArchiveVariantsTest {

    @TempDir
    Path directory;

    private RecoveryFixture fixture;

    @BeforeEach
    void createFixture() {
        fixture = new RecoveryFixture(directory);
    }

    @AfterEach
    void nothingIsHeld() {
        fixture.assertNothingHeld();
    }

    /** "plain", "gz single", "bz2 single", "snappy 64k". */
    @ParameterizedTest
    @ValueSource(strings = {"", ".gz", ".bz2", ".snappy"})
    void whatBarmanWritesItself(String suffix) {
        fixture.place("data.tar" + suffix, cluster());
        assertRestored();
    }

    /** "gz multi 2", "bz2 multi 2": barman fails and leaves a part. What both parts hold is not in doubt, so we do not. */
    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"GZIP", "BZIP2", "LZ4", "ZSTD", "XZ", "SNAPPY"})
    void severalStreamsInOneObject(Compression compression) {
        byte[] tar = cluster();
        byte[] first = encode(Arrays.copyOf(tar, 20_000), compression);
        byte[] second = encode(Arrays.copyOfRange(tar, 20_000, tar.length), compression);
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.writeBytes(second);
        fixture.placeAsIs("data.tar" + compression.suffix(), both.toByteArray());
        assertRestored();
    }

    /** "gz with name". */
    @Test
    void gzipWithAName() throws IOException {
        byte[] plain = encode(cluster(), Compression.GZIP);
        ByteArrayOutputStream named = new ByteArrayOutputStream();
        named.write(plain, 0, 3);
        named.write(0x08);
        named.write(plain, 4, 6);
        named.write("data.tar\0".getBytes(StandardCharsets.US_ASCII));
        named.write(plain, 10, plain.length - 10);
        fixture.placeAsIs("data.tar.gz", named.toByteArray());
        assertRestored();
    }

    /** "snappy raw". */
    @Test
    void rawSnappyIsRefused() throws IOException {
        fixture.placeAsIs("data.tar.snappy", Snappy.compress(cluster()));
        assertCorrupt();
    }

    /** "tar.xz", "tar.lz4": barman does not know them; we do. */
    @ParameterizedTest
    @ValueSource(strings = {".xz", ".lz4", ".zst"})
    void whatOldBarmanDoesNotKnow(String suffix) {
        fixture.place("data.tar" + suffix, cluster());
        assertRestored();
    }

    /** "plain named gz", and everything else that is not what its name says. */
    @ParameterizedTest
    @ValueSource(strings = {".gz", ".bz2", ".snappy", ".lz4", ".zst", ".xz"})
    void contentThatIsNotWhatTheNameSaysIsRefused(String suffix) {
        fixture.placeAsIs("data.tar" + suffix, cluster());
        assertCorrupt();
    }

    @Test
    void compressedContentNamedPlainIsRefused() {
        fixture.placeAsIs("data.tar", encode(cluster(), Compression.GZIP));
        assertCorrupt();
    }

    /** "no ./ root": barman leaves 0755, on which PostgreSQL does not start. */
    @Test
    void withoutRootMemberTheDirectoryIsTheOwnersAlone() {
        TarBytes tar = new TarBytes()
                .file("PG_VERSION", "17\n")
                .file("postgresql.conf", "# from the data directory\n")
                .file("base/1/1259", noise(40_000))
                .file("base/1/1260", new byte[0])
                .file("base/1/1261", noise(8192))
                .file("global/1262", noise(100));
        fixture.place("data.tar", end(tar).bytes());

        fixture.done();

        assertThat(Tree.of(fixture.pgdata))
                .containsEntry("", "directory rwx------")
                .containsEntry("base/1", "directory rwx------")
                .containsKeys("pg_wal", "pg_tblspc", "base/1/1259");
    }

    /** "prefix ./", "gnu", "ustar". */
    @ParameterizedTest
    @EnumSource(TarBytes.Form.class)
    void everyFormOfTar(TarBytes.Form form) {
        String longName = "base/1/" + "n".repeat(120);
        TarBytes tar = beginning(new TarBytes(form))
                .file("./" + longName, noise(3))
                .directory("././base//2/", 0700)
                .file(".//base/2/./1", noise(4));
        fixture.place("data.tar", end(tar).bytes());

        fixture.done();

        assertThat(fixture.pgdata.resolve(longName)).hasBinaryContent(noise(3));
        assertThat(fixture.pgdata.resolve("base/2/1")).hasBinaryContent(noise(4));
    }

    /** "only 1 zero block", "pad1024". */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 19, 40})
    void anEndMarkOfAnyLength(int blocks) {
        fixture.place("data.tar", end(beginning(new TarBytes())).terminated(blocks));
        assertRestored();
    }

    /** "no trailer", compressed: the end of the compressed data proves that nothing is missing. */
    @ParameterizedTest
    @ValueSource(strings = {".gz", ".bz2", ".lz4", ".zst", ".xz"})
    void noEndMarkWithinACompletedCompression(String suffix) {
        fixture.place("data.tar" + suffix, end(beginning(new TarBytes())).unterminated());
        assertRestored();
    }

    /**
     * "no trailer", plain: barman restores it. It cannot be told from an archive that was cut off between two members,
     * which is how data gets lost without a word; no tool that is known writes one. So it is refused.
     */
    @ParameterizedTest
    @ValueSource(strings = {"", ".snappy"})
    void noEndMarkAndNothingElseToProveTheEnd(String suffix) {
        fixture.place("data.tar" + suffix, end(beginning(new TarBytes())).unterminated());
        assertThat(assertCorrupt()).hasMessageContaining("no end mark");
    }

    /** "2 vol", "2 vol mixed comp", "vol _1". */
    @ParameterizedTest
    @CsvSource({
        "data.tar, data_0001.tar",
        "data.tar.gz, data_0001.tar",
        "data.tar, data_0001.tar.bz2",
        "data.tar, data_1.tar"
    })
    void twoVolumes(String first, String second) {
        fixture.place(first, beginning(new TarBytes()).bytes());
        fixture.place(second, end(new TarBytes()).bytes());
        assertRestored();
    }

    /** "2 vol root twice 0755". */
    @Test
    void theRootOfTheFirstVolumeCounts() {
        fixture.place("data.tar", beginning(new TarBytes()).bytes());
        fixture.place("data_0001.tar", end(new TarBytes().directory("./", 0750)).bytes());
        assertRestored();
        assertThat(Tree.of(fixture.pgdata)).containsEntry("", "directory rwx------");
    }

    /** "2 vol gap 0002": barman does not look at the numbers. Volumes are counted without a gap, so one got lost. */
    @Test
    void aGapBetweenVolumesIsAMissingObject() {
        fixture.place("data.tar", beginning(new TarBytes()).bytes());
        fixture.place("data_0002.tar", end(new TarBytes()).bytes());

        assertThat(fixture.failure())
                .isInstanceOf(RecoveryException.BackupIncomplete.class)
                .hasMessageContaining("data_0001.tar");
        assertThat(fixture.pgdata).doesNotExist();
    }

    /** "2 vol first missing", "missing data.tar". */
    @ParameterizedTest
    @ValueSource(strings = {"data_0001.tar", "datax.tar"})
    void withoutMainArchiveNothingIsExtracted(String name) {
        fixture.place(name, cluster());

        assertThat(fixture.failure())
                .isInstanceOf(RecoveryException.BackupIncomplete.class)
                .hasMessageContaining("data.tar");
        assertThat(fixture.pgdata).doesNotExist();
    }

    /** The last volume is missing: no number tells, but what comes last is not there. */
    @Test
    void withoutLastVolumeTheRestoreFails() {
        fixture.place("data.tar", beginning(new TarBytes()).bytes());

        assertThat(assertCorrupt()).hasMessageContaining("last volume");
    }

    /** "both tar and gz": barman takes either. The catalog takes the one stored last, and says so. */
    @Test
    void ofTwoSpellingsTheLaterCounts() throws InterruptedException {
        fixture.place("data.tar.gz", new TarBytes().file("PG_VERSION", "1").bytes());
        long before = System.nanoTime();
        while (System.nanoTime() - before < 2_000_000) {
            Thread.onSpinWait();
        }
        fixture.place("data.tar", cluster());
        assertRestored();
    }

    /** "no pg_wal in tar", "tbs tar no pg_tblspc dir" (where barman fails). */
    @Test
    void directoriesThatAreMissingAreMade() {
        fixture.withTablespaces("");
        TarBytes tar =
                new TarBytes().directory(".", 0700).file("PG_VERSION", "17\n").directory("global", 0700);
        fixture.place("data.tar", end(tar).bytes());

        fixture.done();

        assertThat(Tree.of(fixture.pgdata)).containsKeys("pg_wal", "pg_tblspc/16384");
    }

    /** "tbs", "tbs mixed comp". */
    @ParameterizedTest
    @CsvSource({"'', ''", ".gz, .bz2", "'', .snappy", ".zst, .lz4"})
    void tablespaces(String first, String second) throws IOException {
        fixture.withTablespaces(first, second);
        fixture.place("data.tar", cluster());
        assertRestored();
        for (int i = 0; i < 2; i++) {
            assertThat(Files.readSymbolicLink(fixture.pgdata.resolve("pg_tblspc/" + (16_384 + i))))
                    .isEqualTo(directory.resolve("restored/space" + i));
        }
    }

    /** "tbs missing one". */
    @Test
    void aMissingTablespaceArchiveStopsEverything() {
        fixture.withTablespaces("", "");
        fixture.memory.remove(RecoveryFixture.LAYOUT.backupKey(RecoveryFixture.ID, "16385.tar"));
        fixture.place("data.tar", cluster());

        assertThat(fixture.failure())
                .isInstanceOf(RecoveryException.BackupIncomplete.class)
                .hasMessageContaining("16385.tar");
        assertThat(fixture.pgdata).doesNotExist();
        assertThat(directory.resolve("restored/space0")).doesNotExist();
    }

    /** "tbs symlink in data tar": barman fails; the link we make is the one that is wanted. */
    @Test
    void aStoredTablespaceLinkIsReplacedByOurs() throws IOException {
        fixture.withTablespaces("");
        fixture.place(
                "data.tar",
                end(beginning(new TarBytes()).symbolicLink("pg_tblspc/16384", "/nonexist/t1"))
                        .bytes());
        assertRestored();
        assertThat(Files.readSymbolicLink(fixture.pgdata.resolve("pg_tblspc/16384")))
                .isEqualTo(directory.resolve("restored/space0"));
    }

    @Test
    void gzipWithRubbishBehindItIsRefused() {
        byte[] object = encode(cluster(), Compression.GZIP);
        fixture.placeAsIs("data.tar.gz", Arrays.copyOf(object, object.length + 1));
        assertCorrupt();
    }

    @Test
    void gzipOfTheJdkIsRead() throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(object)) {
            out.write(cluster());
        }
        fixture.placeAsIs("data.tar.gz", object.toByteArray());
        assertRestored();
    }

    /** Configuration from outside the data directory comes in the last volume and replaces what is there. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aLaterVolumeReplacesFilesOfTheTopLevel(int jobs) throws IOException {
        fixture.settings = fixture.settings.withJobs(jobs);
        fixture.place("data.tar", beginning(new TarBytes()).bytes());
        fixture.place(
                "data_0001.tar", new TarBytes().file("base/1/1300", noise(9)).bytes());
        fixture.place(
                "data_0002.tar",
                end(new TarBytes()
                                .file("postgresql.conf", "# from outside\n")
                                .symbolicLink("PG_VERSION", "elsewhere")
                                .file("PG_VERSION", "17\n"))
                        .bytes());

        fixture.done();

        assertThat(fixture.pgdata.resolve("postgresql.conf")).hasContent("# from outside\n");
        assertThat(fixture.pgdata.resolve("PG_VERSION")).isRegularFile().hasContent("17\n");
        assertThat(fixture.pgdata.resolve("base/1/1300")).hasBinaryContent(noise(9));
    }

    /** Nobody writes this, but the order of the volumes must count all the same. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aLaterVolumeReplacesAnyFile(int jobs) {
        fixture.settings = fixture.settings.withJobs(jobs);
        fixture.place("data.tar", beginning(new TarBytes()).bytes());
        fixture.place(
                "data_0001.tar",
                new TarBytes().file("base/1/1259", noise(50_000)).bytes());
        fixture.place(
                "data_0002.tar",
                end(new TarBytes().file("base/1/1259", noise(41)).hardLink("base/1/again", "base/1/1261"))
                        .bytes());

        fixture.done();

        assertThat(fixture.pgdata.resolve("base/1/1259")).hasBinaryContent(noise(41));
        assertThat(fixture.pgdata.resolve("base/1/again")).hasBinaryContent(noise(8192));
    }

    private void assertRestored() {
        fixture.done();
        assertThat(fixture.pgdata.resolve("PG_VERSION")).hasContent("17\n");
        assertThat(fixture.pgdata.resolve("base/1/1259")).hasBinaryContent(noise(40_000));
        assertThat(fixture.pgdata.resolve("global/1262")).hasBinaryContent(noise(100));
        assertThat(Tree.of(fixture.pgdata)).hasSize(27 + fixture.tablespaces.size());
    }

    @CanIgnoreReturnValue
    private RecoveryException assertCorrupt() {
        RecoveryException failure = fixture.failure();
        assertThat(failure).isInstanceOf(RecoveryException.CorruptArchive.class);
        assertThat(fixture.isMarked()).isTrue();
        assertThat(fixture.pgdata.resolve("global/pg_control")).doesNotExist();
        return failure;
    }
}
