package io.walarchiver.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** gzip (RFC 1952): writes one member without name and time, reads several. */
final class GzipCodec extends StreamCodec {

    private static final int HEADER_BYTES = 10;
    private static final int TRAILER_BYTES = 8;
    private static final int STREAM_BUFFER_BYTES = 64 * 1024;

    private final int level;

    GzipCodec(int level) {
        this.level = level;
    }

    @Override
    public Compression compression() {
        return Compression.GZIP;
    }

    /** An eighth more: the JDK may be linked to zlib-ng, whose fastest level codes bytes in up to nine bits. */
    @Override
    public int maxEncodedLength(int sourceBytes) {
        return Math.toIntExact(sourceBytes + sourceBytes / 8L + 64 + HEADER_BYTES + TRAILER_BYTES);
    }

    @Override
    InputStream openDecoder(InputStream in) throws IOException {
        return GzipCompressorInputStream.builder()
                .setInputStream(in)
                .setDecompressConcatenated(true)
                .get();
    }

    @Override
    OutputStream openEncoder(OutputStream out, long sourceBytes) throws IOException {
        return new GzipOutputStream(out, level);
    }

    @Override
    public BlockEncoder newBlockEncoder() {
        return new GzipBlockEncoder();
    }

    private static final class GzipOutputStream extends GZIPOutputStream {

        GzipOutputStream(OutputStream out, int level) throws IOException {
            super(out, STREAM_BUFFER_BYTES);
            def.setLevel(level);
        }
    }

    /** Calls the deflater on the buffers themselves, which needs header and trailer of our own. */
    private final class GzipBlockEncoder implements BlockEncoder {

        private final Deflater deflater = new Deflater(level, true);
        private final CRC32 crc = new CRC32();

        @Override
        public void encode(ByteBuffer source, ByteBuffer target) {
            requireDirect(source, target);
            int length = source.remaining();
            crc.reset();
            crc.update(source.duplicate());
            try {
                ByteBuffer out = target.duplicate().order(ByteOrder.LITTLE_ENDIAN);
                // Magic number, deflate, no flags, no time, no extra flags, operating system 255: unknown.
                out.putInt(0x0008_8B1F).putInt(0).put((byte) 0).put((byte) 255);
                deflater.setInput(source);
                deflater.finish();
                while (!deflater.finished()) {
                    if (deflater.deflate(out) == 0 && !out.hasRemaining()) {
                        throw new IllegalStateException("deflate needs more room than it ever should");
                    }
                }
                out.putInt((int) crc.getValue()).putInt(length);
                target.position(out.position());
            } finally {
                deflater.reset();
            }
        }

        @Override
        public void close() {
            deflater.end();
        }
    }
}
