package io.walarchiver.backup.base;

import io.walarchiver.backup.tar.TarMember;
import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What goes into one archive of a backup, member by member. Finding a member and opening it are two steps, so that
 * between them a new volume can be begun. Blocks on the file system; for one thread at a time.
 */
interface MemberSource extends Closeable {

    /** Moves on to the next member; false when there is none. */
    boolean advance() throws IOException;

    /** About how large the member is, without its header. */
    long size();

    /**
     * The member moved on to; null when its file is gone.
     *
     * @param links what a hard link can refer to: files of the same volume
     */
    @Nullable
    TarMember open(HardLinks links) throws IOException;

    @Override
    default void close() throws IOException {
        // Nothing is held between the steps.
    }
}
