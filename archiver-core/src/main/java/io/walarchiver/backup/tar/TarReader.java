package io.walarchiver.backup.tar;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.commons.compress.archivers.zip.ZipEncoding;
import org.apache.commons.compress.archivers.zip.ZipEncodingHelper;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive front to back: pax, GNU, ustar and older members.
 *
 * <p>Stricter than the readers it replaces, because what they overlook is lost data: a header must have a sound
 * checksum, an archive must not end inside a member, and nothing but zeros may follow its end mark. An archive without an
 * end mark is left to the caller to judge, see {@link #hasEndMark()}. Extended headers and names are bounded, so that no
 * archive can take more than a few MiB of memory. Sparse members are refused.
 *
 * <p>Blocks on the stream. For one thread at a time. The stream stays the caller's.
 */
public final class TarReader {

    private static final int BLOCK_BYTES = 512;
    private static final int LONGEST_EXTENSION_BYTES = 1 << 20;
    private static final int LONGEST_NAME_BYTES = 64 << 10;
    private static final int PERMISSION_BITS = 07777;
    private static final ZipEncoding UTF_8 = ZipEncodingHelper.getZipEncoding("UTF-8");

    private final InputStream in;
    private final byte[] block = new byte[BLOCK_BYTES];
    private final byte[] passedOver = new byte[16 << 10];
    private ExtendedHeader global = ExtendedHeader.empty();
    private long position;
    private long unread;
    private int padding;
    private boolean ended;
    private boolean endMark;

    /** @param in the uncompressed archive from its first byte */
    public TarReader(InputStream in) {
        this.in = in;
    }

    /**
     * Moves on to the next member, passing over what is left of the present one. Empty at the end; the stream has been
     * read to its own end then.
     *
     * @throws TarFormatException when the archive is damaged or cut off
     * @throws IOException        what the stream throws
     */
    public Optional<TarHeader> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        passOver();
        long begin = position;
        ExtendedHeader extended = ExtendedHeader.empty();
        String longName = null;
        String longLink = null;
        while (readBlock()) {
            if (isZero(block, BLOCK_BYTES)) {
                requireNothingPending(begin, position - BLOCK_BYTES);
                endMark = true;
                requireZerosToTheEnd();
                return Optional.empty();
            }
            TarArchiveEntry header = header(position - BLOCK_BYTES);
            switch (header.getLinkFlag()) {
                case TarConstants.LF_PAX_EXTENDED_HEADER_LC, TarConstants.LF_PAX_EXTENDED_HEADER_UC ->
                    extended = ExtendedHeader.parse(extension(header, LONGEST_EXTENSION_BYTES), begin);
                case TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER -> {
                    global = ExtendedHeader.parse(extension(header, LONGEST_EXTENSION_BYTES), begin)
                            .over(global);
                    // It stands for itself, not for the member behind it.
                    begin = position;
                }
                case TarConstants.LF_GNUTYPE_LONGNAME -> longName = name(extension(header, LONGEST_NAME_BYTES));
                case TarConstants.LF_GNUTYPE_LONGLINK -> longLink = name(extension(header, LONGEST_NAME_BYTES));
                default -> {
                    return Optional.of(member(header, extended.over(global), longName, longLink, begin));
                }
            }
        }
        requireNothingPending(begin, position);
        ended = true;
        return Optional.empty();
    }

    /**
     * Reads content of the present member.
     *
     * @return how many bytes; -1 at the end of the member
     * @throws TarFormatException when the archive ends first
     */
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (unread == 0) {
            return -1;
        }
        int count = in.read(bytes, offset, (int) Math.min(length, unread));
        if (count < 0) {
            throw new TarFormatException("the archive ends " + unread + " bytes before the end of a member", position);
        }
        position += count;
        unread -= count;
        return count;
    }

    /** How many bytes of the uncompressed archive have been read. */
    public long position() {
        return position;
    }

    /**
     * True when the end came with the block of zeros that marks it. All writers put two of them there. Without one, the
     * archive may have been cut off exactly between two members, and only who knows its length otherwise can tell.
     */
    public boolean hasEndMark() {
        return endMark;
    }

    private TarHeader member(
            TarArchiveEntry header,
            ExtendedHeader extended,
            @Nullable String longName,
            @Nullable String longLink,
            long begin)
            throws TarFormatException {
        String name = extended.value("path").orElseGet(() -> longName == null ? header.getName() : longName);
        TarHeader.Type type = type(header, name, begin);
        if (extended.isSparse()) {
            throw new TarFormatException("sparse members are not supported", begin);
        }
        if (name.isEmpty()) {
            throw new TarFormatException("a member has no name", begin);
        }
        boolean link = type == TarHeader.Type.SYMBOLIC_LINK || type == TarHeader.Type.HARD_LINK;
        String linkName = link
                ? extended.value("linkpath").orElseGet(() -> longLink == null ? header.getLinkName() : longLink)
                : "";
        // Some writers repeat the size of the file a link leads to; no content follows all the same.
        long size = type == TarHeader.Type.FILE ? extended.number("size", begin).orElse(header.getSize()) : 0;
        unread = size;
        padding = (int) (-size & (BLOCK_BYTES - 1));
        return new TarHeader(
                name,
                type,
                size,
                header.getMode() & PERMISSION_BITS,
                extended.number("uid", begin).orElse(header.getLongUserId()),
                extended.number("gid", begin).orElse(header.getLongGroupId()),
                extended.value("uname").orElseGet(header::getUserName),
                extended.value("gname").orElseGet(header::getGroupName),
                extended.time("mtime", begin).orElseGet(() -> wholeSeconds(header)),
                linkName,
                begin);
    }

    private static FileTime wholeSeconds(TarArchiveEntry header) {
        return FileTime.from(header.getLastModifiedTime().to(TimeUnit.SECONDS), TimeUnit.SECONDS);
    }

    private static TarHeader.Type type(TarArchiveEntry header, String name, long begin) throws TarFormatException {
        return switch (header.getLinkFlag()) {
            // Before ustar, a trailing slash was all that told a directory.
            case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM, TarConstants.LF_CONTIG ->
                name.endsWith("/") ? TarHeader.Type.DIRECTORY : TarHeader.Type.FILE;
            case TarConstants.LF_DIR -> TarHeader.Type.DIRECTORY;
            case TarConstants.LF_SYMLINK -> TarHeader.Type.SYMBOLIC_LINK;
            case TarConstants.LF_LINK -> TarHeader.Type.HARD_LINK;
            case TarConstants.LF_FIFO -> TarHeader.Type.FIFO;
            case TarConstants.LF_CHR, TarConstants.LF_BLK -> TarHeader.Type.DEVICE;
            case TarConstants.LF_GNUTYPE_SPARSE ->
                throw new TarFormatException("sparse members are not supported", begin);
            default ->
                throw new TarFormatException("a member has the unknown type " + (header.getLinkFlag() & 0xFF), begin);
        };
    }

    private TarArchiveEntry header(long offset) throws TarFormatException {
        try {
            if (!TarUtils.verifyCheckSum(block)) {
                throw new TarFormatException("no tar header: its checksum is wrong", offset);
            }
            return new TarArchiveEntry(block, UTF_8, false);
        } catch (TarFormatException wrong) {
            throw wrong;
        } catch (IOException | IllegalArgumentException e) {
            throw new TarFormatException("a tar header is damaged: " + e.getMessage(), offset, e);
        }
    }

    /** The content of a header that describes the one behind it. */
    private byte[] extension(TarArchiveEntry header, int limit) throws IOException {
        long begin = position - BLOCK_BYTES;
        long size = header.getSize();
        if (size > limit) {
            throw new TarFormatException("an extended header of " + size + " bytes is beyond all reason", begin);
        }
        unread = size;
        padding = (int) (-size & (BLOCK_BYTES - 1));
        // Grows with what is really there.
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int count = read(passedOver, 0, passedOver.length);
                count >= 0;
                count = read(passedOver, 0, passedOver.length)) {
            content.write(passedOver, 0, count);
        }
        passOver();
        return content.toByteArray();
    }

    private static String name(byte[] content) {
        int length = 0;
        while (length < content.length && content[length] != 0) {
            length++;
        }
        return new String(content, 0, length, StandardCharsets.UTF_8);
    }

    /** Reads the rest of the present member and what fills its last block. */
    private void passOver() throws IOException {
        int count = 0;
        while (count >= 0) {
            count = read(passedOver, 0, passedOver.length);
        }
        while (padding > 0) {
            int skipped = in.read(passedOver, 0, padding);
            if (skipped < 0) {
                throw new TarFormatException("the archive ends inside the last block of a member", position);
            }
            position += skipped;
            padding -= skipped;
        }
    }

    /** False when the stream ends before the block. */
    private boolean readBlock() throws IOException {
        int filled = 0;
        while (filled < BLOCK_BYTES) {
            int count = in.read(block, filled, BLOCK_BYTES - filled);
            if (count < 0) {
                if (filled == 0) {
                    return false;
                }
                throw new TarFormatException("the archive ends inside a header", position);
            }
            filled += count;
            position += count;
        }
        return true;
    }

    private static void requireNothingPending(long begin, long end) throws TarFormatException {
        if (begin != end) {
            throw new TarFormatException("the archive ends between an extended header and its member", end);
        }
    }

    /** A zeroed header in the middle of an archive looks like its end, but for what follows. */
    private void requireZerosToTheEnd() throws IOException {
        ended = true;
        for (int count = in.read(passedOver); count >= 0; count = in.read(passedOver)) {
            if (!isZero(passedOver, count)) {
                throw new TarFormatException("more data follows the end mark of the archive", position);
            }
            position += count;
        }
    }

    private static boolean isZero(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
