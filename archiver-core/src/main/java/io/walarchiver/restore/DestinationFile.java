package io.walarchiver.restore;

import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Where a restored file goes. It appears there complete, by rename, or not at all.
 *
 * <p>Until then it is written under a name that PostgreSQL ignores, {@code .wal-archiver-<name>-<random>.tmp}, in the
 * same directory and so on the same file system, with mode 0600. All methods block.
 *
 * @param path  the destination; a file there is replaced
 * @param flush whether the file must survive a crash of the machine that follows the answer
 */
record DestinationFile(Path path, boolean flush) {

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final FileAttribute<?> MODE = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    private static final Set<StandardOpenOption> CREATE =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final String TEMPORARY_PREFIX = ".wal-archiver-";
    private static final String TEMPORARY_SUFFIX = ".tmp";

    /** A fresh temporary name beside the destination. */
    Path temporaryFor(WalFileName name) {
        String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
        return path.resolveSibling(TEMPORARY_PREFIX + name + "-" + random + TEMPORARY_SUFFIX);
    }

    /** True for the names {@link #temporaryFor} makes. */
    static boolean isTemporary(Path file) {
        Path fileName = file.getFileName();
        return fileName != null
                && fileName.toString().startsWith(TEMPORARY_PREFIX)
                && fileName.toString().endsWith(TEMPORARY_SUFFIX);
    }

    /** Creates an empty file of mode 0600 that does not exist yet. */
    FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, CREATE, MODE);
    }

    /** Writes the remaining bytes. */
    static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Renames a complete temporary file to the destination. */
    void publish(Path temporary) throws IOException {
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        Path directory = path.getParent();
        if (flush && directory != null) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /** Flushes what was written to {@code channel} when this destination asks for it. */
    void flush(FileChannel channel) throws IOException {
        if (flush) {
            channel.force(true);
        }
    }

    /** Moves a complete file here, by rename on one file system and by copy across. */
    void moveHere(Path source, WalFileName name) throws IOException {
        try {
            publish(source);
        } catch (AtomicMoveNotSupportedException otherFileSystem) {
            Path temporary = temporaryFor(name);
            try {
                try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ);
                        FileChannel to = create(temporary)) {
                    long size = from.size();
                    long copied = 0;
                    while (copied < size) {
                        long step = from.transferTo(copied, size - copied, to);
                        if (step <= 0) {
                            throw new IOException(source + " became shorter while it was copied");
                        }
                        copied += step;
                    }
                    flush(to);
                }
                publish(temporary);
            } finally {
                Files.deleteIfExists(temporary);
            }
            Files.deleteIfExists(source);
        }
    }

    /** What a failure to write {@code bytes} bytes means for a person. */
    RestoreException.DestinationUnusable unusable(WalFileName name, long bytes, IOException failure) {
        Path directory = path.toAbsolutePath().getParent();
        String what = "cannot restore " + name + " to " + path + ": ";
        String reason;
        if (isFull(directory, bytes, failure)) {
            reason = "no space left for " + bytes + " bytes on the file system of " + directory
                    + "; free some or enlarge it, nothing was left behind";
        } else if (directory != null && !Files.isDirectory(directory)) {
            reason = "the directory " + directory + " does not exist; create it or correct the destination";
        } else if (Files.isDirectory(path)) {
            reason = "a directory is in its place; correct the destination";
        } else if (failure instanceof AccessDeniedException) {
            reason = "permission to write in " + directory + " is denied; it must be writable for the user "
                    + System.getProperty("user.name");
        } else {
            reason = describe(failure);
        }
        return new RestoreException.DestinationUnusable(what + reason, failure);
    }

    private static String describe(IOException failure) {
        if (failure instanceof NoSuchFileException || failure instanceof NotDirectoryException) {
            return "no such directory (" + failure.getMessage() + ")";
        }
        return failure.getClass().getSimpleName() + " " + failure.getMessage();
    }

    private static boolean isFull(@Nullable Path directory, long bytes, IOException failure) {
        String text = failure instanceof FileSystemException f ? f.getReason() : failure.getMessage();
        if (text != null) {
            String lower = text.toLowerCase(Locale.ROOT);
            if (lower.contains("no space left") || lower.contains("quota exceeded")) {
                return true;
            }
        }
        if (failure.getClass() != IOException.class) {
            return false;
        }
        // The text of a system error depends on the language of the machine; the free space does not.
        try {
            return directory != null && Files.getFileStore(directory).getUsableSpace() < bytes;
        } catch (IOException unknown) {
            return false;
        }
    }
}
