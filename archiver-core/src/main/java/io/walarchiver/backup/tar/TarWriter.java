package io.walarchiver.backup.tar;

import io.walarchiver.backup.tar.TarMember.Directory;
import io.walarchiver.backup.tar.TarMember.HardLink;
import io.walarchiver.backup.tar.TarMember.RegularFile;
import io.walarchiver.backup.tar.TarMember.SymbolicLink;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * Writes a POSIX (pax) tar archive into buffers of its caller, as much at a time as they hold, whatever the size of its
 * members. Headers come from the tar library; content goes from the file to the buffer without passing through it, which
 * would copy it in pieces of 512 bytes.
 *
 * <p>The caller hands over a member whenever the writer {@link #isIdle() is idle}, and fills buffers until it is idle
 * again; {@link #finish()} instead of a member ends the archive. Blocks where the content of members blocks. For one
 * thread at a time. Must be closed.
 */
public final class TarWriter implements Closeable {

    /** Everything in an archive is a multiple of this. */
    private static final int RECORD_BYTES = TarConstants.DEFAULT_RCDSIZE;

    /** The length of an archive is a multiple of this: 10,240. */
    private static final int BLOCK_BYTES = TarConstants.DEFAULT_BLKSIZE;

    private final ByteArrayOutputStream encodedHeader = new ByteArrayOutputStream(4 * RECORD_BYTES);
    private ByteBuffer header = ByteBuffer.allocate(0);
    private @Nullable RegularFile file;
    private boolean contentEnded;
    private long contentLeft;
    private long zerosLeft;
    private long written;
    private long members;
    private boolean finished;
    private boolean closed;

    /** True when everything handed over has been written, and a member is welcome. */
    public boolean isIdle() {
        return !header.hasRemaining() && file == null && zerosLeft == 0;
    }

    /** True when the end of the archive has been written, too. */
    public boolean isDone() {
        return finished && isIdle();
    }

    /** How many members were handed over. */
    public long members() {
        return members;
    }

    /** How many bytes were written. */
    public long written() {
        return written;
    }

    /**
     * Hands over the next member. The writer closes its content.
     *
     * @throws IllegalStateException when the writer is not idle, or is closed or finished
     */
    public void add(TarMember member) throws IOException {
        if (closed || finished || !isIdle()) {
            throw new IllegalStateException("no place for " + member.name());
        }
        // Before the header, so that whatever happens its content is closed.
        RegularFile regular = member instanceof RegularFile given ? given : null;
        file = regular;
        contentEnded = false;
        contentLeft = regular == null ? 0 : regular.size();
        header = ByteBuffer.wrap(header(member));
        members++;
        endContent();
    }

    private byte[] header(TarMember member) throws IOException {
        encodedHeader.reset();
        // One for each header: it would insist on seeing the content, too. Not closed, because that writes an end.
        TarArchiveOutputStream headers = new TarArchiveOutputStream(encodedHeader, StandardCharsets.UTF_8.name());
        headers.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        headers.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        headers.setAddPaxHeadersForNonAsciiNames(true);
        headers.putArchiveEntry(entry(member));
        return encodedHeader.toByteArray();
    }

    private static TarArchiveEntry entry(TarMember member) {
        TarArchiveEntry entry;
        if (member instanceof Directory directory) {
            entry = new TarArchiveEntry(directory.name() + "/", TarConstants.LF_DIR);
        } else if (member instanceof SymbolicLink link) {
            entry = new TarArchiveEntry(link.name(), TarConstants.LF_SYMLINK);
            entry.setLinkName(link.target());
        } else if (member instanceof HardLink link) {
            entry = new TarArchiveEntry(link.name(), TarConstants.LF_LINK);
            entry.setLinkName(link.target());
        } else {
            entry = new TarArchiveEntry(member.name(), TarConstants.LF_NORMAL);
            entry.setSize(((RegularFile) member).size());
        }
        MemberAttributes attributes = member.attributes();
        entry.setMode(attributes.mode());
        entry.setUserId(attributes.uid());
        entry.setGroupId(attributes.gid());
        entry.setUserName(attributes.user());
        entry.setGroupName(attributes.group());
        entry.setLastModifiedTime(attributes.modified());
        return entry;
    }

    /**
     * Ends the archive after the last member.
     *
     * @throws IllegalStateException when a member is not written yet, or the writer is closed or finished
     */
    public void finish() {
        if (closed || finished || !isIdle()) {
            throw new IllegalStateException("not at the end of a member");
        }
        finished = true;
        long end = written + 2 * RECORD_BYTES;
        zerosLeft = (end + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES - written;
    }

    /**
     * Writes on from the position of {@code target} until it is full or the writer is idle.
     *
     * @param target a heap buffer or a direct one
     */
    public void fill(ByteBuffer target) throws IOException {
        if (closed) {
            throw new IllegalStateException("the writer is closed");
        }
        int start = target.position();
        try {
            while (target.hasRemaining() && !isIdle()) {
                if (header.hasRemaining()) {
                    int count = Math.min(header.remaining(), target.remaining());
                    target.put(header.slice().limit(count));
                    header.position(header.position() + count);
                } else if (file != null) {
                    fillContent(file, target);
                } else {
                    zerosLeft -= putZeros(target, zerosLeft);
                }
            }
        } finally {
            written += target.position() - start;
        }
    }

    private void fillContent(RegularFile from, ByteBuffer target) throws IOException {
        if (contentEnded) {
            contentLeft -= putZeros(target, contentLeft);
        } else {
            int limit = target.limit();
            target.limit((int) Math.min(limit, target.position() + contentLeft));
            int count;
            try {
                count = from.content().read(target);
            } finally {
                target.limit(limit);
            }
            if (count < 0) {
                contentEnded = true;
            } else {
                contentLeft -= count;
            }
        }
        endContent();
    }

    private void endContent() throws IOException {
        RegularFile ended = file;
        if (ended != null && contentLeft == 0) {
            zerosLeft = -ended.size() & (RECORD_BYTES - 1);
            file = null;
            ended.content().close();
        }
    }

    private static int putZeros(ByteBuffer target, long wanted) {
        int count = (int) Math.min(wanted, target.remaining());
        for (int left = count; left > 0; ) {
            int piece = Math.min(left, ZEROS.length);
            target.put(ZEROS, 0, piece);
            left -= piece;
        }
        return count;
    }

    private static final byte[] ZEROS = new byte[BLOCK_BYTES];

    /** Closes the content of a member that was not written to its end. */
    @Override
    public void close() throws IOException {
        closed = true;
        RegularFile open = file;
        file = null;
        if (open != null) {
            open.content().close();
        }
    }
}
