package io.walarchiver.backup.recovery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the content of regular files. Two arrays are all it needs, whatever the size of a file. For one thread.
 *
 * <p>A file that is there already is compared as it is read, and written from the first byte that differs: what an earlier
 * run has restored is not written again, and what it has not is set right, whatever it was.
 *
 * <p>Long runs of zeros become holes. PostgreSQL reserves space by writing zeros, some hundred KiB at a time; a run of a
 * MiB can hardly come from that and was a hole before the archive made zeros of it.
 */
final class MemberFile {

    /** Where content comes from. */
    interface Content {
        /** Reads some bytes; -1 at the end. */
        int read(byte[] bytes, int offset, int length) throws IOException;
    }

    /** The file exists although it was to be made. */
    static final class Exists extends IOException {
        private static final long serialVersionUID = 1L;
    }

    static final int CHUNK_BYTES = 256 << 10;
    static final int HOLE_BYTES = 1 << 20;

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final FileAttribute<?> MODE = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    private static final Set<OpenOption> CREATE = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final Set<OpenOption> OPEN =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private final byte[] chunk = new byte[CHUNK_BYTES];
    private @Nullable ByteBuffer present;

    /** Creates the file, of mode 0600; {@link Exists} when the name is taken. */
    void create(Path file, Content content) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(file, CREATE, MODE);
        } catch (FileAlreadyExistsException e) {
            throw new Exists();
        }
        try (channel) {
            write(channel, 0, content);
        }
    }

    /** Creates the file, or makes the present one equal to the content. A directory in its place is an error. */
    void replace(Path file, Content content) throws IOException {
        if (isOrdinary(file)) {
            try (FileChannel channel = FileChannel.open(file, OPEN)) {
                write(channel, channel.size(), content);
            }
        } else {
            Files.deleteIfExists(file);
            create(file, content);
        }
    }

    /** True for a regular file without another name, which can be written in place. Makes it writable. */
    private static boolean isOrdinary(Path file) throws IOException {
        Map<String, Object> attributes;
        try {
            attributes = Files.readAttributes(file, "unix:isRegularFile,nlink,permissions", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException none) {
            return false;
        }
        boolean ordinary = Boolean.TRUE.equals(attributes.get("isRegularFile"))
                && Integer.valueOf(1).equals(attributes.get("nlink"));
        if (ordinary && !OWNER_ONLY.equals(attributes.get("permissions"))) {
            Path unused = Files.setPosixFilePermissions(file, OWNER_ONLY);
        }
        return ordinary;
    }

    private void write(FileChannel channel, long size, Content content) throws IOException {
        long position = 0;
        long zeros = 0;
        for (int count = fill(content); count > 0; count = fill(content)) {
            if (position >= size && isZero(count)) {
                // Written when it is known that the run stays short.
                zeros += count;
            } else if (position >= size || !isThere(channel, position, size, count)) {
                zeros = endRun(channel, position, zeros);
                writeFully(channel, ByteBuffer.wrap(chunk, 0, count), position);
            }
            position += count;
        }
        if (zeros >= HOLE_BYTES) {
            writeFully(channel, ByteBuffer.allocate(1), position - 1);
        } else {
            long unused = endRun(channel, position, zeros);
        }
        if (size > position) {
            channel.truncate(position);
        }
    }

    /** Writes the zeros before {@code position} unless they are many. */
    private static long endRun(FileChannel channel, long position, long zeros) throws IOException {
        if (zeros > 0 && zeros < HOLE_BYTES) {
            writeFully(channel, ByteBuffer.allocate((int) zeros), position - zeros);
        }
        return 0;
    }

    private int fill(Content content) throws IOException {
        int filled = 0;
        while (filled < chunk.length) {
            int count = content.read(chunk, filled, chunk.length - filled);
            if (count < 0) {
                break;
            }
            filled += count;
        }
        return filled;
    }

    private boolean isZero(int count) {
        // The first byte tells nearly always.
        return chunk[0] == 0 && Arrays.mismatch(chunk, 0, count - 1, chunk, 1, count) < 0;
    }

    private boolean isThere(FileChannel channel, long position, long size, int count) throws IOException {
        if (size - position < count) {
            return false;
        }
        ByteBuffer buffer = present;
        if (buffer == null) {
            buffer = ByteBuffer.allocate(CHUNK_BYTES);
            present = buffer;
        }
        buffer.clear().limit(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                return false;
            }
        }
        return Arrays.equals(buffer.array(), 0, count, chunk, 0, count);
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }
}
