package io.walarchiver.sidecar.net;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;

/** The life of a socket in the file system. */
public final class UnixSocket {

    private UnixSocket() {}

    /**
     * Makes room for a server: removes what a dead one left behind.
     *
     * @throws IOException when a living server answers there, or something that is no socket stands in the way
     */
    public static void removeStale(Path socket) throws IOException {
        if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isRegularFile(socket, LinkOption.NOFOLLOW_LINKS)
                || Files.isDirectory(socket, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(socket + " exists and is no socket; remove it or choose another path");
        }
        if (answers(socket)) {
            throw new IOException("another server answers on " + socket + "; stop it or choose another path");
        }
        Files.delete(socket);
    }

    private static boolean answers(Path socket) {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return probe.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /**
     * Lets the owner of the data directory connect: mode 0660, and owned by them when this process runs as root.
     */
    public static void openTo(UserPrincipal owner, Path socket) throws IOException {
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw----"));
        if (!Files.getOwner(socket).equals(owner)) {
            Files.setOwner(socket, owner);
        }
    }
}
