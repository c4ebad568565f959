package io.walarchiver.codec;

import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes to the position of a buffer, which must have room. */
final class ByteBufferOutputStream extends OutputStream {

    private final ByteBuffer buffer;

    ByteBufferOutputStream(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    @Override
    public void write(int value) {
        buffer.put((byte) value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        buffer.put(bytes, offset, length);
    }
}
