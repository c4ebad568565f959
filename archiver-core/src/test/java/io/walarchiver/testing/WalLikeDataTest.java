package io.walarchiver.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WalLikeDataTest {

    private static final WalSegmentName NAME = WalSegmentName.parse("0000000A0000000200000003");
    private static final SegmentSize SIZE = SegmentSize.ofMebibytes(4);
    private static final long SYSTEM_IDENTIFIER = 7_312_345_678_901_234_567L;

    @Test
    void everyPageHasItsHeader() {
        ByteBuffer segment = ByteBuffer.wrap(WalLikeData.segment(1, NAME, SIZE, SYSTEM_IDENTIFIER))
                .order(ByteOrder.LITTLE_ENDIAN);

        for (int page = 0; page < SIZE.bytes(); page += WalLikeData.PAGE_BYTES) {
            assertThat(segment.getShort(page) & 0xFFFF).isEqualTo(0xD116);
            assertThat(segment.getShort(page + 2) & 0x2).isEqualTo(page == 0 ? 2 : 0);
            assertThat(segment.getInt(page + 4)).isEqualTo(10);
            assertThat(segment.getLong(page + 8)).isEqualTo(0x2_00C0_0000L + page);
            assertThat(segment.getInt(page + 16) > 0).isEqualTo((segment.getShort(page + 2) & 0x1) != 0);
        }
        assertThat(segment.getLong(24)).isEqualTo(SYSTEM_IDENTIFIER);
        assertThat(segment.getInt(32)).isEqualTo(SIZE.bytes());
        assertThat(segment.getInt(36)).isEqualTo(8192);
    }

    @Test
    void switchedSegmentEndsInZeros() {
        byte[] segment =
                WalLikeData.segment(1, NAME, SIZE, SYSTEM_IDENTIFIER, WalLikeData.PAGE_MAGIC_18, 2 * 8192 + 100);

        assertThat(segment[2 * 8192]).isEqualTo((byte) 0x18);
        assertThat(Arrays.copyOfRange(segment, 3 * 8192, segment.length)).containsOnly(0);
    }

    @Test
    void sameSeedGivesSameBytes() {
        byte[] once = WalLikeData.segment(7, NAME, SIZE, SYSTEM_IDENTIFIER);

        assertThat(WalLikeData.segment(7, NAME, SIZE, SYSTEM_IDENTIFIER)).isEqualTo(once);
        assertThat(WalLikeData.segment(8, NAME, SIZE, SYSTEM_IDENTIFIER)).isNotEqualTo(once);
    }
}
