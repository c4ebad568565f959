package io.walarchiver.wal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.testing.Property;
import io.walarchiver.wal.WalFormatException.ControlFileTorn;
import io.walarchiver.wal.WalFormatException.ControlFileVersionUnknown;
import io.walarchiver.wal.WalFormatException.Malformed;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** On the first 512 bytes of real files, one of each major version: {@code initdb --wal-segsize=1 --data-checksums}. */
class ControlFileTest {

    @ParameterizedTest
    @CsvSource({
        "14, 1300, 202107181, 7710944971568915994",
        "15, 1300, 202209061, 7710944979585742388",
        "16, 1300, 202307071, 7710944986909840974",
        "17, 1700, 202406281, 7710944995245774440",
        "18, 1800, 202506291, 7710944844154856708"
    })
    void readsTheFileOfEveryMajorVersion(int major, int version, int catalog, long systemIdentifier) {
        ControlFile control = ControlFile.parse(real(major));
        assertThat(control)
                .isEqualTo(new ControlFile(
                        systemIdentifier,
                        version,
                        catalog,
                        ControlFile.State.SHUT_DOWN,
                        new Timeline(1),
                        SegmentSize.ofMebibytes(1),
                        8192,
                        8192,
                        1));
        assertThat(control.majorVersion()).hasValue(major);
        assertThat(control.hasDataChecksums()).isTrue();
    }

    @Test
    void readsFromThePositionOfTheBufferAndLeavesItAlone() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(ControlFile.FILE_LENGTH + 3);
        buffer.position(3).put(real(18)).position(3);
        assertThat(ControlFile.parse(buffer)).isEqualTo(ControlFile.parse(real(18)));
        assertThat(buffer.position()).isEqualTo(3);
        assertThat(buffer.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    }

    @ParameterizedTest
    @ValueSource(ints = {14, 15, 16, 17, 18})
    void everyByteThatCarriesDataIsGuardedByTheChecksum(int major) {
        int crcOffset = crcOffset(major);
        for (int i = 0; i < crcOffset + 4; i++) {
            if (i >= 8 && i < 12) {
                continue; // The version; without it there is no telling where the checksum stands.
            }
            ByteBuffer torn = real(major);
            torn.put(i, (byte) (torn.get(i) ^ 0x10));
            assertThatThrownBy(() -> ControlFile.parse(torn)).isInstanceOf(ControlFileTorn.class);
        }
    }

    @Test
    void aTornReadSaysWhatToDoAboutIt() {
        ByteBuffer torn = real(17);
        torn.putInt(288, 0x1234ABCD);
        assertThatThrownBy(() -> ControlFile.parse(torn))
                .isInstanceOf(ControlFileTorn.class)
                .hasMessageMatching("pg_control carries checksum 1234ABCD, but its content has [0-9A-F]{8}: it was read"
                        + " while PostgreSQL was writing it, or it is damaged");
    }

    @ParameterizedTest
    @ValueSource(ints = {942, 1201, 1301, 1701, 1801, 1901, 2000})
    void anUnknownVersionIsNamed(int version) {
        assertThatThrownBy(() -> ControlFile.parse(real(18).putInt(8, version)))
                .isInstanceOf(ControlFileVersionUnknown.class)
                .hasMessage("pg_control has version " + version
                        + ", which this program does not know (it knows 1300, 1700 and 1800, of PostgreSQL 14 to 18)")
                .satisfies(e ->
                        assertThat(((ControlFileVersionUnknown) e).version()).isEqualTo(version));
    }

