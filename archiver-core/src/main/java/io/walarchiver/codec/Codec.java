package io.walarchiver.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.OptionalInt;

/**
 * One compression algorithm at one level. Immutable and safe for many threads; the encoders it makes are not.
 *
 * <p>What is written is one member, stream or frame that every barman release knowing the algorithm reads; what is read
 * is everything barman or its readers accept, several members included (see the archive layout documentation).
 * Truncated or damaged input is an error, never short data, as far as the format can tell: the snappy framing format
 * has no end mark, so an object cut exactly between two chunks looks complete, and so does any object of several
 * members cut between two of them; {@link Compression#NONE} can tell nothing. Whoever knows the length or the digest of
 * the content compares it. Formats without checksums (lz4 and zstd as barman writes them, {@code .lzma}) cannot tell a
 * changed byte that leaves the structure intact.
 */
public interface Codec {

    /** The codec for an algorithm at its default level, see {@link CompressionLevel#defaultOf}. */
    static Codec of(Compression compression) {
        return of(compression, OptionalInt.empty());
    }

    /**
     * The codec for an algorithm.
     *
     * @param level how hard to try; empty for the default level
     * @throws IllegalArgumentException when the algorithm has no such level; the message names the allowed range
     */
    static Codec of(Compression compression, OptionalInt level) {
        return switch (compression) {
            case NONE -> {
                CompressionLevel.requireNone(compression, level);
                yield new PlainCodec();
            }
            case SNAPPY -> {
                CompressionLevel.requireNone(compression, level);
                yield new SnappyCodec();
            }
            default ->
                of(
                        level.isPresent()
                                ? new CompressionLevel(compression, level.getAsInt())
                                : CompressionLevel.defaultOf(compression));
        };
    }

    /** The codec for an algorithm at a level. */
    static Codec of(CompressionLevel level) {
        return switch (level.compression()) {
            case BZIP2 -> new Bzip2Codec(level.value());
            case GZIP -> new GzipCodec(level.value());
            case LZ4 -> new Lz4Codec(level.value());
            case XZ -> new XzCodec(level.value());
            case ZSTD -> new ZstdCodec(level.value());
            case NONE, SNAPPY -> throw new IllegalArgumentException(level + " is not a level");
        };
    }

    Compression compression();

    /** The most bytes {@link BlockEncoder#encode} can produce for {@code sourceBytes} bytes. */
    int maxEncodedLength(int sourceBytes);

    /** A new encoder that compresses whole blocks and can be used again and again by one thread at a time. */
    BlockEncoder newBlockEncoder();

    /**
     * Decompresses a whole object. Reads {@code source} from its position to its limit and writes from the position of
     * {@code target}, whose position ends behind the last byte written. CPU-bound: call on a scheduler for CPU work.
     *
     * @param source the object's bytes, direct or heap; its position is undefined afterwards
     * @param target where the content goes
     * @throws CorruptObjectException when the bytes are not a complete, undamaged object of this algorithm, or the
     *                                content does not fit {@code target}
     */
    void decode(ByteBuffer source, ByteBuffer target) throws CorruptObjectException;

    /**
     * A stream that compresses what is written to it; closing it ends the frame and closes {@code out}. Closing fails
     * when the number of bytes written is not {@code sourceBytes}. For one thread at a time; must be closed, as it may
     * hold native memory.
     *
     * @param sourceBytes how many bytes will be written exactly, or -1 when unknown
     */
    OutputStream encodingStream(OutputStream out, long sourceBytes) throws IOException;

    /**
     * A stream of the content of a compressed one. Its read methods throw {@link CorruptObjectException} on damaged or
     * truncated input, and pass on what {@code in} throws. Reads ahead; closing it closes {@code in}. For one thread at
     * a time; must be closed, as it may hold native memory.
     */
    InputStream decodingStream(InputStream in) throws IOException;
}
