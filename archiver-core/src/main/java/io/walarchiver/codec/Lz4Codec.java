package io.walarchiver.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG.Bits;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * lz4 frame format: writes one frame of independent blocks with content size and content checksum; reads several frames,
 * independent or linked blocks, with or without checksums. Levels 0 to 2 are the fast compressor, above is lz4 HC.
 */
final class Lz4Codec extends StreamCodec {

    private static final int HIGHEST_FAST_LEVEL = 2;
    private static final int HIGHEST_HC_LEVEL = 12;

    /** Version 1, independent blocks, content size and content checksum present. */
    private static final byte FLAGS = 0b0110_1100;

    private static final int FRAME_OVERHEAD_BYTES = 15 + 4 + 4;

    private final LZ4Compressor compressor;
    private final XXHash32 hash = XXHashFactory.fastestInstance().hash32();

    Lz4Codec(int level) {
        LZ4Factory factory = LZ4Factory.fastestInstance();
        this.compressor = level <= HIGHEST_FAST_LEVEL
                ? factory.fastCompressor()
                : factory.highCompressor(Math.min(level, HIGHEST_HC_LEVEL));
    }

    @Override
    public Compression compression() {
        return Compression.LZ4;
    }

    /** Every block gets the room the compressor may ask for, even if it is stored plain in the end. */
    @Override
    public int maxEncodedLength(int sourceBytes) {
        long blockBytes = blockBytes(blockSize(sourceBytes));
        long blocks = (sourceBytes + blockBytes - 1) / blockBytes;
        return Math.toIntExact(FRAME_OVERHEAD_BYTES + blocks * (4 + 16 + 1) + sourceBytes + sourceBytes / 255L);
    }

    /** The smallest block size that takes everything, so that readers of small files need little memory. */
    private static BLOCKSIZE blockSize(long sourceBytes) {
        for (BLOCKSIZE size : BLOCKSIZE.values()) {
            if (sourceBytes >= 0 && sourceBytes <= blockBytes(size)) {
                return size;
            }
        }
        return BLOCKSIZE.SIZE_4MB;
    }

    private static int blockBytes(BLOCKSIZE size) {
        return 1 << (8 + 2 * size.getIndicator());
    }

    @Override
    InputStream openDecoder(InputStream in) {
        return new Lz4FrameReader(in);
    }

    @Override
    OutputStream openEncoder(OutputStream out, long sourceBytes) throws IOException {
        return sourceBytes < 0
                ? new LZ4FrameOutputStream(
                        out, BLOCKSIZE.SIZE_4MB, -1L, compressor, hash, Bits.BLOCK_INDEPENDENCE, Bits.CONTENT_CHECKSUM)
                : new LZ4FrameOutputStream(
                        out,
                        blockSize(sourceBytes),
                        sourceBytes,
                        compressor,
                        hash,
                        Bits.BLOCK_INDEPENDENCE,
                        Bits.CONTENT_CHECKSUM,
                        Bits.CONTENT_SIZE);
    }

    @Override
    public BlockEncoder newBlockEncoder() {
        return new Lz4BlockEncoder();
    }

    private final class Lz4BlockEncoder implements BlockEncoder {

        @Override
        public void encode(ByteBuffer source, ByteBuffer target) {
            requireDirect(source, target);
            ByteBuffer out = target.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            int length = source.remaining();
            BLOCKSIZE blockSize = blockSize(length);
            header(out, blockSize, length);
            int blockBytes = blockBytes(blockSize);
            for (int from = source.position(); from < source.limit(); from += blockBytes) {
                block(source, from, Math.min(blockBytes, source.limit() - from), out);
            }
            out.putInt(0).putInt(hash.hash(source, source.position(), length, 0));
            source.position(source.limit());
            target.position(out.position());
        }

        private void header(ByteBuffer out, BLOCKSIZE blockSize, int length) {
            out.putInt(Lz4FrameReader.MAGIC);
            int descriptor = out.position();
            out.put(FLAGS).put((byte) (blockSize.getIndicator() << 4)).putLong(length);
            out.put((byte) (hash.hash(out, descriptor, out.position() - descriptor, 0) >>> 8));
        }

        private void block(ByteBuffer source, int from, int length, ByteBuffer out) {
            int sizeField = out.position();
            int room = out.remaining() - 4;
            int compressed = compressor.compress(source, from, length, out, sizeField + 4, room);
            if (compressed < length) {
                out.putInt(compressed).position(sizeField + 4 + compressed);
            } else {
                out.putInt(length | Lz4FrameReader.PLAIN_BLOCK)
                        .put(source.duplicate().limit(from + length).position(from));
            }
        }

        @Override
        public void close() {
            // The compressor keeps no state between blocks.
        }
    }
}
