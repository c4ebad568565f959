package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import io.walarchiver.sidecar.settings.ByteSize;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.wal.SegmentSize;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BudgetTest {

    @ParameterizedTest
    @CsvSource({
        "64MiB, 16, 4",
        "64MiB, 1, 12",
        "64MiB, 32, 2",
        "64MiB, 64, 2",
        "1MiB, 16, 2",
        "1, 1, 2",
        "1GiB, 16, 64",
        "64MiB, 128, 8",
        "64MiB, 1024, 8",
        "1MiB, 1024, 2"
    })
    void budgetIsCutIntoPairs(String memory, int segmentMebibytes, int buffers) {
        Budget budget = Budget.of(
                ByteSize.parse(memory), SegmentSize.ofMebibytes(segmentMebibytes), Codec.of(Compression.ZSTD));
        assertThat(budget.buffers()).isEqualTo(buffers);
        assertThat(budget.bufferBytes()).isGreaterThanOrEqualTo(MultipartUpload.MIN_PART_BYTES);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void bufferHoldsTheWorstCompressedForm(Compression compression) {
        Codec codec = Codec.of(compression);
        for (int mebibytes : new int[] {1, 16, 64}) {
            SegmentSize size = SegmentSize.ofMebibytes(mebibytes);
            assertThat(Budget.of(ByteSize.parse("64MiB"), size, codec).bufferBytes())
                    .isGreaterThanOrEqualTo(codec.maxEncodedLength(size.bytes()))
                    .isGreaterThanOrEqualTo(size.bytes());
        }
    }
}
