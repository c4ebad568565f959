package io.walarchiver.sidecar.settings;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a Unix socket is made.
 *
 * @param path absolute; in an existing directory; at most 107 bytes, the limit of the kernel (unix(7), sun_path)
 */
public record SocketPath(Path path) {

    private static final int MAX_BYTES = 107;

    public SocketPath {
        path = path.toAbsolutePath().normalize();
        int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException("the path of a socket has at most " + MAX_BYTES + " bytes, " + path
                    + " has " + bytes + "; choose a shorter one");
        }
        Path directory = path.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IllegalArgumentException("the directory of " + path + " does not exist; create it first");
        }
        if (!Files.isWritable(directory)) {
            throw new IllegalArgumentException("the directory of " + path
                    + " is not writable; give write permission to the user that runs this service");
        }
        if (Files.isDirectory(path)) {
            throw new IllegalArgumentException(path + " is a directory; name the socket itself");
        }
    }

    /** The name of the socket for HTTP that belongs to this one. */
    public SocketPath http() {
        return new SocketPath(Path.of(path + ".http"));
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
