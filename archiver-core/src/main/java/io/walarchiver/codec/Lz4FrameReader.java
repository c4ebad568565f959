package io.walarchiver.codec;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.StreamingXXHash32;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * The content of a sequence of lz4 frames, skippable ones included. Checks whatever the frames offer: block checksums,
 * content checksum and content size.
 *
 * <p>Source: "LZ4 Frame Format Description", version 1.6, of the lz4 project.
 */
final class Lz4FrameReader extends InputStream {

    static final int MAGIC = 0x184D2204;
    static final int PLAIN_BLOCK = 0x8000_0000;

    private static final int LEGACY_MAGIC = 0x184C2102;
    private static final int SKIPPABLE_MAGIC = 0x184D2A50;
    private static final int HISTORY_BYTES = 64 * 1024;
    private static final int FLAG_INDEPENDENT = 0x20;
    private static final int FLAG_BLOCK_CHECKSUM = 0x10;
    private static final int FLAG_CONTENT_SIZE = 0x08;
    private static final int FLAG_CONTENT_CHECKSUM = 0x04;
    private static final int FLAG_RESERVED = 0x02;
    private static final int FLAG_DICTIONARY = 0x01;

    private final InputStream in;
    private final LZ4SafeDecompressor decompressor =
            LZ4Factory.fastestInstance().safeDecompressor();
    private final XXHash32 hash = XXHashFactory.fastestInstance().hash32();
    private final StreamingXXHash32 contentHash =
            XXHashFactory.fastestInstance().newStreamingHash32(0);
    private final ByteBuffer fields = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);

    private boolean inFrame;
    private int flags;
    private int blockBytes;
    private long expectedContentBytes;
    private long contentBytes;

    private byte[] encoded = new byte[0];
    /** Up to 64 KiB of history, then the current block. */
    private byte[] content = new byte[0];

    private int historyFrom;
    private int position;
    private int limit;

    Lz4FrameReader(InputStream in) {
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
            if (inFrame) {
                nextBlock();
            } else if (!nextFrame()) {
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
        contentHash.close();
        in.close();
    }

    /** Reads a frame header; false at the end of the input. */
    private boolean nextFrame() throws IOException {
        int present = in.readNBytes(fields.array(), 0, 4);
        if (present == 0) {
            return false;
        }
        if (present < 4) {
            throw new EOFException("the magic number of a frame is cut off");
        }
        int magic = fields.getInt(0);
        if ((magic & ~0xF) == SKIPPABLE_MAGIC) {
            in.skipNBytes(Integer.toUnsignedLong(readInt()));
            return true;
        }
        if (magic == LEGACY_MAGIC) {
            throw new CorruptObjectException("lz4 data in the legacy frame format, which is not supported");
        }
        if (magic != MAGIC) {
            throw new CorruptObjectException("not an lz4 frame: it begins with the wrong magic number");
        }
        header();
        return true;
    }

    private void header() throws IOException {
        readFully(fields.array(), 2);
        flags = fields.get(0);
        int blockSizeByte = fields.get(1);
        if ((flags & 0xC0) != 0x40 || (flags & FLAG_RESERVED) != 0 || (blockSizeByte & 0x8F) != 0) {
            throw new CorruptObjectException("lz4 frame header with unknown flags");
        }
        if ((flags & FLAG_DICTIONARY) != 0) {
            throw new CorruptObjectException("lz4 frame that needs a dictionary, which is not supported");
        }
        int blockSizeCode = blockSizeByte >> 4;
        if (blockSizeCode < 4) {
            throw new CorruptObjectException("lz4 frame header with an unknown block size");
        }
        int descriptorBytes = 2;
        if (has(FLAG_CONTENT_SIZE)) {
            readFully(fields.array(), 2, 8);
            expectedContentBytes = fields.getLong(2);
            descriptorBytes += 8;
        }
        int checksum = hash.hash(fields.array(), 0, descriptorBytes, 0) >>> 8 & 0xFF;
        if (in.read() != checksum) {
            throw new CorruptObjectException("the checksum of the lz4 frame header is wrong or missing");
        }
        inFrame = true;
        blockBytes = 1 << (8 + 2 * blockSizeCode);
        contentBytes = 0;
        contentHash.reset();
        if (encoded.length < blockBytes) {
            encoded = new byte[blockBytes];
            content = new byte[HISTORY_BYTES + blockBytes];
        }
        historyFrom = 0;
        position = 0;
        limit = 0;
    }

    private void nextBlock() throws IOException {
        int size = readInt();
        if (size == 0) {
            endFrame();
            return;
        }
        boolean plain = (size & PLAIN_BLOCK) != 0;
        int length = size & ~PLAIN_BLOCK;
        if (length > blockBytes) {
            throw new CorruptObjectException("lz4 block of " + length + " bytes in a frame of blocks of " + blockBytes);
        }
        readFully(encoded, length);
        if (has(FLAG_BLOCK_CHECKSUM) && readInt() != hash.hash(encoded, 0, length, 0)) {
            throw new CorruptObjectException("the checksum of an lz4 block is wrong");
        }
        decodeBlock(length, plain);
        contentBytes += limit - position;
        if (has(FLAG_CONTENT_SIZE) && Long.compareUnsigned(contentBytes, expectedContentBytes) > 0) {
            throw new CorruptObjectException(
                    "lz4 frame with more than the " + expectedContentBytes + " bytes of content its header tells");
        }
        if (has(FLAG_CONTENT_CHECKSUM)) {
            contentHash.update(content, position, limit - position);
        }
    }

    private void decodeBlock(int length, boolean plain) throws IOException {
        keepHistory();
        if (plain) {
            System.arraycopy(encoded, 0, content, position, length);
            limit = position + length;
        } else if (has(FLAG_INDEPENDENT)) {
            limit = position + decompressor.decompress(encoded, 0, length, content, position, blockBytes);
        } else {
            limit = Lz4Block.decode(encoded, length, content, historyFrom, position, position + blockBytes);
        }
    }

    /** Makes room for a block behind the last 64 KiB of what was decoded. */
    private void keepHistory() {
        if (has(FLAG_INDEPENDENT)) {
            position = 0;
        } else if (content.length - position < blockBytes) {
            int kept = Math.min(HISTORY_BYTES, position - historyFrom);
            System.arraycopy(content, position - kept, content, 0, kept);
            historyFrom = 0;
            position = kept;
        }
        limit = position;
    }

    private void endFrame() throws IOException {
        inFrame = false;
        if (has(FLAG_CONTENT_CHECKSUM) && readInt() != contentHash.getValue()) {
            throw new CorruptObjectException("the checksum of the content of an lz4 frame is wrong");
        }
        if (has(FLAG_CONTENT_SIZE) && contentBytes != expectedContentBytes) {
            throw new CorruptObjectException("lz4 frame with " + contentBytes + " bytes of content instead of the "
                    + expectedContentBytes + " its header tells");
        }
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    private int readInt() throws IOException {
        readFully(fields.array(), 4);
        return fields.getInt(0);
    }

    private void readFully(byte[] bytes, int length) throws IOException {
        readFully(bytes, 0, length);
    }

    private void readFully(byte[] bytes, int offset, int length) throws IOException {
        if (in.readNBytes(bytes, offset, length) < length) {
            throw new EOFException("the input ends within a frame");
        }
    }
}
