package io.walarchiver.codec;

import static io.walarchiver.codec.CodecData.concat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.walarchiver.codec.CodecData.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ZstdCodecTest implements CodecContract {

    private static final int CHECKSUM_FLAG = 0x04;
    private static final byte[] SKIPPABLE = {0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3};

    @Override
    public Codec codec() {
        return Codec.of(Compression.ZSTD);
    }

    @Test
    void oneFrameWithContentSizeAndChecksum() throws IOException {
        for (int size : new int[] {0, 1, 300, 99_991, 16 << 20}) {
            byte[] content = Kind.WAL_LIKE.bytes(size);
            for (byte[] object :
                    new byte[][] {CodecData.encode(codec(), content), CodecData.encodeStream(codec(), content, true)}) {
                assertThat(object).startsWith(0x28, 0xB5, 0x2F, 0xFD);
                assertThat(object[4] & CHECKSUM_FLAG).isNotZero();
                assertThat(Zstd.getFrameContentSize(object)).isEqualTo(size);
                assertThat(Zstd.findFrameCompressedSize(object)).isEqualTo(object.length);
            }
        }
    }

    @Test
    void everyLevelComesBack() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(200_000);
        for (int level = -22; level <= 22; level++) {
            byte[] object = CodecData.encode(Codec.of(Compression.ZSTD, OptionalInt.of(level)), content);
            assertThat(CodecData.decode(codec(), object, content.length)).isEqualTo(content);
        }
    }

    @Test
    void higherLevelGivesSmallerObject() {
        byte[] content = Kind.WAL_LIKE.bytes(1 << 20);

        assertThat(CodecData.encode(Codec.of(Compression.ZSTD, OptionalInt.of(9)), content))
                .hasSizeLessThan(CodecData.encode(codec(), content).length);
    }

    @Test
    void framesOfOtherWritersAreRead() throws IOException {
        byte[] one = Kind.WAL_LIKE.bytes(3 << 20);
        byte[] two = Kind.RANDOM.bytes(5000);
        byte[] all = concat(one, two);
        byte[] object = concat(SKIPPABLE, foreign(one, 24, false), SKIPPABLE, foreign(two, 10, true), SKIPPABLE);

        assertThat(CodecData.decode(codec(), object, all.length)).isEqualTo(all);
        assertThat(CodecData.decodeStream(codec(), object)).isEqualTo(all);
    }

    @Test
    void frameWithoutSizeAndChecksumCutAnywhereIsAnError() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(400_000);
        byte[] object = foreign(content, 21, false);
        for (int length = 0; length < object.length; length += length < object.length - 60 ? 499 : 1) {
            byte[] cut = Arrays.copyOf(object, length);
            assertThatThrownBy(() -> CodecData.decode(codec(), cut, content.length))
                    .isInstanceOf(CorruptObjectException.class);
            assertThatThrownBy(() -> CodecData.decodeStream(codec(), cut)).isInstanceOf(CorruptObjectException.class);
        }
    }

    @Test
    void wrongContentSizeIsAnError() {
        byte[] object = CodecData.encode(codec(), Kind.WAL_LIKE.bytes(1 << 20));
        // A size field of four bytes, behind the magic number, the descriptor and the window unless a single segment.
        assertThat(object[4] & 0xC0).isEqualTo(0x80);
        int sizeField = (object[4] & 0x20) == 0 ? 6 : 5;
        object[sizeField + 2]--;

        assertThatThrownBy(() -> CodecData.decode(codec(), object, 1 << 20)).isInstanceOf(CorruptObjectException.class);
    }

    private static byte[] foreign(byte[] content, int windowLog, boolean checksum) throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (ZstdOutputStreamNoFinalizer out = new ZstdOutputStreamNoFinalizer(object, 4)) {
            out.setWindowLog(windowLog).setChecksum(checksum);
            out.write(content, 0, content.length / 3);
            out.flush();
            out.write(content, content.length / 3, content.length - content.length / 3);
        }
        byte[] bytes = object.toByteArray();
        assertThat(Zstd.getFrameContentSize(bytes)).isNotPositive();
        return bytes;
    }
}
