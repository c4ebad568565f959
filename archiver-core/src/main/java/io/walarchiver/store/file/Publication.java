package io.walarchiver.store.file;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * The moment in which a finished file becomes an object: everything about it is durable before, and its name afterwards.
 */
final class Publication {

    /** A directory can be removed by a deletion between its creation and its use, but not for ever. */
    private static final int ATTEMPTS = 20;

    private final FileTree tree;
    private final MetadataFiles metadata;

    Publication(FileTree tree, MetadataFiles metadata) {
        this.tree = tree;
        this.metadata = metadata;
    }

    /** Whether an object of the same key is replaced or respected. */
    enum Mode {
        REPLACE,
        CREATE
    }

    /** Refuses early what would be refused late, before the bytes are written. */
    void requireFree(ObjectKey key, Mode mode) throws IOException {
        FileTree.Place place = tree.locate(key);
        place.requireWritable();
        if (mode == Mode.CREATE && place.object().isPresent()) {
            throw taken(key);
        }
    }

    /** Makes the complete file visible under the key. The file keeps its hidden name, or loses it. */
    void publish(ObjectKey key, Path file, PutOptions options, Mode mode) throws IOException {
        Optional<Path> described = metadata.write(key, file, options);
        Optional<BasicFileAttributes> replaced;
        try {
            makeDurable(key, file, described);
            replaced = makeVisible(key, file, mode);
        } catch (StoreException e) {
            // Certain not to have become visible. After an error of the file system it is not, and a metadata file
            // without an object does no harm.
            if (described.isPresent()) {
                MetadataFiles.delete(described.get());
            }
            throw e;
        }
        try {
            tree.sync(FileTree.parent(tree.locate(key).path()));
        } catch (NoSuchFileException e) {
            // Somebody has deleted the object, and its directory with it.
            return;
        } catch (IOException e) {
            throw new StoreException.Ambiguous(
                    "object " + key + " is visible in " + tree.root() + ", but may be lost in a crash: "
                            + e.getMessage(),
                    StoreException.Detail.NONE,
                    e);
        }
        if (replaced.isPresent()) {
            metadata.delete(key, replaced.get());
        }
    }

    private void makeDurable(ObjectKey key, Path file, Optional<Path> described) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        // A network file system may set the time itself when it writes late.
        if (described.isPresent()
                && !metadata.path(key, Files.readAttributes(file, BasicFileAttributes.class))
                        .equals(described.get())) {
            throw new StoreException.Unavailable(
                    "the modification time of " + file + " changed while object " + key + " was stored",
                    StoreException.Detail.NONE,
                    null);
        }
    }

    private Optional<BasicFileAttributes> makeVisible(ObjectKey key, Path file, Mode mode) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            FileTree.Place place = tree.locate(key);
            place.requireWritable();
            try {
                tree.createParents(place);
                if (mode == Mode.REPLACE) {
                    Path unused = Files.move(file, place.path(), StandardCopyOption.ATOMIC_MOVE);
                    return place.object();
                }
                link(place, file);
                return Optional.empty();
            } catch (NoSuchFileException e) {
                if (FileTree.attributes(file).isEmpty()) {
                    throw e;
                }
            }
        }
        throw new StoreException.Unavailable(
                "the directory of object " + key + " in " + tree.root() + " keeps disappearing",
                StoreException.Detail.NONE,
                null);
    }

    private static void link(FileTree.Place place, Path file) throws IOException {
        try {
            Path unused = Files.createLink(place.path(), file);
        } catch (IOException e) {
            // A network file system repeats a request whose answer was lost, and then meets its own link.
            if (isSame(place.path(), file)) {
                return;
            }
            if (e instanceof FileAlreadyExistsException) {
                throw taken(place.key());
            }
            throw e;
        }
    }

    private static boolean isSame(Path path, Path file) throws IOException {
        try {
            return Files.isSameFile(path, file);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static StoreException taken(ObjectKey key) {
        return new StoreException.AlreadyExists("object " + key + " exists already", StoreException.Detail.NONE);
    }
}