    @Test
    void aBigEndianFileIsRecognised() {
        assertThatThrownBy(() -> ControlFile.parse(real(18).putInt(8, Integer.reverseBytes(1800))))
                .isInstanceOf(Malformed.class)
                .hasMessageContaining("which is 1800 with its bytes swapped")
                .hasMessageContaining("big-endian");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, -1, 0x7F7F7F7F})
    void otherFilesAreNotControlFiles(int version) {
        assertThatThrownBy(() -> ControlFile.parse(real(18).putInt(8, version)))
                .isInstanceOf(Malformed.class)
                .hasMessage("pg_control has version " + Integer.toUnsignedString(version)
                        + ", which cannot be: this is not a control file, or it is damaged");
    }

    @ParameterizedTest
    @CsvSource({"14,291", "17,291", "18,295", "18,12", "18,11", "14,0"})
    void truncationIsReported(int major, int length) {
        assertThatThrownBy(() -> ControlFile.parse(real(major).limit(length)))
                .isInstanceOf(Malformed.class)
                .hasMessageStartingWith("pg_control is truncated: " + length + " bytes, of which at least ");
    }

    @ParameterizedTest
    @CsvSource({"14,292", "17,292", "18,296"})
    void whatFollowsTheChecksumIsNotNeeded(int major, int length) {
        assertThat(ControlFile.parse(real(major).limit(length)).majorVersion()).hasValue(major);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "16|7|pg_control says database state 7, which does not exist",
                "16|-1|pg_control says database state 4294967295, which does not exist",
                "48|0|pg_control says timeline 0, which does not exist",
                "228|0|pg_control says WAL segments of 0 bytes (expected a power of two from 1 MiB to 1 GiB)",
                "228|-1|pg_control says WAL segments of 4294967295 bytes",
                "216|8193|pg_control says a data page of 8193 bytes (expected a power of two from 1 to 64 KiB)",
                "224|0|pg_control says a WAL page of 0 bytes",
                "204|4|not the layout of a 64-bit server of its version",
                "212|0|not the layout of a 64-bit server of its version",
            })
    void senselessValuesUnderASoundChecksumAreReported(int offset, int value, String message) {
        for (int major : new int[] {14, 18}) {
            assertThatThrownBy(() -> ControlFile.parse(sealed(real(major).putInt(offset, value), major)))
                    .isInstanceOf(Malformed.class)
                    .hasMessageContaining(message);
        }
    }

    @Test
    void everyStateHasTheWordsOfPgControldata() {
        List<String> words = List.of(
                "starting up",
                "shut down",
                "shut down in recovery",
                "shutting down",
                "in crash recovery",
                "in archive recovery",
                "in production");
        for (int i = 0; i < words.size(); i++) {
            ControlFile control = ControlFile.parse(sealed(real(17).putInt(16, i), 17));
            assertThat(control.state()).hasToString(words.get(i));
        }
    }

    @Test
    void aDerivativeWithItsOwnCatalogHasNoMajorVersion() {
        assertThat(ControlFile.parse(sealed(real(14).putInt(12, 202107182), 14)).majorVersion())
                .isEmpty();
    }

    @Test
    void clustersWithoutDataChecksumsAreTold() {
        assertThat(ControlFile.parse(sealed(real(18).putInt(252, 0), 18)).hasDataChecksums())
                .isFalse();
    }

    @Test
    void halfAnOldAndHalfANewFileIsTorn() {
        ByteBuffer next =
                sealed(real(18).putInt(16, 6).putLong(32, 0x0900_0028L).putLong(128, 2000), 18);
        Property.forAll(List.of(17, 36, 129, 292), random -> random.nextInt(17, 293), boundary -> {
            ByteBuffer torn = real(18);
            torn.put(0, next, 0, boundary);
            assertThatThrownBy(() -> ControlFile.parse(torn)).isInstanceOf(ControlFileTorn.class);
        });
    }

    private static int crcOffset(int major) {
        return major >= 18 ? 292 : 288;
    }

    private static ByteBuffer sealed(ByteBuffer control, int major) {
        CRC32C crc = new CRC32C();
        crc.update(control.duplicate().limit(crcOffset(major)));
        return control.putInt(crcOffset(major), (int) crc.getValue());
    }

    private static ByteBuffer real(int major) {
        try (InputStream in =
                requireNonNull(ControlFileTest.class.getResourceAsStream("/postgres/pg_control-" + major))) {
            return ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
