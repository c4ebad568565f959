package io.walarchiver.store.file;

import io.walarchiver.store.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Files that are not visible yet, on the same file system as the objects they are to become.
 *
 * <p>A writer that dies leaves them behind. What nobody has touched for a day is deleted when a store first writes; not
 * earlier, because other writers may be at work in the same directory.
 */
final class TemporaryFiles {

    private static final Duration STALE = Duration.ofDays(1);
    private static final int WRITE_BYTES = 1 << 20;

    private final FileTree tree;
    private final Clock clock;
    private final AtomicBoolean swept = new AtomicBoolean();

    TemporaryFiles(FileTree tree, Clock clock) {
        this.tree = tree;
        this.clock = clock;
    }

    /** An unused path for a file. */
    Path newFile() throws IOException {
        return directory().resolve("object-" + UUID.randomUUID());
    }

    /** A new directory for the parts of an upload. */
    Path newUpload() throws IOException {
        Path parent = directory();
        return tree.ownDirectory(FileTree.name(parent), "upload-" + UUID.randomUUID());
    }

    private Path directory() throws IOException {
        Path directory = tree.ownDirectory(FileTree.TEMPORARY);
        if (swept.compareAndSet(false, true)) {
            sweep(directory);
        }
        return directory;
    }

    private void sweep(Path directory) throws IOException {
        Instant limit = clock.instant().minus(STALE);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory)) {
            for (Path leftover : leftovers) {
                if (lastTouched(leftover).isBefore(limit)) {
                    delete(leftover);
                }
            }
        }
    }

    /** An upload is as young as its youngest part. */
    private static Instant lastTouched(Path path) throws IOException {
        Optional<BasicFileAttributes> attributes = FileTree.attributes(path);
        if (attributes.isEmpty()) {
            return Instant.MAX;
        }
        Instant touched = attributes.get().lastModifiedTime().toInstant();
        if (attributes.get().isDirectory()) {
            try (DirectoryStream<Path> parts = Files.newDirectoryStream(path)) {
                for (Path part : parts) {
                    Instant time = lastTouched(part);
                    touched = time.isAfter(touched) ? time : touched;
                }
            } catch (NoSuchFileException e) {
                return Instant.MAX;
            }
        }
        return touched;
    }

    /** Deletes a file, or a directory with its files. Absence is fine. */
    static void delete(Path path) throws IOException {
        Optional<BasicFileAttributes> attributes = FileTree.attributes(path);
        if (attributes.isPresent() && attributes.get().isDirectory()) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
                for (Path file : files) {
                    delete(file);
                }
            } catch (NoSuchFileException e) {
                return;
            }
        }
        boolean unused = Files.deleteIfExists(path);
    }

    /** Writes a new file; not durable yet. */
    static void write(Path path, Content content, Activity activity) throws IOException {
        try (FileChannel channel = FileChannel.open(path, FileObjectStore.NEW_FILE, FileObjectStore.OWNER_ONLY)) {
            for (ByteBuffer buffer : content.buffers()) {
                int end = buffer.limit();
                while (buffer.position() < end) {
                    // In pieces: for each heap buffer the JDK keeps a direct buffer of the same size.
                    int piece = Math.min(end - buffer.position(), WRITE_BYTES);
                    int unused = channel.write(buffer.limit(buffer.position() + piece));
                    activity.step();
                }
            }
        }
    }
}
