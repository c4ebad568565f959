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
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyFramedInputStream;
import org.xerial.snappy.SnappyFramedOutputStream;
import org.xerial.snappy.SnappyOutputStream;

class SnappyCodecTest implements CodecContract {

    private static final byte[] IDENTIFIER = {(byte) 0xFF, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};

    @Override
    public Codec codec() {
        return Codec.of(Compression.SNAPPY);
    }

    /** The format has no end mark: whatever ends with a chunk is complete. */
    @Override
    public boolean looksComplete(byte[] object, int length) {
        return chunks(object).containsKey(length);
    }

    /** Padding must not be looked at, so a chunk that becomes padding is gone. */
    @Override
    public boolean changeIsUndetectable(byte[] changed, int offset) {
        return (changed[offset] & 0xFF) == 0xFE && chunks(changed).containsKey(offset);
    }

    /** End of each chunk and its type. */
    private static Map<Integer, Integer> chunks(byte[] object) {
        Map<Integer, Integer> types = new TreeMap<>();
        ByteBuffer bytes = ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.remaining() >= Integer.BYTES) {
            int header = bytes.getInt();
            bytes.position(Math.min(bytes.limit(), bytes.position() + (header >>> 8)));
            types.put(bytes.position(), header & 0xFF);
        }
        return types;
    }

    @Test
    void identifierComesFirstAndOnce() {
        assertThat(CodecData.encode(codec(), new byte[0])).isEqualTo(IDENTIFIER);
        byte[] object = CodecData.encode(codec(), Kind.WAL_LIKE.bytes(200_000));

        assertThat(object).startsWith(IDENTIFIER);
        assertThat(chunks(object).values()).containsExactly(0xFF, 0, 0, 0, 0);
    }

    @Test
    void incompressibleChunksArePlain() {
        byte[] object = CodecData.encode(codec(), concat(Kind.RANDOM.bytes(65_536), new byte[65_536]));

        assertThat(chunks(object).values()).containsExactly(0xFF, 1, 0);
    }

    @Test
    void otherLibraryReadsAndWritesTheSame() throws IOException {
        for (Kind kind : Kind.values()) {
            byte[] content = kind.bytes(300_007);
            assertThat(new SnappyFramedInputStream(new ByteArrayInputStream(CodecData.encode(codec(), content)), true)
                            .readAllBytes())
                    .isEqualTo(content);
            ByteArrayOutputStream object = new ByteArrayOutputStream();
            try (SnappyFramedOutputStream out = new SnappyFramedOutputStream(object)) {
                out.write(content);
            }
            assertThat(CodecData.decode(codec(), object.toByteArray(), content.length))
                    .isEqualTo(content);
        }
    }

    @Test
    void paddingAndRepeatedIdentifiersAreSkipped() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(100);
        byte[] padding = {(byte) 0xFE, 3, 0, 0, 0, 0, 7};
        byte[] chunk = chunk(0, Snappy.compress(content), content);
        byte[] object = concat(IDENTIFIER, padding, IDENTIFIER, chunk, padding, chunk, IDENTIFIER, padding);

        assertThat(CodecData.decode(codec(), object, 200)).isEqualTo(concat(content, content));
    }

    @Test
    void chunksLargerThanTheFormatAllowsAreRead() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(1 << 20);
        byte[] object = concat(IDENTIFIER, chunk(0, Snappy.compress(content), content), chunk(1, content, content));

        assertThat(CodecData.decode(codec(), object, 2 << 20)).isEqualTo(concat(content, content));
    }

    private static byte[] chunk(int type, byte[] stored, byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        int value = (int) crc.getValue();
        return ByteBuffer.allocate(8 + stored.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(((stored.length + 4) << 8) | type)
                .putInt(((value >>> 15) | (value << 17)) + 0xA282EAD8)
                .put(stored)
                .array();
    }

    @Test
    void rawSnappyAndOtherContainersAreRefused() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(1000);
        ByteArrayOutputStream container = new ByteArrayOutputStream();
        try (SnappyOutputStream out = new SnappyOutputStream(container)) {
            out.write(content);
        }
        for (byte[] object : new byte[][] {Snappy.compress(content), container.toByteArray()}) {
            assertThatThrownBy(() -> CodecData.decode(codec(), object, 1000))
                    .isInstanceOf(CorruptObjectException.class);
        }
    }

    @Test
    void unknownChunkTypesAreRefused() throws IOException {
        byte[] content = Kind.WAL_LIKE.bytes(1000);
        for (int type : new int[] {0x02, 0x7F, 0x80, 0xFD}) {
            byte[] object = concat(IDENTIFIER, chunk(type, Snappy.compress(content), content));
            assertThatThrownBy(() -> CodecData.decode(codec(), object, 1000))
                    .isInstanceOf(CorruptObjectException.class)
                    .hasMessageContaining("type %s", type);
        }
    }

    @Test
    void absurdLengthInsideAChunkIsAnErrorNotAnAllocation() {
        byte[] stored = {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07, 0, 0};
        byte[] object = concat(IDENTIFIER, chunk(0, stored, new byte[0]));

        assertThatThrownBy(() -> CodecData.decode(codec(), object, 1000)).isInstanceOf(CorruptObjectException.class);
    }
}
