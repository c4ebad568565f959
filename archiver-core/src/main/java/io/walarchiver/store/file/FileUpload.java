package io.walarchiver.store.file;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.PutOptions;
import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import reactor.core.publisher.Mono;

/**
 * A multipart upload: each part is a hidden file, and completion joins them into one, which costs a second copy of the
 * bytes on the disk for a while. An upload of a single part needs no copy.
 */
final class FileUpload implements MultipartUpload {

    /** Bytes copied between two signs of life, and between two flushes, so that the last flush is not a long silence. */
    private static final long COPY_BYTES = 16L << 20;

    private final FileObjectStore store;
    private final ObjectKey key;
    private final PutOptions options;
    private final Path directory;

    FileUpload(FileObjectStore store, ObjectKey key, PutOptions options, Path directory) {
        this.store = store;
        this.key = key;
        this.options = options;
        this.directory = directory;
    }

    @Override
    public Mono<UploadedPart> uploadPart(int number, Content content) {
        return store.write("upload_part", "part " + number + " of " + key, content, activity -> {
            UploadedPart part = new UploadedPart(number, UUID.randomUUID().toString(), "");
            requireOpen();
            Path file = file(part);
            try {
                TemporaryFiles.write(file, content, activity);
            } catch (IOException e) {
                TemporaryFiles.delete(file);
                throw e;
            }
            return part;
        });
    }

    @Override
    public Mono<Void> complete(List<UploadedPart> parts) {
        return complete("complete_multipart_upload", parts, Publication.Mode.REPLACE);
    }

    @Override
    public Mono<Void> completeIfAbsent(List<UploadedPart> parts) {
        return complete("complete_multipart_upload", parts, Publication.Mode.CREATE);
    }

    private Mono<Void> complete(String operation, List<UploadedPart> parts, Publication.Mode mode) {
        List<UploadedPart> ordered = List.copyOf(parts);
        return store.publish(operation, "completion of " + key, mode, (publication, activity) -> {
            List<Path> files = require(ordered);
            publication.requireFree(key, mode);
            Path whole = directory.resolve("object-" + UUID.randomUUID());
            try {
                if (files.size() == 1) {
                    publication.publish(key, files.get(0), options, mode);
                } else {
                    join(files, whole, activity);
                    publication.publish(key, whole, options, mode);
                }
            } finally {
                TemporaryFiles.delete(whole);
            }
            TemporaryFiles.delete(directory);
        });
    }

    @Override
    public Mono<Void> abort() {
        return store.call("abort_multipart_upload", "abort of " + key, activity -> {
            TemporaryFiles.delete(directory);
            return null;
        });
    }

    private List<Path> require(List<UploadedPart> parts) throws IOException {
        requireOpen();
        if (parts.isEmpty()) {
            throw rejected("it has no parts");
        }
        List<Path> files = new ArrayList<>();
        int previous = 0;
        for (UploadedPart part : parts) {
            Path file = file(part);
            Optional<BasicFileAttributes> found = FileTree.attributes(file);
            if (found.isEmpty()) {
                throw rejected("part " + part.number() + " was not uploaded");
            }
            if (part.number() <= previous) {
                throw rejected("part " + part.number() + " is named after part " + previous);
            }
            previous = part.number();
            files.add(file);
            if (files.size() < parts.size() && found.get().size() < MIN_PART_BYTES) {
                throw rejected("part " + part.number() + " has " + found.get().size() + " bytes; all but the last need "
                        + MIN_PART_BYTES);
            }
        }
        return files;
    }

    private void requireOpen() throws IOException {
        if (FileTree.attributes(directory).isEmpty()) {
            throw rejected("it was completed or aborted before, or not touched for more than a day");
        }
    }

    private Path file(UploadedPart part) {
        UUID id;
        try {
            id = UUID.fromString(part.etag());
        } catch (IllegalArgumentException e) {
            throw rejected("part " + part.number() + " comes from another store");
        }
        return directory.resolve(String.format(Locale.ROOT, "part-%05d-%s", part.number(), id));
    }

    private static void join(List<Path> files, Path whole, Activity activity) throws IOException {
        try (FileChannel target = FileChannel.open(whole, FileObjectStore.NEW_FILE, FileObjectStore.OWNER_ONLY)) {
            for (Path file : files) {
                try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
                    long size = source.size();
                    long copied = 0;
                    while (copied < size) {
                        long count = source.transferTo(copied, Math.min(COPY_BYTES, size - copied), target);
                        if (count <= 0) {
                            throw new IOException(file + " became shorter while it was read");
                        }
                        copied += count;
                        target.force(false);
                        activity.step();
                    }
                }
            }
        }
    }

    private StoreException rejected(String reason) {
        return new StoreException.Rejected(
                "multipart upload of object " + key + " to " + store.location() + ": " + reason,
                StoreException.Detail.NONE,
                null);
    }
}
