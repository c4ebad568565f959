package io.walarchiver.codec;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** No compression: copies. */
final class PlainCodec extends StreamCodec {

    @Override
    public Compression compression() {
        return Compression.NONE;
    }

    @Override
    public int maxEncodedLength(int sourceBytes) {
        return sourceBytes;
    }

    @Override
    public BlockEncoder newBlockEncoder() {
        return new BlockEncoder() {
            @Override
            public void encode(ByteBuffer source, ByteBuffer target) {
                requireDirect(source, target);
                target.put(source);
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }

    @Override
    public void decode(ByteBuffer source, ByteBuffer target) throws CorruptObjectException {
        if (source.remaining() > target.remaining()) {
            throw tooLarge(target.remaining());
        }
        target.put(source);
    }

    @Override
    public InputStream decodingStream(InputStream in) {
        return in;
    }

    @Override
    InputStream openDecoder(InputStream in) {
        return in;
    }

    @Override
    OutputStream openEncoder(OutputStream out, long sourceBytes) {
        return out;
    }
}
