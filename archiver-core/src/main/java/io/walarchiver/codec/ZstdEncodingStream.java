package io.walarchiver.codec;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes one zstd frame. The stream of the library cannot be told the content size in advance. */
final class ZstdEncodingStream extends OutputStream {

    private static final int BUFFER_BYTES = 128 * 1024;

    private final OutputStream out;
    private final ZstdCompressCtx context;
    private final ByteBuffer pending = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer encoded = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final byte[] transfer = new byte[BUFFER_BYTES];
    private boolean closed;

    /** Takes over {@code context}. */
    ZstdEncodingStream(OutputStream out, ZstdCompressCtx context, long sourceBytes) {
        this.out = out;
        this.context = context;
        if (sourceBytes >= 0) {
            context.setPledgedSrcSize(sourceBytes);
        }
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
                compress(EndDirective.CONTINUE);
            }
        }
    }

    private void compress(EndDirective directive) throws IOException {
        pending.flip();
        try {
            boolean done;
            do {
                done = context.compressDirectByteBufferStream(encoded, pending, directive);
                encoded.flip();
                int count = encoded.remaining();
                encoded.get(transfer, 0, count);
                encoded.clear();
                out.write(transfer, 0, count);
            } while (directive == EndDirective.END ? !done : pending.hasRemaining());
        } catch (ZstdException e) {
            throw new IOException("zstd cannot compress: " + e.getMessage(), e);
        }
        pending.clear();
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
        try (out;
                context) {
            compress(EndDirective.END);
        }
    }
}
