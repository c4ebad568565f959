package io.walarchiver.store.file;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The directories below the root: which path a key has, and how directories come, stay after a crash, and go.
 *
 * <p>Symbolic links below the root are never followed. That is checked component by component before an operation, so it
 * protects against links that are there, not against somebody who replaces directories at the same moment: whoever can
 * write into the root can do as much harm without links.
 */
final class FileTree {

    /** Holds what is not visible yet. */
    static final String TEMPORARY = ".wal-archiver-tmp";

    /** Holds user metadata. */
    static final String METADATA = ".wal-archiver-meta";

    /** The last one is the file system's own, and unreadable for everybody but root. */
    private static final Set<String> RESERVED = Set.of(TEMPORARY, METADATA, "lost+found");

    private static final int MAX_NAME_BYTES = 255;
    private static final int MAX_REMEMBERED = 1024;
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path root;

    /** Directories whose own entry in their parent is known to survive a crash. */
    private final Set<Path> durable = ConcurrentHashMap.newKeySet();

    FileTree(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /** Nobody creates the root here: where a volume is not mounted, the archive would fill the disk below it. */
    void requireRoot() throws IOException {
        if (Files.isDirectory(root)) {
            return;
        }
        // Tells apart what is absent from what may not be looked at.
        try {
            BasicFileAttributes unused = Files.readAttributes(root, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            throw rejected("the directory " + root
                    + " does not exist; create it, or mount the volume that should hold it (it is never created here, "
                    + "so that an archive cannot end up on the disk below a missing mount)");
        }
        throw rejected(root + " is not a directory; name the directory that holds the archive");
    }

    static boolean isReserved(String topLevelName) {
        return RESERVED.contains(topLevelName);
    }

    /**
     * Looks at the place of a key.
     *
     * @throws StoreException.Rejected when the key cannot be a path, or a symbolic link is in the way
     */
    Place locate(ObjectKey key) throws IOException {
        requireRoot();
        Path path = root;
        String[] names = key.value().split("/", -1);
        requireName(key, names[0], isReserved(names[0]));
        Optional<Path> blockedBy = Optional.empty();
        boolean missing = false;
        BasicFileAttributes found = null;
        for (int i = 0; i < names.length; i++) {
            requireName(key, names[i], false);
            path = resolve(key, path, names[i]);
            if (missing) {
                continue;
            }
            found = attributes(path).orElse(null);
            missing = found == null;
            if (found != null && found.isSymbolicLink()) {
                throw rejected(path + " is a symbolic link, which is not followed; object " + key
                        + " needs a directory or a file of its own there");
            }
            if (found != null && !found.isDirectory() && i < names.length - 1) {
                blockedBy = Optional.of(path);
                found = null;
                missing = true;
            }
        }
        return new Place(key, path, Optional.ofNullable(found), blockedBy);
    }

    private static void requireName(ObjectKey key, String name, boolean reserved) {
        if (name.isEmpty()) {
            throw rejected("object " + key + " has an empty part between slashes, which no file can be named after");
        }
        if (reserved) {
            throw rejected("object " + key + " would be stored in " + name + ", which is not for objects");
        }
    }

    private static Path resolve(ObjectKey key, Path parent, String name) {
        try {
            Path path = parent.resolve(name);
            if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
                throw rejected("object " + key + " has a part of more than " + MAX_NAME_BYTES
                        + " bytes, which no file can be named after");
            }
            return path;
        } catch (InvalidPathException e) {
            throw new StoreException.Rejected(
                    "object " + key
                            + " cannot be a file name under this process's locale; start it with LC_ALL=C.UTF-8",
                    StoreException.Detail.NONE,
                    e);
        }
    }

    /** What is at the path itself, links not followed. */
    static Optional<BasicFileAttributes> attributes(Path path) throws IOException {
        try {
            return Optional.of(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** One of the hidden directories, created when needed. */
    Path ownDirectory(String... names) throws IOException {
        requireRoot();
        Path path = root;
        for (String name : names) {
            path = path.resolve(name);
            createDirectory(path);
        }
        return path;
    }

    /** Creates the directories that the place needs and does not have. */
    void createParents(Place place) throws IOException {
        Path relative = root.relativize(place.path());
        Path path = root;
        for (int i = 0; i < relative.getNameCount() - 1; i++) {
            path = path.resolve(relative.getName(i));
            createDirectory(path);
        }
    }

    private void createDirectory(Path path) throws IOException {
        try {
            Path unused = Files.createDirectory(path, OWNER_ONLY);
            durable.remove(path);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                Optional<BasicFileAttributes> found = attributes(path);
                if (found.isPresent()) {
                    throw rejected(path + " is not a directory, so nothing can be stored below it");
                }
            }
        }
    }

    /** Makes the entries of the directory survive a crash, and the directory itself, up to the root. */
    void sync(Path directory) throws IOException {
        force(directory);
        for (Path path = directory; !path.equals(root); path = parent(path)) {
            if (!durable.contains(path)) {
                force(parent(path));
                if (durable.size() >= MAX_REMEMBERED) {
                    durable.clear();
                }
                durable.add(path);
            }
        }
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Removes the directories above a deleted file that have become empty. Somebody may be filling them again. */
    void removeEmptyParents(Path deleted) throws IOException {
        for (Path path = parent(deleted); !path.equals(root); path = parent(path)) {
            try {
                // Forgotten first: whoever creates it again must make it durable again.
                durable.remove(path);
                Files.delete(path);
            } catch (DirectoryNotEmptyException | NoSuchFileException e) {
                return;
            }
        }
    }

    static Path parent(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IllegalArgumentException(path + " has no parent");
        }
        return parent;
    }

    static String name(Path path) {
        Path name = path.getFileName();
        if (name == null) {
            throw new IllegalArgumentException(path + " has no name");
        }
        return name.toString();
    }

    private static StoreException rejected(String message) {
        return new StoreException.Rejected(message, StoreException.Detail.NONE, null);
    }

    /**
     * Where an object is or would be.
     *
     * @param key       its key
     * @param path      its path
     * @param found     what is there
     * @param blockedBy a file that stands where the place needs a directory
     */
    record Place(ObjectKey key, Path path, Optional<BasicFileAttributes> found, Optional<Path> blockedBy) {

        /** The attributes of the object, when there is one. */
        Optional<BasicFileAttributes> object() {
            return found.filter(BasicFileAttributes::isRegularFile);
        }

        /** Refuses what a file system cannot hold: one name cannot be both a file and a directory. */
        void requireWritable() {
            if (blockedBy.isPresent()) {
                throw rejected("object " + key + " cannot be stored: " + blockedBy.get()
                        + " is an object itself, and a file cannot have files below it");
            }
            if (found.isPresent() && !found.get().isRegularFile()) {
                throw rejected("object " + key + " cannot be stored: " + path
                        + (found.get().isDirectory()
                                ? " is a directory with other objects below it"
                                : " is neither a file nor a directory"));
            }
        }
    }
}
