package io.walarchiver.store.file;

import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** One open file that is read. Made without touching the disk, so that whoever makes it can always close it. */
final class FileDownload {

    private static final int CHUNK_BYTES = 256 << 10;
    private static final int ATTEMPTS = 20;

    private final FileTree tree;
    private final MetadataFiles metadata;
    private final ObjectKey key;
    private final Activity activity;
    private @Nullable FileChannel channel;
    private boolean closed;
    private long position;
    private long remaining;
    private @Nullable ByteBuffer chunk;

    FileDownload(FileTree tree, MetadataFiles metadata, ObjectKey key, Activity activity) {
        this.tree = tree;
        this.metadata = metadata;
        this.key = key;
        this.activity = activity;
    }

    /**
     * An object as it was at one moment.
     *
     * @param attributes of its file
     * @param metadata   that belong to exactly that file
     */
    record Snapshot(BasicFileAttributes attributes, Map<String, String> metadata) {

        ObjectInfo info(ObjectKey key, long size) {
            return new ObjectInfo(key, size, attributes.lastModifiedTime().toInstant(), metadata);
        }

        boolean isStill(Optional<BasicFileAttributes> now) {
            return now.isPresent()
                    && attributes.size() == now.get().size()
                    && attributes.lastModifiedTime().equals(now.get().lastModifiedTime())
                    && (attributes.fileKey() == null
                            || attributes.fileKey().equals(now.get().fileKey()));
        }
    }

    /** Looks at an object, again when it is replaced between the look at the file and the look at its metadata. */
    static Snapshot look(FileTree tree, MetadataFiles metadata, ObjectKey key) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<BasicFileAttributes> object = tree.locate(key).object();
            if (object.isEmpty()) {
                throw notFound(tree, key);
            }
            Optional<Map<String, String>> found = metadata.read(key, object.get());
            Snapshot snapshot = new Snapshot(object.get(), found.orElse(Map.of()));
            if (found.isPresent() || snapshot.isStill(tree.locate(key).object())) {
                return snapshot;
            }
        }
        throw restless(tree, key);
    }

    /** Opens the object and tells about the part that will be read. */
    ObjectInfo open(long offset, long length, boolean ranged) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Snapshot snapshot = look(tree, metadata, key);
            long size = snapshot.attributes().size();
            if (ranged && (offset < 0 || length < 1 || offset >= size)) {
                throw new StoreException.Rejected(
                        "object " + key + " in " + tree.root() + " has " + size + " bytes; " + length + " from "
                                + offset + " were asked for",
                        StoreException.Detail.NONE,
                        null);
            }
            attach();
            if (snapshot.isStill(tree.locate(key).object())) {
                position = offset;
                remaining = Math.min(length, size - offset);
                return snapshot.info(key, remaining);
            }
            detach();
        }
        throw restless(tree, key);
    }

    private void attach() throws IOException {
        FileChannel opened;
        try {
            opened = FileChannel.open(
                    tree.locate(key).path(), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            throw notFound(tree, key);
        }
        synchronized (this) {
            channel = opened;
            if (!closed) {
                return;
            }
        }
        detach();
        throw new IOException("the download was given up");
    }

    private void detach() throws IOException {
        FileChannel open;
        synchronized (this) {
            open = channel;
            channel = null;
        }
        if (open != null) {
            open.close();
        }
    }

    /** The bytes, read when asked for, on the thread that asks, into one buffer. */
    Flux<ByteBuffer> body() {
        return Flux.generate(sink -> {
            try {
                if (remaining == 0) {
                    sink.complete();
                } else {
                    sink.next(readChunk());
                }
            } catch (IOException e) {
                sink.error(e);
            }
            activity.rest();
        });
    }

    private ByteBuffer readChunk() throws IOException {
        activity.watch();
        activity.step();
        FileChannel open;
        synchronized (this) {
            open = channel;
        }
        if (open == null) {
            throw new IOException("the download is over");
        }
        ByteBuffer buffer = chunk;
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(Math.toIntExact(Math.min(remaining, CHUNK_BYTES)));
            chunk = buffer;
        }
        buffer.clear().limit(Math.toIntExact(Math.min(remaining, buffer.capacity())));
        int read = open.read(buffer, position);
        if (read < 0) {
            throw new IOException(
                    "object " + key + " ends " + remaining + " bytes too early; it was cut while being read");
        }
        position += read;
        remaining -= read;
        return buffer.flip().asReadOnlyBuffer();
    }

    /** Frees the file. Closing what was only read does not wait for the disk, so any thread may do it. */
    void close() throws IOException {
        synchronized (this) {
            closed = true;
        }
        detach();
    }

    static StoreException notFound(FileTree tree, ObjectKey key) {
        return new StoreException.NotFound(
                "object " + key + " is not in " + FileObjectStore.location(tree.root()), StoreException.Detail.NONE);
    }

    private static StoreException restless(FileTree tree, ObjectKey key) {
        return new StoreException.Unavailable(
                "object " + key + " in " + tree.root() + " is being replaced all the time",
                StoreException.Detail.NONE,
                null);
    }
}
