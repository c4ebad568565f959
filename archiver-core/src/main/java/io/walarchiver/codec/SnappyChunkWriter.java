package io.walarchiver.codec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.xerial.snappy.Snappy;

/** Writes the chunks of the snappy framing format ("Snappy framing format description" of the snappy project). */
final class SnappyChunkWriter {

    /** The most input a chunk may hold; newer libraries refuse larger ones. */
    static final int CHUNK_BYTES = 65_536;

    static final int IDENTIFIER_BYTES = 10;
    static final int CHUNK_HEADER_BYTES = 8;
    static final int IDENTIFIER = 0xFF;
    static final int COMPRESSED = 0x00;
    static final int PLAIN = 0x01;

    private static final byte[] NAME = "sNaPpY".getBytes(StandardCharsets.US_ASCII);

    private final CRC32C crc = new CRC32C();

    void writeIdentifier(ByteBuffer target) {
        target.put((byte) IDENTIFIER)
                .put((byte) NAME.length)
                .put((byte) 0)
                .put((byte) 0)
                .put(NAME);
    }

    static boolean isIdentifier(byte[] chunk, int length) {
        return length == NAME.length && ByteBuffer.wrap(chunk, 0, length).equals(ByteBuffer.wrap(NAME));
    }

    /** Moves up to {@link #CHUNK_BYTES} from one direct buffer to another, as one chunk. */
    void writeChunk(ByteBuffer source, ByteBuffer target) {
        int length = Math.min(CHUNK_BYTES, source.remaining());
        ByteBuffer piece = source.duplicate().limit(source.position() + length);
        source.position(piece.limit());
        int header = target.position();
        ByteBuffer data = target.duplicate().position(header + CHUNK_HEADER_BYTES);
        int compressed = compress(piece, data);
        // The rule of the reference writer: what does not shrink by an eighth is not worth decompressing.
        boolean worthwhile = compressed < length - length / 8;
        int stored = worthwhile ? compressed : length;
        if (!worthwhile) {
            target.duplicate().position(header + CHUNK_HEADER_BYTES).put(piece.duplicate());
        }
        target.duplicate()
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((stored + 4) << 8 | (worthwhile ? COMPRESSED : PLAIN))
                .putInt(maskedCrc(piece));
        target.position(header + CHUNK_HEADER_BYTES + stored);
    }

    private static int compress(ByteBuffer piece, ByteBuffer data) {
        try {
            return Snappy.compress(piece.duplicate(), data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int maskedCrc(ByteBuffer piece) {
        crc.reset();
        crc.update(piece);
        return mask((int) crc.getValue());
    }

    /** Rotates and offsets, because a CRC of data that contains its own CRC is worth little. */
    static int mask(int crc) {
        return Integer.rotateRight(crc, 15) + 0xA282EAD8;
    }
}
