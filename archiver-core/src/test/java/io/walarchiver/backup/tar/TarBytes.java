package io.walarchiver.backup.tar;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** An archive made member by member. */
public final class TarBytes {

    /** How members are written. */
    public enum Form {
        /** As barman: a pax header with the exact time. */
        PAX,
        GNU,
        USTAR
    }

    private static final int BLOCK = 512;
    private static final int PADDING = 10_240;
    private static final int TYPE_OFFSET = 156;
    private static final int CHECKSUM_OFFSET = 148;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Form form;
    private FileTime time = FileTime.fromMillis(1_795_339_301_763L);
    private int uid;
    private int gid;

    public TarBytes() {
        this(Form.PAX);
    }

    public TarBytes(Form form) {
        this.form = form;
    }

    /** The time of the members that follow. */
    @CanIgnoreReturnValue
    public TarBytes time(FileTime other) {
        time = other;
        return this;
    }

    /** The owner of the members that follow. */
    @CanIgnoreReturnValue
    public TarBytes owner(int user, int group) {
        uid = user;
        gid = group;
        return this;
    }

    @CanIgnoreReturnValue
    public TarBytes directory(String name, int mode) {
        return add(name, TarConstants.LF_DIR, mode, "", new byte[0]);
    }

    @CanIgnoreReturnValue
    public TarBytes file(String name, byte[] content) {
        return file(name, 0600, content);
    }

    @CanIgnoreReturnValue
    public TarBytes file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    @CanIgnoreReturnValue
    public TarBytes file(String name, int mode, byte[] content) {
        return add(name, TarConstants.LF_NORMAL, mode, "", content);
    }

    @CanIgnoreReturnValue
    public TarBytes symbolicLink(String name, String target) {
        return add(name, TarConstants.LF_SYMLINK, 0777, target, new byte[0]);
    }

    @CanIgnoreReturnValue
    public TarBytes hardLink(String name, String target) {
        return add(name, TarConstants.LF_LINK, 0600, target, new byte[0]);
    }

    /** A member of any type without content. */
    @CanIgnoreReturnValue
    public TarBytes special(String name, byte type) {
        return add(name, type, 0600, "", new byte[0]);
    }

    /** A header of any type with content. */
    @CanIgnoreReturnValue
    public TarBytes add(String name, byte type, int mode, String link, byte[] content) {
        return add(name, type, content, entry -> {
            entry.setMode(mode);
            entry.setLinkName(link);
        });
    }

    /** A header of any type with content, and whatever else is to be said of it. */
    @CanIgnoreReturnValue
    public TarBytes add(String name, byte type, byte[] content, Consumer<TarArchiveEntry> more) {
        ByteArrayOutputStream member = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(member, BLOCK, "UTF-8")) {
            tar.setLongFileMode(
                    form == Form.GNU ? TarArchiveOutputStream.LONGFILE_GNU : TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(form == Form.PAX);
            // The library has a way of its own with global headers.
            byte given =
                    type == TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER ? TarConstants.LF_PAX_EXTENDED_HEADER_LC : type;
            TarArchiveEntry entry = new TarArchiveEntry(name, given, true);
            entry.setSize(content.length);
            entry.setUserId(uid);
            entry.setGroupId(gid);
            entry.setMode(0600);
            entry.setModTime(time.toMillis());
            if (form == Form.PAX) {
                tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            }
            more.accept(entry);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
            tar.flush();
            byte[] written = member.toByteArray();
            if (type == TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER) {
                written[TYPE_OFFSET] = type;
                fixChecksum(written, 0);
            }
            bytes.write(written);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return this;
    }

    /** Makes a header that was changed sound again. */
    public static void fixChecksum(byte[] archive, int header) {
        Arrays.fill(archive, header + CHECKSUM_OFFSET, header + CHECKSUM_OFFSET + 8, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += archive[header + i] & 0xFF;
        }
        byte[] text = String.format(Locale.ROOT, "%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, archive, header + CHECKSUM_OFFSET, text.length);
    }

    /** Bytes as they are. */
    @CanIgnoreReturnValue
    public TarBytes raw(byte[] content) {
        bytes.writeBytes(content);
        return this;
    }

    /** The members and nothing behind them. */
    public byte[] unterminated() {
        return bytes.toByteArray();
    }

    /** The members and as many blocks of zeros. */
    public byte[] terminated(int blocks) {
        return Arrays.copyOf(bytes.toByteArray(), bytes.size() + blocks * BLOCK);
    }

    /** The whole archive, filled up to a multiple of 10,240 bytes. */
    public byte[] bytes() {
        int end = bytes.size() + 2 * BLOCK;
        return Arrays.copyOf(bytes.toByteArray(), (end + PADDING - 1) / PADDING * PADDING);
    }
}
