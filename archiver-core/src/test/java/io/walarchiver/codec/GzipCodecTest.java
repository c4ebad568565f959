package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.CodecData.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;
import org.junit.jupiter.api.Test;

class GzipCodecTest implements CodecContract {

    @Override
    public Codec codec() {
        return Codec.of(Compression.GZIP);
    }

    @Test
    void headerHasNoNameAndNoTimeAndAnUnknownSystem() throws IOException {
        byte[] header = {0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, (byte) 255};

        assertThat(CodecData.encode(codec(), new byte[10])).startsWith(header);
        assertThat(CodecData.encodeStream(codec(), new byte[10], true)).startsWith(header);
    }

    @Test
    void theJdkReadsEveryLevel() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(300_000);
        for (int level = 1; level <= 9; level++) {
            byte[] object = CodecData.encode(Codec.of(Compression.GZIP, OptionalInt.of(level)), content);
            assertThat(new GZIPInputStream(new ByteArrayInputStream(object)).readAllBytes())
                    .isEqualTo(content);
        }
    }

    @Test
    void membersWithNamesAndCommentsAreRead() throws IOException {
        GzipParameters parameters = new GzipParameters();
        parameters.setFileName("000000010000000000000003");
        parameters.setComment("written elsewhere");
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (GzipCompressorOutputStream out = new GzipCompressorOutputStream(object, parameters)) {
            out.write(new byte[] {1, 2, 3});
        }
        object.writeBytes(CodecData.encode(codec(), new byte[] {4, 5}));

        assertThat(CodecData.decode(codec(), object.toByteArray(), 5)).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void wrongLengthInTheTrailerIsAnError() {
        byte[] object = CodecData.encode(codec(), new byte[1000]);
        object[object.length - 4]++;

        assertThatThrownBy(() -> CodecData.decode(codec(), object, 1000)).isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void sameContentGivesSameObject() {
        byte[] content = Kind.WAL_LIKE.bytes(100_000);

        assertThat(Arrays.equals(CodecData.encode(codec(), content), CodecData.encode(codec(), content)))
                .isTrue();
    }
}
