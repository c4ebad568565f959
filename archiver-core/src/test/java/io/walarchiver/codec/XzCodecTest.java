package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.CodecData.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAOutputStream;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

class XzCodecTest implements CodecContract {

    @Override
    public Codec codec() {
        return Codec.of(Compression.XZ);
    }

    @Override
    public boolean isFast() {
        return false;
    }

    @Test
    void checkIsCrc64() {
        byte[] object = CodecData.encode(codec(), new byte[10]);

        assertThat(object).startsWith(0xFD, '7', 'z', 'X', 'Z', 0, 0, XZ.CHECK_CRC64);
    }

    @Test
    void legacyLzmaContentIsRead() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(300_000);
        for (long announced : new long[] {-1, content.length}) {
            byte[] object = lzma(content, announced);
            assertThat(CodecData.decode(codec(), object, content.length)).isEqualTo(content);
            assertThat(CodecData.decodeStream(codec(), object)).isEqualTo(content);
            for (int length = 0; length < object.length; length += object.length / 97) {
                byte[] cut = Arrays.copyOf(object, length);
                assertThatThrownBy(() -> CodecData.decode(codec(), cut, content.length))
                        .isInstanceOf(CorruptObjectException.class);
            }
            byte[] cut = Arrays.copyOf(object, object.length - 1);
            assertThatThrownBy(() -> CodecData.decode(codec(), cut, content.length))
                    .isInstanceOf(CorruptObjectException.class);
            byte[] longer = Arrays.copyOf(object, object.length + 1);
            assertThatThrownBy(() -> CodecData.decode(codec(), longer, content.length))
                    .isInstanceOf(CorruptObjectException.class);
        }
    }

    private static byte[] lzma(byte[] content, long announced) throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (LZMAOutputStream out = new LZMAOutputStream(object, new LZMA2Options(3), announced)) {
            out.write(content);
        }
        return object.toByteArray();
    }

    @Test
    void otherChecksSeveralBlocksAndPresetNineAreRead() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(300_000);
        for (int check : new int[] {XZ.CHECK_CRC32, XZ.CHECK_SHA256}) {
            ByteArrayOutputStream object = new ByteArrayOutputStream();
            LZMA2Options options = new LZMA2Options(1);
            options.setDictSize(64 << 20);
            try (XZOutputStream out = new XZOutputStream(object, options, check)) {
                out.write(content, 0, 100_000);
                out.endBlock();
                out.write(content, 100_000, 200_000);
            }
            assertThat(CodecData.decode(codec(), object.toByteArray(), content.length))
                    .isEqualTo(content);
        }
    }

    @Test
    void absurdDictionaryIsAnErrorNotAnAllocation() {
        byte[] object = new byte[64];
        object[0] = 0x5D;
        object[4] = 0x40;
        Arrays.fill(object, 5, 13, (byte) 0xFF);

        assertThatThrownBy(() -> CodecData.decode(codec(), object, 10)).isInstanceOf(CorruptObjectException.class);
    }
}
