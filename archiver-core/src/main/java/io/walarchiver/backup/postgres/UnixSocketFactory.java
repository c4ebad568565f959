package io.walarchiver.backup.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import javax.net.SocketFactory;

/**
 * Lets the JDBC driver talk to a Unix socket. The driver makes it by name (its property {@code socketFactory}), which is
 * why it is public; it is of no use otherwise.
 */
public final class UnixSocketFactory extends SocketFactory {

    private final Path path;

    /** @param path of the socket: the driver's property {@code socketFactoryArg} */
    public UnixSocketFactory(String path) {
        this.path = Path.of(path);
    }

    @Override
    public Socket createSocket() throws IOException {
        return new UnixSocket(path);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        throw unsupported();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        throw unsupported();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        throw unsupported();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        throw unsupported();
    }

    private SocketException unsupported() {
        return new SocketException("only " + path + " can be connected to");
    }
}
