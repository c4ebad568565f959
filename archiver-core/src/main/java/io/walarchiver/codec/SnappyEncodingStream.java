package io.walarchiver.codec;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.xerial.snappy.Snappy;

/** Collects full chunks of the snappy framing format and writes them. */
final class SnappyEncodingStream extends OutputStream {

    private final OutputStream out;
    private final SnappyChunkWriter chunks = new SnappyChunkWriter();
    private final ByteBuffer pending = ByteBuffer.allocateDirect(SnappyChunkWriter.CHUNK_BYTES);
    private final ByteBuffer encoded;
    private final byte[] transfer;
    private boolean closed;

    SnappyEncodingStream(OutputStream out) {
        this.out = out;
        int room = SnappyChunkWriter.IDENTIFIER_BYTES
                + SnappyChunkWriter.CHUNK_HEADER_BYTES
                + Snappy.maxCompressedLength(SnappyChunkWriter.CHUNK_BYTES);
        this.encoded = ByteBuffer.allocateDirect(room);
        this.transfer = new byte[room];
        chunks.writeIdentifier(encoded);
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        int written = 0;
        while (written < length) {
            int count = Math.min(pending.remaining(), length - written);
            pending.put(bytes, offset + written, count);
            written += count;
            if (!pending.hasRemaining()) {
                writeChunk();
            }
        }
    }

    private void writeChunk() throws IOException {
        pending.flip();
        if (pending.hasRemaining()) {
            chunks.writeChunk(pending, encoded);
        }
        pending.clear();
        encoded.flip();
        int count = encoded.remaining();
        encoded.get(transfer, 0, count);
        encoded.clear();
        out.write(transfer, 0, count);
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (out) {
            writeChunk();
        }
    }
}
