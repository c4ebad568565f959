package io.walarchiver.codec;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.xerial.snappy.Snappy;

/** The snappy framing format. Snappy has no levels. */
final class SnappyCodec extends StreamCodec {

    static {
        loadLibrary();
    }

    /**
     * The library looks for a file of settings by the class loader of the thread that needs it first, and prints a complaint
     * when that has none. Threads that began in native code, as those of the S3 client, have none, nor have their children.
     */
    private static void loadLibrary() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(SnappyCodec.class.getClassLoader());
        try {
            int unused = Snappy.maxCompressedLength(1);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Override
    public Compression compression() {
        return Compression.SNAPPY;
    }

    /** Plain chunks with their headers, and behind the last one the room the compressor asks for. */
    @Override
    public int maxEncodedLength(int sourceBytes) {
        long chunks = (sourceBytes + SnappyChunkWriter.CHUNK_BYTES - 1L) / SnappyChunkWriter.CHUNK_BYTES;
        int slack = Snappy.maxCompressedLength(SnappyChunkWriter.CHUNK_BYTES) - SnappyChunkWriter.CHUNK_BYTES;
        return Math.toIntExact(SnappyChunkWriter.IDENTIFIER_BYTES
                + chunks * SnappyChunkWriter.CHUNK_HEADER_BYTES
                + sourceBytes
                + slack);
    }

    @Override
    InputStream openDecoder(InputStream in) {
        return new SnappyChunkReader(in);
    }

    @Override
    OutputStream openEncoder(OutputStream out, long sourceBytes) {
        return new SnappyEncodingStream(out);
    }

    @Override
    public BlockEncoder newBlockEncoder() {
        return new SnappyBlockEncoder();
    }

    private final class SnappyBlockEncoder implements BlockEncoder {

        private final SnappyChunkWriter chunks = new SnappyChunkWriter();

        @Override
        public void encode(ByteBuffer source, ByteBuffer target) {
            requireDirect(source, target);
            chunks.writeIdentifier(target);
            while (source.hasRemaining()) {
                chunks.writeChunk(source, target);
            }
        }

        @Override
        public void close() {
            // Nothing native is held.
        }
    }
}
