package io.walarchiver.codec;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * zstd (RFC 8878): writes one frame with its content size and a checksum, reads several frames, skippable ones included.
 * Blocks go through one native call each; a block needs no window memory to be read, whatever its window.
 */
final class ZstdCodec extends StreamCodec {

    private final int level;

    ZstdCodec(int level) {
        this.level = level;
    }

    @Override
    public Compression compression() {
        return Compression.ZSTD;
    }

    @Override
    public int maxEncodedLength(int sourceBytes) {
        return Math.toIntExact(Zstd.compressBound(sourceBytes));
    }

    static ZstdCompressCtx newContext(int level) {
        return new ZstdCompressCtx()
                .setLevel(level)
                .setChecksum(true)
                .setContentSize(true)
                // Workers inside a frame are slower at the size of a segment; parallelism comes from several segments.
                .setWorkers(0);
    }

    @Override
    public BlockEncoder newBlockEncoder() {
        return new ZstdBlockEncoder();
    }

    private final class ZstdBlockEncoder implements BlockEncoder {

        private final ZstdCompressCtx context = newContext(level);

        @Override
        public void encode(ByteBuffer source, ByteBuffer target) {
            requireDirect(source, target);
            int written = context.compressDirectByteBuffer(
                    target, target.position(), target.remaining(), source, source.position(), source.remaining());
            source.position(source.limit());
            target.position(target.position() + written);
        }

        @Override
        public void close() {
            context.close();
        }
    }

    @Override
    public void decode(ByteBuffer source, ByteBuffer target) throws CorruptObjectException {
        if (!source.hasRemaining()) {
            // The library takes nothing for no frames, which would be content of no bytes.
            throw DecodingInputStream.empty(algorithm());
        }
        try (ZstdDecompressCtx context = new ZstdDecompressCtx()) {
            int written = decode(context, readable(source), target);
            target.position(target.position() + written);
        } catch (ZstdException e) {
            throw e.getErrorCode() == Zstd.errDstSizeTooSmall()
                    ? tooLarge(target.remaining())
                    : DecodingInputStream.corrupt(algorithm(), e);
        }
    }

    /** A read-only heap buffer does not show its array. */
    private static ByteBuffer readable(ByteBuffer source) {
        return source.isDirect() || source.hasArray()
                ? source
                : ByteBuffer.allocate(source.remaining()).put(source).flip();
    }

    private static int decode(ZstdDecompressCtx context, ByteBuffer source, ByteBuffer target) {
        int from = source.position();
        int length = source.remaining();
        int to = target.position();
        int room = target.remaining();
        if (target.isDirect()) {
            return source.isDirect()
                    ? context.decompressDirectByteBuffer(target, to, room, source, from, length)
                    : context.decompressByteArrayToDirectByteBuffer(
                            target, to, room, source.array(), source.arrayOffset() + from, length);
        }
        byte[] array = target.array();
        int offset = target.arrayOffset() + to;
        return source.isDirect()
                ? context.decompressDirectByteBufferToByteArray(array, offset, room, source, from, length)
                : context.decompressByteArray(array, offset, room, source.array(), source.arrayOffset() + from, length);
    }

    @Override
    InputStream openDecoder(InputStream in) throws IOException {
        return new ZstdInputStreamNoFinalizer(in);
    }

    @Override
    OutputStream openEncoder(OutputStream out, long sourceBytes) {
        return new ZstdEncodingStream(out, newContext(level), sourceBytes);
    }
}
