package io.walarchiver.codec;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Fails when more or fewer bytes are written than announced. */
final class ExactLengthOutputStream extends FilterOutputStream {

    private final long expectedBytes;
    private long writtenBytes;
    private boolean closed;

    private ExactLengthOutputStream(OutputStream out, long expectedBytes) {
        super(out);
        this.expectedBytes = expectedBytes;
    }

    /** The stream itself when nothing was announced. */
    static OutputStream of(OutputStream out, long expectedBytes) {
        return expectedBytes < 0 ? out : new ExactLengthOutputStream(out, expectedBytes);
    }

    @Override
    public void write(int value) throws IOException {
        count(1);
        out.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        count(length);
        out.write(bytes, offset, length);
    }

    private void count(int length) throws IOException {
        if (length > expectedBytes - writtenBytes) {
            throw new IOException("more than the announced " + expectedBytes + " bytes were written");
        }
        writtenBytes += length;
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (writtenBytes == expectedBytes) {
            out.close();
            return;
        }
        IOException failure =
                new IOException("only " + writtenBytes + " of the announced " + expectedBytes + " bytes were written");
        try {
            // Closing frees native memory; what it writes is incomplete anyway.
            out.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        throw failure;
    }
}
