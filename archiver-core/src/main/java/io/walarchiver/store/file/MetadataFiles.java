package io.walarchiver.store.file;

import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;

/**
 * User metadata of the objects, in a small text file for each object that has some.
 *
 * <p>The file is named after the key, the size and the modification time of the object it describes. A writer claims an
 * unused name by creating the file, gives its object exactly that modification time, and only then makes the object
 * visible. So a visible object always finds its own metadata and never those of another generation or of a writer that
 * lost the race, without a lock, and what a crash leaves behind matches no object.
 */
final class MetadataFiles {

    private static final String METADATA = "metadata.";
    private static final String TAG = "tag.";
    private static final int ATTEMPTS = 40;

    private final FileTree tree;
    private final Clock clock;

    MetadataFiles(FileTree tree, Clock clock) {
        this.tree = tree;
        this.clock = clock;
    }

    /**
     * Writes the metadata for an object that is not visible yet, durably, and sets the modification time of its file.
     *
     * @return the metadata file, to be deleted when the object does not become visible; none when there is nothing to
     *     keep
     */
    Optional<Path> write(ObjectKey key, Path invisible, PutOptions options) throws IOException {
        if (options.metadata().isEmpty() && options.tags().isEmpty()) {
            return Optional.empty();
        }
        String text = text(key, options);
        Instant time = clock.instant().truncatedTo(ChronoUnit.MICROS);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Path unused = Files.setLastModifiedTime(invisible, FileTime.from(time));
            // Read back, because the file system may keep less of the time than was given.
            BasicFileAttributes attributes = Files.readAttributes(invisible, BasicFileAttributes.class);
            Path path = path(key, attributes);
            Path directory = tree.ownDirectory(FileTree.METADATA, FileTree.name(FileTree.parent(path)));
            try (FileChannel channel = FileChannel.open(path, FileObjectStore.NEW_FILE, FileObjectStore.OWNER_ONLY)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
                while (bytes.hasRemaining()) {
                    int unusedCount = channel.write(bytes);
                }
                channel.force(true);
            } catch (FileAlreadyExistsException e) {
                // Somebody has this time already. The steps grow to reach beyond any granularity.
                time = time.plus(1L << Math.min(attempt, 24), ChronoUnit.MICROS);
                continue;
            } catch (IOException e) {
                delete(path);
                throw e;
            }
            tree.sync(directory);
            return Optional.of(path);
        }
        throw new StoreException.Unavailable(
                "no unused modification time was found for object " + key + " in " + tree.root()
                        + "; the file system keeps too little of it",
                StoreException.Detail.NONE,
                null);
    }

    /** The metadata of the object with these attributes; nothing when none were written or they are gone. */
    Optional<Map<String, String>> read(ObjectKey key, BasicFileAttributes attributes) throws IOException {
        Path path = path(key, attributes);
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(path, StandardCharsets.ISO_8859_1)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException("the metadata of object " + key + " in " + path + " are damaged", e);
        }
        Map<String, String> metadata = new TreeMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith(METADATA)) {
                metadata.put(name.substring(METADATA.length()), properties.getProperty(name));
            }
        }
        return Optional.of(metadata);
    }

    /** Deletes the metadata of an object that is gone. */
    void delete(ObjectKey key, BasicFileAttributes attributes) throws IOException {
        delete(path(key, attributes));
    }

    static void delete(Path path) throws IOException {
        boolean unused = Files.deleteIfExists(path);
    }

    /** Where the metadata of the object with these attributes are, if it has some. */
    Path path(ObjectKey key, BasicFileAttributes attributes) {
        String hash = hash(key);
        Instant time = attributes.lastModifiedTime().toInstant();
        return tree.root()
                .resolve(FileTree.METADATA)
                .resolve(hash.substring(0, 2))
                .resolve(String.format(
                        Locale.ROOT,
                        "%s-%d-%d.%09d",
                        hash.substring(2),
                        attributes.size(),
                        time.getEpochSecond(),
                        time.getNano()));
    }

    /** A key can be longer than a file name. */
    private static String hash(ObjectKey key) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(key.value().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String text(ObjectKey key, PutOptions options) {
        Properties properties = new Properties();
        options.metadata().forEach((name, value) -> properties.setProperty(METADATA + name, value));
        options.tags().forEach((name, value) -> properties.setProperty(TAG + name, value));
        // For the person who wonders which object this belongs to.
        properties.setProperty("key", key.value());
        StringWriter text = new StringWriter();
        try {
            properties.store(text, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
