package io.walarchiver.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Tells one file of a name from another of the same name without reading it. A segment is not written to any more once
 * it is ready, so an equal identity means equal content.
 *
 * @param length        in bytes
 * @param modifiedNanos time of the last change of content, nanoseconds since the epoch
 * @param inode         number of the file in its file system
 */
record FileIdentity(long length, long modifiedNanos, long inode) {

    /** The identity of the file at {@code path}; empty when there is none. Blocks on the file system. */
    static Optional<FileIdentity> of(Path path) throws IOException {
        try {
            Map<String, Object> attributes = Files.readAttributes(path, "unix:size,lastModifiedTime,ino");
            return Optional.of(new FileIdentity(
                    number(attributes, "size"),
                    attributes.get("lastModifiedTime") instanceof FileTime time ? time.to(TimeUnit.NANOSECONDS) : 0,
                    number(attributes, "ino")));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }

    private static long number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Number n ? n.longValue() : 0;
    }
}
