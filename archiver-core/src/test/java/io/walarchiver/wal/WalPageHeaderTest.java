package io.walarchiver.wal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import io.walarchiver.wal.WalFormatException.Malformed;
import io.walarchiver.wal.WalFormatException.Mismatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalPageHeaderTest {

    private static final long SYSTEM = 0x8123_4567_89AB_CDEFL;
    private static final WalSegmentName NAME = WalSegmentName.parse("00000002FFFFFFFF000000FE");

    @Test
    void readsTheSegmentBarmanArchived() throws IOException {
        byte[] page;
        try (GZIPInputStream in = new GZIPInputStream(requireNonNull(
                WalPageHeaderTest.class.getResourceAsStream("/barman/wal/3.17-000000010000000000000003.gz")))) {
            page = in.readNBytes(8192);
        }
        WalPageHeader header = WalPageHeader.parse(ByteBuffer.wrap(page));
        assertThat(header)
                .isEqualTo(new WalPageHeader(
                        0xD110,
                        6,
                        new Timeline(1),
                        Lsn.parse("0/3000000"),
                        0,
                        0x6B02_B424_837A_3D7CL,
                        SegmentSize.DEFAULT,
                        8192));
        assertThat(header.majorVersion()).hasValue(15);
        header.requireFirstPageOf(WalSegmentName.parse("000000010000000000000003"), SegmentSize.DEFAULT);
    }

    @Test
    void readsFromThePositionOfTheBufferWhateverItsByteOrderAndLeavesItAlone() {
        for (ByteBuffer buffer : List.of(ByteBuffer.allocate(64), ByteBuffer.allocateDirect(64))) {
            for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
                buffer.clear().position(7);
                buffer.put(page()).position(7).limit(7 + WalPageHeader.LENGTH);
                buffer.order(order);
                assertThat(WalPageHeader.parse(buffer.asReadOnlyBuffer())).isEqualTo(WalPageHeader.parse(page()));
                assertThat(WalPageHeader.parse(buffer)).isEqualTo(WalPageHeader.parse(page()));
                assertThat(buffer.position()).isEqualTo(7);
                assertThat(buffer.remaining()).isEqualTo(WalPageHeader.LENGTH);
                assertThat(buffer.order()).isEqualTo(order);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0xD10D,14", "0xD110,15", "0xD113,16", "0xD116,17", "0xD118,18"})
    void theMagicTellsTheMajorVersion(int magic, int version) {
        assertThat(WalPageHeader.parse(page().putShort(0, (short) magic)).majorVersion())
                .hasValue(version);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xD10E, 0xD117, 0xD119, 0xD11D, 0xD1FF, 0xD200, 0xD2FF})
    void theMagicOfAnotherVersionIsAcceptedWithoutNamingTheVersion(int magic) {
        ByteBuffer page = page().putShort(0, (short) magic).putShort(2, (short) 0x0016);
        assertThat(WalPageHeader.parse(page).majorVersion()).isEqualTo(OptionalInt.empty());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0001, 0x7FFF, 0x8000, 0xD10C, 0xD106, 0xD300, 0xFFFF, 0x1F8B, 0xB528})
    void aWrongMagicIsShown(int magic) {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putShort(0, (short) magic)))
                .isInstanceOf(Malformed.class)
                .hasMessageStartingWith(String.format(
                        "wrong WAL page magic 0x%04X (expected 0xD10D for PostgreSQL 14, 0xD110 for 15, 0xD113 for 16,"
                                + " 0xD116 for 17, 0xD118 for 18, or a little more for a later one)",
                        magic));
    }

    @Test
    void aBigEndianSegmentIsRecognised() {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putShort(0, (short) 0x18D1)))
                .isInstanceOf(Malformed.class)
                .hasMessage(
                        "WAL page magic 0x18D1 has its bytes swapped: the segment was written on a big-endian machine,"
                                + " which is not supported");
    }

    @Test
    void aSegmentThatWasNeverWrittenIsRecognised() {
        assertThatThrownBy(() -> WalPageHeader.parse(ByteBuffer.allocate(8192)))
                .isInstanceOf(Malformed.class)
                .hasMessage("WAL page of zeroes where a header should be: the segment was created but never written");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 20, 39})
    void truncationIsReported(int length) {
        assertThatThrownBy(() -> WalPageHeader.parse(page().limit(length)))
                .isInstanceOf(Malformed.class)
                .hasMessage("the first WAL page is truncated: " + length + " bytes where the header alone has 40");
    }

    @Test
    void aShortHeaderIsNotTheBeginningOfASegment() {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putShort(2, (short) 0x0005)))
                .isInstanceOf(Malformed.class)
                .hasMessage("WAL page without the long header that the first page of a segment has (flags 0x0005):"
                        + " this is not the beginning of a segment");
    }

    @Test
    void flagsAKnownVersionDoesNotHaveMeanDamage() {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putShort(2, (short) 0x0012)))
                .isInstanceOf(Malformed.class)
                .hasMessage("WAL page header with unknown flags 0x0012: the page is damaged");
    }

    @Test
    void timelineZeroMeansDamage() {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putInt(4, 0)))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("timeline 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 512 << 10, 3 << 20, Integer.MIN_VALUE, -1})
    void anImplausibleSegmentSizeIsReported(int size) {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putInt(32, size)))
                .isInstanceOf(Malformed.class)
                .hasMessage("WAL page header with implausible segment size " + Integer.toUnsignedString(size)
                        + " (expected a power of two from 1 MiB to 1 GiB)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 512, 8191, 128 << 10, Integer.MIN_VALUE})
    void anImplausiblePageSizeIsReported(int size) {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putInt(36, size)))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("implausible page size " + Integer.toUnsignedString(size));
    }

    @Test
    void anAddressWithinASegmentIsReported() {
        assertThatThrownBy(() -> WalPageHeader.parse(page().putLong(8, 0xFE00_2000L)))
                .isInstanceOf(Malformed.class)
                .hasMessage(
                        "WAL page header with page address 0/FE002000, which is not the start of a segment of 16 MiB");
    }

    @Test
    void theUnsignedFieldsAreReadWhole() {
        WalPageHeader header = WalPageHeader.parse(page().putInt(4, -1).putInt(16, -1));
        assertThat(header.timeline()).hasToString("FFFFFFFF");
        assertThat(header.remainingLength()).isEqualTo(0xFFFF_FFFFL);
        assertThat(header.pageAddress()).isEqualTo(Lsn.parse("FFFFFFFF/FE000000"));
        assertThat(header.systemIdentifier()).isEqualTo(SYSTEM);
    }

    @Test
    void theFirstPageOfASegmentIsRecognised() {
        WalPageHeader header = WalPageHeader.parse(page());
        header.requireFirstPageOf(NAME, SegmentSize.DEFAULT);
        header.requireSystemIdentifier(SYSTEM);
    }

    @Test
    void aPageCopiedFromTheParentTimelineIsAccepted() {
        WalPageHeader.parse(page().putInt(4, 1)).requireFirstPageOf(NAME, SegmentSize.DEFAULT);
    }

    @Test
    void aPageOfANewerTimelineIsRefused() {
        for (int newer : new int[] {3, -1}) {
            assertThatThrownBy(() ->
                            WalPageHeader.parse(page().putInt(4, newer)).requireFirstPageOf(NAME, SegmentSize.DEFAULT))
                    .isInstanceOf(Mismatch.class)
                    .hasMessage("the WAL page header of " + NAME + " says timeline " + new Timeline(newer)
                            + ", which is newer than the one in the name");
        }
    }

    @Test
    void aRecycledSegmentIsRefused() {
        WalPageHeader header = WalPageHeader.parse(page().putLong(8, 0x0300_0000L));
        assertThatThrownBy(() -> header.requireFirstPageOf(NAME, SegmentSize.DEFAULT))
                .isInstanceOf(Mismatch.class)
                .hasMessage("the WAL page header of " + NAME + " says position 0/3000000, but the name means"
                        + " FFFFFFFF/FE000000: the file holds another segment (a recycled one, not written yet?)");
    }

    @Test
    void anotherSegmentSizeIsRefused() {
        WalPageHeader header = WalPageHeader.parse(page());
        assertThatThrownBy(() -> header.requireFirstPageOf(NAME, SegmentSize.ofMebibytes(1)))
                .isInstanceOf(Mismatch.class)
                .hasMessage("the WAL page header of " + NAME + " says segments of 16 MiB, but the cluster has 1 MiB");
    }

    @Test
    void anotherClusterIsRefusedAndBothAreNamedUnsigned() {
        assertThatThrownBy(() -> WalPageHeader.parse(page()).requireSystemIdentifier(7))
                .isInstanceOf(Mismatch.class)
                .hasMessage("the WAL page at FFFFFFFF/FE000000 belongs to the cluster with system identifier "
                        + Long.toUnsignedString(SYSTEM) + ", not to 7");
    }

    @Test
    void noBytesAreUnderstoodOtherThanAsAHeaderOrAnError() {
        Property.forAll(List.of(), WalPageHeaderTest::damaged, page -> {
            try {
                WalPageHeader header = WalPageHeader.parse(page);
                assertThat(header.pageAddress().value() % header.segmentSize().bytes())
                        .isZero();
            } catch (Malformed expected) {
                assertThat(expected).hasMessageContaining("WAL page");
            }
        });
    }

    private static ByteBuffer damaged(SplittableRandom random) {
        ByteBuffer page = page();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            page.put(random.nextInt(WalPageHeader.LENGTH), (byte) random.nextInt());
        }
        return page;
    }

    private static ByteBuffer page() {
        return ByteBuffer.allocate(WalPageHeader.LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(0, (short) 0xD118)
                .putShort(2, (short) 0x0007)
                .putInt(4, 2)
                .putLong(8, 0xFFFF_FFFF_FE00_0000L)
                .putInt(16, 85)
                .putLong(24, SYSTEM)
                .putInt(32, 16 << 20)
                .putInt(36, 8192);
    }
}
