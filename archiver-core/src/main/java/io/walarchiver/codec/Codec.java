package io.walarchiver.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * One compression algorithm at one level. Immutable and safe for many threads; the encoders it makes are not.
 *
 * <p>What is written is one member, stream or frame that every barman release knowing the algorithm reads; what is read
 * is everything barman or its readers accept, several members included (see the archive layout documentation).
 * Truncated or damaged input is always an error, never short data.
 */
public interface Codec {

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
     * A stream that compresses what is written to it; closing it ends the frame and closes {@code out}.
     *
     * @param sourceBytes how many bytes will be written exactly, or -1 when unknown
     */
    OutputStream encodingStream(OutputStream out, long sourceBytes) throws IOException;

    /**
     * A stream of the content of a compressed one. Its read methods throw {@link CorruptObjectException} on damaged or
     * truncated input.
     */
    InputStream decodingStream(InputStream in) throws IOException;
}
