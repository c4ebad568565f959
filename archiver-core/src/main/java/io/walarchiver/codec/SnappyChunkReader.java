package io.walarchiver.codec;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;
import org.xerial.snappy.Snappy;

/**
 * The content of a stream in the snappy framing format. Accepts repeated identifiers, padding and chunks larger than the
 * format allows, because barman does.
 *
 * <p>The format lets readers skip chunks of the reserved types 0x80 to 0xFD. No writer has ever made one, but one flipped
 * bit turns a chunk of data into one, and skipping that would return short data. They are refused.
 */
final class SnappyChunkReader extends InputStream {

    private static final int PADDING = 0xFE;
    private static final int CRC_BYTES = 4;

    /** Chunk lengths have 24 bits; nobody has a reason to expand to more than that either. */
    private static final int MAX_CONTENT_BYTES = 1 << 24;

    private final InputStream in;
    private final CRC32C crc = new CRC32C();
    private byte[] chunk = new byte[0];
    private byte[] content = new byte[0];
    private int position;
    private int limit;
    private boolean identified;

    SnappyChunkReader(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (position == limit) {
            if (!nextChunk()) {
                return -1;
            }
        }
        int count = Math.min(length, limit - position);
        System.arraycopy(content, position, bytes, offset, count);
        position += count;
        return count;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Reads one chunk, which need not have content; false at the end of the input. */
    private boolean nextChunk() throws IOException {
        byte[] header = in.readNBytes(4);
        if (header.length == 0) {
            return false;
        }
        if (header.length < 4) {
            throw new EOFException("the header of a chunk is cut off");
        }
        int type = header[0] & 0xFF;
        int length = (header[1] & 0xFF) | ((header[2] & 0xFF) << 8) | ((header[3] & 0xFF) << 16);
        if (!identified && type != SnappyChunkWriter.IDENTIFIER) {
            throw new CorruptObjectException("not the snappy framing format: it does not begin with the identifier");
        }
        if (chunk.length < length) {
            chunk = new byte[length];
        }
        if (in.readNBytes(chunk, 0, length) < length) {
            throw new EOFException("the input ends within a chunk");
        }
        switch (type) {
            case SnappyChunkWriter.IDENTIFIER -> identify(length);
            case SnappyChunkWriter.COMPRESSED, SnappyChunkWriter.PLAIN -> data(type, length);
            case PADDING -> {
                // Nothing to do: padding must not be looked at.
            }
            default -> throw new CorruptObjectException("snappy chunk of the unknown type " + type);
        }
        return true;
    }

    private void identify(int length) throws CorruptObjectException {
        if (!SnappyChunkWriter.isIdentifier(chunk, length)) {
            throw new CorruptObjectException("damaged identifier of the snappy framing format");
        }
        identified = true;
    }

    private void data(int type, int length) throws IOException {
        int stored = length - CRC_BYTES;
        if (stored < 0) {
            throw new CorruptObjectException("snappy chunk without a checksum");
        }
        int contentBytes =
                type == SnappyChunkWriter.PLAIN ? stored : Snappy.uncompressedLength(chunk, CRC_BYTES, stored);
        if (contentBytes < 0 || contentBytes > MAX_CONTENT_BYTES) {
            throw new CorruptObjectException("snappy chunk with an absurd length");
        }
        if (content.length < contentBytes) {
            content = new byte[contentBytes];
        }
        if (type == SnappyChunkWriter.PLAIN) {
            System.arraycopy(chunk, CRC_BYTES, content, 0, stored);
        } else {
            contentBytes = Snappy.uncompress(chunk, CRC_BYTES, stored, content, 0);
        }
        crc.reset();
        crc.update(content, 0, contentBytes);
        int expected = (chunk[0] & 0xFF) | ((chunk[1] & 0xFF) << 8) | ((chunk[2] & 0xFF) << 16) | (chunk[3] << 24);
        if (SnappyChunkWriter.mask((int) crc.getValue()) != expected) {
            throw new CorruptObjectException("the checksum of a snappy chunk is wrong");
        }
        position = 0;
        limit = contentBytes;
    }
}
