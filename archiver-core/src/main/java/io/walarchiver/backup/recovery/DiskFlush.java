package io.walarchiver.backup.recovery;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Makes files survive a crash of the machine ({@code fsync(2)}). Blocks, for as long as the disk needs. */
final class DiskFlush {

    private DiskFlush() {}

    /** Everything below a directory, files before the directories they are in; links are not followed. */
    static void tree(Path root) throws IOException {
        Path unused = Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    file(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                file(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** One file or directory. */
    static void file(Path file) throws IOException {
        // The kernel flushes what was written through any descriptor.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
