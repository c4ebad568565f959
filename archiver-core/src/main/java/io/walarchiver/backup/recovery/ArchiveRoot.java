package io.walarchiver.backup.recovery;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The directory that the members of one archive must not leave.
 *
 * <p>A member is written only below directories that are directories themselves, never through a symbolic link, whoever
 * made it: a link planted by an earlier member would lead the next one anywhere. Directories stay directories, as nothing
 * here removes or replaces one; so what was looked at once need not be looked at again, also with several threads at work.
 */
final class ArchiveRoot {

    private static final int REMEMBERED = 10_000;

    private final Path root;
    private final Set<Path> known = ConcurrentHashMap.newKeySet();

    ArchiveRoot(Path root) {
        this.root = root;
    }

    Path path() {
        return root;
    }

    /** Makes the root itself, accessible to its owner alone, unless it is there. */
    void create() throws IOException {
        if (Files.isDirectory(root)) {
            return;
        }
        Path parent = root.getParent();
        if (parent != null) {
            Path unused = Files.createDirectories(parent);
        }
        try {
            Path unused = Files.createDirectory(root, OpenDestination.OWNER_ONLY);
        } catch (FileAlreadyExistsException byAnotherVolume) {
            // As it should be.
        }
    }

    /** The place of a member; the directories above it are there afterwards. */
    Path prepare(MemberPath member) throws IOException, MemberPath.Unsafe {
        Path path = root;
        for (int i = 0; i < member.depth(); i++) {
            if (i > 0) {
                requireDirectory(path, true);
            }
            path = path.resolve(member.parts().get(i));
        }
        return path;
    }

    /** The place of a member that another one refers to; nothing is made. */
    Path existing(MemberPath member) throws IOException, MemberPath.Unsafe {
        Path path = root;
        for (int i = 0; i < member.depth(); i++) {
            if (i > 0) {
                requireDirectory(path, false);
            }
            path = path.resolve(member.parts().get(i));
        }
        return path;
    }

    /** Makes the directory, or finds it there. */
    void directory(Path path) throws IOException, MemberPath.Unsafe {
        requireDirectory(path, true);
    }

    private void requireDirectory(Path path, boolean create) throws IOException, MemberPath.Unsafe {
        if (known.contains(path)) {
            return;
        }
        if (create) {
            try {
                Path unused = Files.createDirectory(path, OpenDestination.OWNER_ONLY);
                remember(path);
                return;
            } catch (FileAlreadyExistsException there) {
                // Whatever it is.
            }
        }
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw new MemberPath.Unsafe("there is no directory " + root.relativize(path));
        }
        if (!attributes.isDirectory()) {
            throw new MemberPath.Unsafe(root.relativize(path) + " is "
                    + (attributes.isSymbolicLink() ? "a symbolic link" : "not a directory"));
        }
        remember(path);
    }

    private void remember(Path path) {
        if (known.size() >= REMEMBERED) {
            known.clear();
        }
        boolean unused = known.add(path);
    }
}
