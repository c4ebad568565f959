package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects that barman 3.4 and 3.17 wrote are read, in both forms. */
class BarmanSamplesTest {

    private static final int SEGMENT_BYTES = 16 << 20;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3.17-000000010000000000000003.bz2",
                "3.17-000000010000000000000003.gz",
                "3.17-000000010000000000000003.xz",
                "3.17-000000010000000000000003.zst"
            })
    void segmentIsRead(String file) throws IOException {
        assertSegment(file, "be9f9fb2aced971ca798accd8fdb306681d8cf1324aab4510ea7c281314a21aa");
    }

    @ParameterizedTest
    @ValueSource(strings = {"000000010000000000000004.partial.gz", "000000010000000000000004.partial.zst"})
    void partialSegmentIsRead(String file) throws IOException {
        assertSegment(file, "5ce7224c2600829564ee4749944b92a1f2bd72cdcf899ff10b910a1ea97b8bbe");
    }

    private static void assertSegment(String file, String sha256) throws IOException {
        byte[] content = decodeBothWays(file, SEGMENT_BYTES);
        ContentDigester digester = new ContentDigester(DigestAlgorithm.SHA256);
        digester.update(ByteBuffer.wrap(content));

        assertThat(content).hasSize(SEGMENT_BYTES);
        assertThat(digester.finish().hex()).isEqualTo(sha256);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3.4-000000010000000000000002.00000028.backup.bz2",
                "3.4-000000010000000000000002.00000028.backup.gz",
                "3.4-000000010000000000000002.00000028.backup.snappy",
                "3.17-000000010000000000000002.00000028.backup.bz2",
                "3.17-000000010000000000000002.00000028.backup.gz",
                "3.17-000000010000000000000002.00000028.backup.lz4",
                "3.17-000000010000000000000002.00000028.backup.snappy",
                "3.17-000000010000000000000002.00000028.backup.xz",
                "3.17-000000010000000000000002.00000028.backup.zst"
            })
    void backupHistoryFileIsRead(String file) throws IOException {
        assertThat(decodeBothWays(file, 1000)).isEqualTo(read("000000010000000000000002.00000028.backup"));
    }

    @Test
    void timelineHistoryFileIsRead() throws IOException {
        for (String suffix : List.of(".gz", ".zst")) {
            assertThat(new String(decodeBothWays("00000002.history" + suffix, 1000), StandardCharsets.UTF_8))
                    .matches("1\t0/[0-9A-F]+\tno recovery target specified\n");
        }
    }

    private static byte[] decodeBothWays(String file, int room) throws IOException {
        Codec codec = Codec.of(Compression.ofKey(file));
        byte[] object = read(file);
        byte[] content = CodecData.decode(codec, object, room);
        assertThat(Arrays.equals(CodecData.decodeStream(codec, object), content))
                .as("block and stream form agree on %s", file)
                .isTrue();
        return content;
    }

    private static byte[] read(String file) throws IOException {
        try (InputStream in = BarmanSamplesTest.class.getResourceAsStream("/barman/wal/" + file)) {
            assertThat(in).as(file).isNotNull();
            return in.readAllBytes();
        }
    }
}
