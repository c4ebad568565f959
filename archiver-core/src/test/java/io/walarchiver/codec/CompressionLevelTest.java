package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CompressionLevelTest {

    @ParameterizedTest
    @CsvSource({
        "BZIP2, 1, 9, 1, 5, 9, 5",
        "GZIP, 1, 9, 1, 6, 9, 6",
        "LZ4, 0, 16, 0, 6, 10, 0",
        "XZ, 1, 9, 1, 3, 5, 3",
        "ZSTD, -22, 22, 1, 4, 9, 1"
    })
    void rangesNamesAndDefaults(
            Compression compression, int lowest, int highest, int low, int medium, int high, int ours) {
        assertThat(CompressionLevel.parse(compression, "low").value()).isEqualTo(low);
        assertThat(CompressionLevel.parse(compression, "medium").value()).isEqualTo(medium);
        assertThat(CompressionLevel.parse(compression, "high").value()).isEqualTo(high);
        assertThat(CompressionLevel.defaultOf(compression).value()).isEqualTo(ours);
        for (int level : new int[] {lowest, highest}) {
            assertThat(CompressionLevel.parse(compression, Integer.toString(level))
                            .value())
                    .isEqualTo(level);
            assertThat(Codec.of(compression, OptionalInt.of(level)).compression())
                    .isEqualTo(compression);
        }
        for (int level : new int[] {lowest - 1, highest + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Codec.of(compression, OptionalInt.of(level)))
                    .withMessageContaining(compression.configurationName())
                    .withMessageContaining("%s to %s", lowest, highest);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CompressionLevel.parse(compression, "best"))
                .withMessageContaining("\"best\"")
                .withMessageContaining("%s to %s", lowest, highest);
    }

    @Test
    void snappyAndNoneHaveNoLevels() {
        for (Compression compression : new Compression[] {Compression.SNAPPY, Compression.NONE}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Codec.of(compression, OptionalInt.of(1)))
                    .withMessageContaining("no levels");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CompressionLevel.parse(compression, "low"))
                    .withMessageContaining("no levels");
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everyAlgorithmHasACodec(Compression compression) {
        assertThat(Codec.of(compression).compression()).isEqualTo(compression);
    }
}
