package io.walarchiver.codec;

import static io.walarchiver.codec.CodecData.concat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.CodecData.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalInt;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG.Bits;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream.BlockSize;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream.Parameters;
import org.junit.jupiter.api.Test;

class Lz4CodecTest implements CodecContract {

    private static final byte[] SKIPPABLE = {0x5F, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3};

    @Override
    public Codec codec() {
        return Codec.of(Compression.LZ4);
    }

    @Test
    void oneFrameWithContentSizeAndContentChecksum() throws IOException {
        for (int size : new int[] {0, 1, 99_991, 5 << 20}) {
            byte[] content = Kind.WAL_LIKE.bytes(size);
            for (byte[] object :
                    new byte[][] {CodecData.encode(codec(), content), CodecData.encodeStream(codec(), content, true)}) {
                ByteBuffer header = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
                assertThat(header.getInt(0)).isEqualTo(0x184D2204);
                assertThat(header.get(4)).isEqualTo((byte) 0b0110_1100);
                assertThat(header.getLong(6)).isEqualTo(size);
                // The end mark and the checksum are the last eight bytes.
                assertThat(header.getInt(object.length - 8)).isZero();
                LZ4FrameInputStream other = new LZ4FrameInputStream(new ByteArrayInputStream(object), true);
                assertThat(other.readAllBytes()).isEqualTo(content);
            }
        }
    }

    @Test
    void everyLevelComesBack() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(200_000);
        for (int level = 0; level <= 16; level++) {
            byte[] object = CodecData.encode(Codec.of(Compression.LZ4, OptionalInt.of(level)), content);
            assertThat(CodecData.decode(codec(), object, content.length)).isEqualTo(content);
        }
    }

    @Test
    void linkedBlocksAreRead() throws IOException {
        for (Kind kind : Kind.values()) {
            byte[] content = kind.bytes(400_001);
            byte[] object = linked(content, new Parameters(BlockSize.K64, true, true, true));
            assertThat(CodecData.decode(codec(), object, content.length))
                    .as("%s", kind)
                    .isEqualTo(content);
            assertThat(CodecData.decodeStream(codec(), object)).isEqualTo(content);
        }
    }

    @Test
    void linkedFrameWithoutChecksumsCutAnywhereIsAnError() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(400_000);
        byte[] object = linked(content, new Parameters(BlockSize.K64, false, false, true));
        for (int length = 0; length < object.length; length += length < object.length - 60 ? 499 : 1) {
            byte[] cut = Arrays.copyOf(object, length);
            assertThatThrownBy(() -> CodecData.decode(codec(), cut, content.length))
                    .isInstanceOf(CorruptObjectException.class);
        }
    }

    @Test
    void damageWithoutChecksumsNeverEscapesAsAnotherException() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(200_000);
        byte[] object = linked(content, new Parameters(BlockSize.K64, false, false, true));
        for (int offset = 0; offset < object.length; offset += 61) {
            for (int value : new int[] {0x00, 0x0F, 0xF0, 0xFF}) {
                byte[] changed = object.clone();
                changed[offset] = (byte) value;
                try {
                    assertThat(CodecData.decode(codec(), changed, content.length))
                            .hasSizeLessThanOrEqualTo(content.length);
                } catch (IOException | RuntimeException e) {
                    assertThat(e).isInstanceOf(CorruptObjectException.class);
                }
            }
        }
    }

    private static byte[] linked(byte[] content, Parameters parameters) throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (FramedLZ4CompressorOutputStream out = new FramedLZ4CompressorOutputStream(object, parameters)) {
            out.write(content);
        }
        return object.toByteArray();
    }

    @Test
    void independentBlocksWithAllChecksumsAndSkippableFramesAreRead() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(700_001);
        for (BLOCKSIZE size : BLOCKSIZE.values()) {
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            try (LZ4FrameOutputStream out =
                    new LZ4FrameOutputStream(frame, size, Bits.BLOCK_INDEPENDENCE, Bits.CONTENT_CHECKSUM)) {
                out.write(content);
            }
            byte[] object = concat(SKIPPABLE, frame.toByteArray(), SKIPPABLE, frame.toByteArray(), SKIPPABLE);
            assertThat(CodecData.decode(codec(), object, 2 * content.length)).isEqualTo(concat(content, content));
        }
    }

    @Test
    void wrongContentSizeIsAnError() {
        byte[] object = CodecData.encode(codec(), new byte[1000]);
        byte[] two = CodecData.encode(codec(), new byte[1001]);
        // Header of the one, blocks of the other: both intact.
        byte[] mixed = concat(Arrays.copyOf(object, 15), Arrays.copyOfRange(two, 15, two.length));

        assertThatThrownBy(() -> CodecData.decode(codec(), mixed, 1001))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("1000");
    }

    @Test
    void legacyFramesAndDictionariesAreRefusedByName() {
        byte[] legacy = {0x02, 0x21, 0x4C, 0x18, 1, 0, 0, 0, 0};
        assertThatThrownBy(() -> CodecData.decode(codec(), legacy, 10))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("legacy");
        byte[] dictionary = {0x04, 0x22, 0x4D, 0x18, 0x61, 0x40, 1, 0, 0, 0, 0};
        assertThatThrownBy(() -> CodecData.decode(codec(), dictionary, 10))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("dictionary");
    }
}
