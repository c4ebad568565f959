package io.walarchiver.backup.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.Lsn;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PageVerificationTest {

    private static final int PAGE = 8192;
    private static final Lsn START = ScriptedSession.START;
    private static final Lsn OLD = Lsn.parse("1/0");

    @TempDir
    Path directory;

    private final List<DamagedPage> reported = new ArrayList<>();
    private final PageVerification verification = new PageVerification(PAGE, 131_072, START, reported::add);

    /** A page of noise with a header and the checksum PostgreSQL would give it. */
    static byte[] page(int block, Lsn lsn) {
        byte[] bytes = new byte[PAGE];
        new SplittableRandom(block).nextBytes(bytes);
        ByteBuffer page = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        page.putInt(0, (int) (lsn.value() >>> 32))
                .putInt(4, (int) lsn.value())
                .putShort(10, (short) 0)
                .putShort(12, (short) 100)
                .putShort(14, (short) 8000)
                .putShort(16, (short) PAGE)
                .putShort(18, (short) (PAGE | 4));
        int[] words = new int[PAGE / 4];
        page.asIntBuffer().get(words);
        page.putShort(8, (short) PageChecksum.of(words, block));
        return bytes;
    }

    private void verify(byte[] read, byte[] onDisk, String name) throws IOException {
        Path file = Files.write(directory.resolve("file"), onDisk);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            verification
                    .of("base/1/" + name, Objects.requireNonNull(RelationFileName.parse(name)))
                    .verify(ByteBuffer.wrap(read), channel, 0);
        }
    }

    private static byte[] concat(byte[]... pages) {
        ByteBuffer all = ByteBuffer.allocate(PAGE * pages.length);
        for (byte[] page : pages) {
            all.put(page);
        }
        return all.array();
    }

    @Test
    void soundPagesAreNotReported() throws IOException {
        byte[] pages = concat(page(0, OLD), page(1, OLD), new byte[PAGE], page(3, OLD));
        verify(pages, pages, "16384");
        assertThat(reported).isEmpty();
    }

    @Test
    void everyFlippedBitOfAPageIsFound() throws IOException {
        for (int bit = 0; bit < PAGE * 8; bit += 61) {
            if (bit / 8 < 8) {
                // The position decides whether the page is looked at.
                continue;
            }
            reported.clear();
            byte[] pages = concat(page(0, OLD), page(1, OLD));
            pages[PAGE + bit / 8] ^= (byte) (1 << bit % 8);
            verify(pages, pages, "16384");
            assertThat(reported).as("bit " + bit).containsExactly(new DamagedPage("base/1/16384", 1));
        }
    }

    @Test
    void aPageAtTheWrongPlaceIsFound() throws IOException {
        byte[] pages = concat(page(1, OLD), page(0, OLD));
        verify(pages, pages, "16384");
        assertThat(reported).extracting(DamagedPage::block).containsExactly(0L, 1L);
    }

    @Test
    void blocksAreCountedOverAllFilesOfTheRelation() throws IOException {
        byte[] pages = concat(page(2 * 131_072, OLD), page(2 * 131_072 + 1, OLD));
        verify(pages, pages, "16384.2");
        assertThat(reported).isEmpty();
        verify(pages, pages, "16384.1");
        assertThat(reported).hasSize(2);
    }

    @Test
    void aPageThatIsNewerThanTheBackupIsNotLookedAt() throws IOException {
        for (Lsn lsn : List.of(START, START.plus(1), new Lsn(-1))) {
            byte[] page = page(0, lsn);
            page[5000] ^= 1;
            verify(page, page, "16384");
        }
        assertThat(reported).isEmpty();
        byte[] page = page(0, new Lsn(START.value() - 1));
        page[5000] ^= 1;
        verify(page, page, "16384");
        assertThat(reported).hasSize(1);
    }

    @Test
    void aNewPageIsZeroOrDamaged() throws IOException {
        byte[] page = new byte[PAGE];
        page[8191] = 1;
        verify(page, page, "16384");
        assertThat(reported).hasSize(1);
    }

    @Test
    void aTornPageIsReadAgainAndReplaced() throws IOException {
        byte[] whole = concat(page(0, OLD), page(1, OLD));
        byte[] torn = whole.clone();
        Arrays.fill(torn, PAGE + 4096, 2 * PAGE, (byte) 0);

        verify(torn, whole, "16384");

        assertThat(reported).isEmpty();
        assertThat(torn).isEqualTo(whole);
    }

    @Test
    void aPageThatWasCutOffMeanwhileIsNoDamage() throws IOException {
        byte[] pages = concat(page(0, OLD), page(1, OLD));
        pages[PAGE + 100] ^= 1;
        verify(pages, page(0, OLD), "16384");
        assertThat(reported).isEmpty();
    }

    @Test
    void anUnfinishedPageAtTheEndIsNotLookedAt() throws IOException {
        byte[] pages = Arrays.copyOf(page(0, OLD), PAGE + 100);
        verify(pages, pages, "16384");
        assertThat(reported).isEmpty();
    }

    /** A control file that says data pages carry checksums. */
    private static byte[] controlFileWithChecksums() {
        byte[] control = FakeCluster.controlFile(SegmentSize.DEFAULT, FakeCluster.SYSTEM_IDENTIFIER);
        ByteBuffer bytes =
                ByteBuffer.wrap(control).order(ByteOrder.LITTLE_ENDIAN).putInt(252, 1);
        CRC32C crc = new CRC32C();
        crc.update(control, 0, 288);
        bytes.putInt(288, (int) crc.getValue());
        return control;
    }

    private static BackupFixture damagedCluster(Path directory) throws IOException {
        BackupFixture fixture = new BackupFixture(directory);
        fixture.tablespace(24_601, directory.resolve("fast"));
        Files.write(fixture.pgdata.resolve("global/pg_control"), controlFileWithChecksums());
        byte[] pages = new byte[100 * PAGE];
        for (int block = 0; block < 100; block++) {
            System.arraycopy(page(block, OLD), 0, pages, block * PAGE, PAGE);
        }
        Files.write(fixture.pgdata.resolve("base/1/16384"), pages);
        pages[33 * PAGE + 4711] ^= 1;
        pages[99 * PAGE + 20] ^= 1;
        Files.write(fixture.pgdata.resolve("base/1/16385"), pages);
        Files.write(directory.resolve("fast/PG_17_202406281/5/16386"), pages);
        // No relation, whatever is in it.
        Files.write(fixture.pgdata.resolve("base/1/pg_filenode.map"), pages);
        return fixture;
    }

    @Test
    void damageIsReportedAndTheBackupIsMade() throws IOException {
        try (BackupFixture fixture = damagedCluster(directory)) {
            CompletedBackup backup = fixture.take();

            assertThat(backup.damagedPages()).isEqualTo(4);
            assertThat(fixture.record(backup.id()).isUsable()).isTrue();
            assertThat(fixture.recorder.damaged)
                    .containsExactlyInAnyOrder(
                            new DamagedPage("base/1/16385", 33),
                            new DamagedPage("base/1/16385", 99),
                            new DamagedPage("pg_tblspc/24601/PG_17_202406281/5/16386", 33),
                            new DamagedPage("pg_tblspc/24601/PG_17_202406281/5/16386", 99));
            fixture.assertNothingHeld();
        }
    }

    @Test
    void damageFailsTheBackupWhenThePolicySaysSo() throws IOException {
        try (BackupFixture fixture = damagedCluster(directory)) {
            fixture.settings(settings -> settings.withChecksums(ChecksumPolicy.FAIL));

            assertThatThrownBy(() -> fixture.take())
                    .isInstanceOf(BackupException.DamagedPages.class)
                    .hasMessageStartingWith("4 pages")
                    .hasMessageContaining("base/1/16385 block 33");

            assertThat(fixture.session.calls).doesNotContain(ScriptedSession.Call.STOP);
            assertThat(fixture.recorded()).hasSize(1);
            fixture.assertNothingHeld();
        }
    }

    @Test
    void damageIsNotLookedForWhenThePolicySaysSo() throws IOException {
        try (BackupFixture fixture = damagedCluster(directory)) {
            fixture.settings(settings -> settings.withChecksums(ChecksumPolicy.IGNORE));
            assertThat(fixture.take().damagedPages()).isZero();
        }
    }
}
