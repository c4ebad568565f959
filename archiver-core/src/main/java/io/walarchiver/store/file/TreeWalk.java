package io.walarchiver.store.file;

import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Walks the files whose keys start with a prefix in byte order of the keys, one directory in memory for each level.
 * Files that come or go meanwhile may or may not be seen.
 */
final class TreeWalk {

    private final Deque<Iterator<Entry>> levels = new ArrayDeque<>();

    private TreeWalk() {}

    /** All objects whose keys start with the prefix. */
    static TreeWalk of(FileTree tree, String prefix) throws IOException {
        TreeWalk walk = new TreeWalk();
        walk.levels.push(level(tree, prefix).iterator());
        return walk;
    }

    /** The objects of the level the prefix leads to, without those below its directories. */
    static List<ObjectInfo> objects(FileTree tree, String prefix) throws IOException {
        return level(tree, prefix).stream()
                .filter(entry -> !entry.attributes().isDirectory())
                .map(Entry::info)
                .toList();
    }

    /** The directories of the next level that hold at least one object, as continuations of the prefix. */
    static List<String> prefixes(FileTree tree, String prefix) throws IOException {
        List<String> prefixes = new ArrayList<>();
        for (Entry entry : level(tree, prefix)) {
            if (entry.attributes().isDirectory()) {
                TreeWalk below = new TreeWalk();
                below.levels.push(List.of(entry).iterator());
                if (below.next().isPresent()) {
                    prefixes.add(entry.sortKey());
                }
            }
        }
        return prefixes;
    }

    /** The next object, or nothing when all were seen. */
    Optional<ObjectInfo> next() throws IOException {
        while (!levels.isEmpty()) {
            Iterator<Entry> level = levels.element();
            if (!level.hasNext()) {
                levels.pop();
                continue;
            }
            Entry entry = level.next();
            if (entry.attributes().isDirectory()) {
                levels.push(read(entry.path(), entry.sortKey(), "").iterator());
            } else {
                return Optional.of(entry.info());
            }
        }
        return Optional.empty();
    }

    private static List<Entry> level(FileTree tree, String prefix) throws IOException {
        tree.requireRoot();
        int slash = prefix.lastIndexOf('/');
        Path directory = tree.root();
        if (slash >= 0) {
            ObjectKey key;
            try {
                key = new ObjectKey(prefix.substring(0, slash));
            } catch (IllegalArgumentException e) {
                // No object can have such a key, so none starts with it.
                return List.of();
            }
            if (FileTree.isReserved(firstName(key))
                    || key.value().contains("//")
                    || key.value().endsWith("/")) {
                return List.of();
            }
            FileTree.Place place = tree.locate(key);
            if (place.found().filter(BasicFileAttributes::isDirectory).isEmpty()) {
                return List.of();
            }
            directory = place.path();
        }
        return read(directory, prefix.substring(0, slash + 1), prefix.substring(slash + 1));
    }

    private static String firstName(ObjectKey key) {
        int slash = key.value().indexOf('/');
        return slash < 0 ? key.value() : key.value().substring(0, slash);
    }

    private static List<Entry> read(Path directory, String keyPrefix, String namePrefix) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                String name = FileTree.name(path);
                if (!name.startsWith(namePrefix) || (keyPrefix.isEmpty() && FileTree.isReserved(name))) {
                    continue;
                }
                requireReadable(path, name);
                Optional<BasicFileAttributes> found = FileTree.attributes(path);
                if (found.isEmpty() || !isKey(keyPrefix + name)) {
                    continue;
                }
                if (found.get().isDirectory()) {
                    entries.add(new Entry(path, keyPrefix + name + "/", found.get()));
                } else if (found.get().isRegularFile()) {
                    entries.add(new Entry(path, keyPrefix + name, found.get()));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Deleted while the walk was on its way.
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(entries);
        return entries;
    }

    /** A name that does not survive the way to text and back would be reported as another key than it is. */
    private static void requireReadable(Path path, String name) {
        if (!path.resolveSibling(name).equals(path)) {
            throw new StoreException.Rejected(
                    "the name of " + path + " cannot be read under this process's locale; start it with LC_ALL=C.UTF-8",
                    StoreException.Detail.NONE,
                    null);
        }
    }

    private static boolean isKey(String text) {
        try {
            ObjectKey key = new ObjectKey(text);
            return !key.value().isEmpty();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Directories sort with their slash, as the keys below them do. */
    private record Entry(Path path, String sortKey, BasicFileAttributes attributes) implements Comparable<Entry> {

        ObjectInfo info() {
            return new ObjectInfo(
                    new ObjectKey(sortKey),
                    attributes.size(),
                    attributes.lastModifiedTime().toInstant(),
                    Map.of());
        }

        @Override
        public int compareTo(Entry other) {
            return Arrays.compareUnsigned(
                    sortKey.getBytes(StandardCharsets.UTF_8), other.sortKey.getBytes(StandardCharsets.UTF_8));
        }
    }
}
