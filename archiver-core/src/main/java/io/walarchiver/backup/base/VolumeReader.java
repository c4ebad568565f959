package io.walarchiver.backup.base;

import io.walarchiver.backup.tar.TarMember;
import io.walarchiver.backup.tar.TarWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of one archive and hands them out as pieces of tar volumes, before compression. Blocks on the file
 * system. Used by one thread after the other; closing waits for the one at work.
 */
final class VolumeReader {

    /** Large enough that the way from thread to thread does not count, small enough to stay in a CPU cache. */
    private static final int PIECE_BYTES = 512 << 10;

    /** What follows a piece. */
    enum Next {
        /** Another piece. */
        MORE,
        /** Nothing until there are more members. */
        PAUSE,
        /** Another volume. */
        VOLUME,
        /** Nothing any more. */
        NOTHING
    }

    /** A piece of a volume. Its bytes go {@link #free back} when they are used up. */
    record Piece(byte[] bytes, int length, Next next) {}

    /** Whether a volume can take another member. */
    interface Capacity {
        boolean isFull(long members, long nextMemberBytes);
    }

    private final Queue<byte[]> free = new ConcurrentLinkedQueue<>();
    private TarWriter tar = new TarWriter();
    private HardLinks links = new HardLinks();
    private @Nullable MemberSource source;
    private boolean advanced;
    private boolean finishing;
    private volatile boolean over;
    private boolean closed;

    /** Members of {@code more} come next; those before it have been read. */
    synchronized void use(MemberSource more) {
        if (advanced) {
            throw new IllegalStateException("a member is left");
        }
        source = more;
    }

    /** No more members will come. */
    synchronized void finish() {
        finishing = true;
    }

    /** The next piece, waiting for the disk. */
    synchronized Piece read(Capacity capacity) throws IOException {
        byte[] bytes = free.poll();
        ByteBuffer target = ByteBuffer.wrap(bytes == null ? new byte[PIECE_BYTES] : bytes);
        Next next = Next.MORE;
        while (target.hasRemaining() && next == Next.MORE) {
            if (closed) {
                throw new IOException("the archive is closed");
            }
            if (tar.isDone()) {
                next = source == null && finishing ? Next.NOTHING : Next.VOLUME;
            } else if (tar.isIdle()) {
                next = step(capacity);
            } else {
                tar.fill(target);
            }
        }
        if (next == Next.VOLUME) {
            tar.close();
            tar = new TarWriter();
            links = new HardLinks();
        } else if (next == Next.NOTHING) {
            // The backup may go on for hours, and have hundreds of these.
            over = true;
            free.clear();
        }
        return new Piece(target.array(), target.position(), next);
    }

    private Next step(Capacity capacity) throws IOException {
        MemberSource from = source;
        if (from == null) {
            if (!finishing) {
                return Next.PAUSE;
            }
            tar.finish();
            return Next.MORE;
        }
        if (!advanced && !from.advance()) {
            from.close();
            source = null;
            return Next.MORE;
        }
        advanced = true;
        if (capacity.isFull(tar.members(), from.size())) {
            tar.finish();
            return Next.MORE;
        }
        TarMember member = from.open(links);
        advanced = false;
        if (member != null) {
            tar.add(member);
        }
        return Next.MORE;
    }

    /** Takes back the bytes of a piece. */
    void free(Piece piece) {
        if (!over) {
            free.add(piece.bytes());
        }
    }

    /** Closes what is open once nobody is reading: after a cancellation somebody may still be. */
    synchronized void close() throws IOException {
        closed = true;
        over = true;
        free.clear();
        MemberSource open = source;
        source = null;
        try (TarWriter unfinished = tar) {
            if (open != null) {
                open.close();
            }
        }
    }
}
