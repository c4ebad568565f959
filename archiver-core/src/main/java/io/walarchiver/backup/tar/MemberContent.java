package io.walarchiver.backup.tar;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes of a file on their way into a tar archive. For one thread at a time; closed by the {@link TarWriter}. */
public interface MemberContent extends Closeable {

    /**
     * Puts the next bytes into {@code target}, at least one, at most as many as it has room for.
     *
     * @param target has room, no more than the member still needs
     * @return how many, or -1 when there are no more
     */
    int read(ByteBuffer target) throws IOException;
}
