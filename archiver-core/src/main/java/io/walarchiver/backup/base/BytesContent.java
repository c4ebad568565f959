package io.walarchiver.backup.base;

import io.walarchiver.backup.tar.MemberContent;
import java.nio.ByteBuffer;

/** A small file that is in memory as a whole. */
final class BytesContent implements MemberContent {

    private final ByteBuffer bytes;

    BytesContent(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes);
    }

    @Override
    public int read(ByteBuffer target) {
        if (!bytes.hasRemaining()) {
            return -1;
        }
        int count = Math.min(bytes.remaining(), target.remaining());
        target.put(bytes.slice().limit(count));
        bytes.position(bytes.position() + count);
        return count;
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
