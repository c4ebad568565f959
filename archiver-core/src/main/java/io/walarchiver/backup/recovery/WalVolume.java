package io.walarchiver.backup.recovery;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A volume of its own for the log: {@code pg_wal} becomes a symbolic link to it. Its content is moved before the link is
 * made, and each step can be repeated. Blocks.
 */
final class WalVolume {

    private WalVolume() {}

    /**
     * Puts the link in place; does nothing when it is there.
     *
     * @param walDirectory the directory in the data directory
     * @param target       the directory on the other volume
     */
    static void link(Path walDirectory, Path target, Owners owners) throws IOException {
        if (Files.isSymbolicLink(walDirectory)) {
            Path present = Files.readSymbolicLink(walDirectory);
            if (!present.equals(target)) {
                throw new IOException(walDirectory + " is a link to " + present + ", not to " + target);
            }
            return;
        }
        Path parent = target.getParent();
        if (parent != null) {
            Path unused = Files.createDirectories(parent);
        }
        if (!Files.isDirectory(target)) {
            Path unused = Files.createDirectory(target, OpenDestination.OWNER_ONLY);
            if (Files.exists(walDirectory)) {
                owners.copy(walDirectory, target);
            }
        }
        if (Files.isDirectory(walDirectory, LinkOption.NOFOLLOW_LINKS)) {
            moveContent(walDirectory, target);
            Files.delete(walDirectory);
        }
        Path unused = Files.createSymbolicLink(walDirectory, target);
    }

    private static void moveContent(Path from, Path to) throws IOException {
        List<Path> content;
        try (Stream<Path> all = Files.list(from)) {
            content = all.toList();
        }
        for (Path file : content) {
            Path place = to.resolve(file.getFileName().toString());
            if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                moveDirectory(file, place);
            } else {
                moveFile(file, place);
            }
        }
    }

    private static void moveDirectory(Path from, Path to) throws IOException {
        if (!Files.isDirectory(to, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Path unused = Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
                return;
            } catch (AtomicMoveNotSupportedException otherVolume) {
                // Copies the directory alone, with its attributes.
                Path unused = Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        moveContent(from, to);
        Files.delete(from);
    }

    private static void moveFile(Path from, Path to) throws IOException {
        try {
            Path unused = Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException otherVolume) {
            // Under another name until it is whole: a run that is killed here leaves the original.
            Path draft = to.resolveSibling(UnfinishedMark.NAME);
            Files.copy(
                    from,
                    draft,
                    StandardCopyOption.COPY_ATTRIBUTES,
                    StandardCopyOption.REPLACE_EXISTING,
                    LinkOption.NOFOLLOW_LINKS);
            Files.move(draft, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Files.delete(from);
        }
    }
}
