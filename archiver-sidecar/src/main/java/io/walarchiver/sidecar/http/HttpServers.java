package io.walarchiver.sidecar.http;

import io.netty.channel.unix.DomainSocketAddress;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.net.UnixSocket;
import io.walarchiver.sidecar.settings.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRoutes;

/** A listening HTTP server. */
public final class HttpServers implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final DisposableServer server;

    private HttpServers(DisposableServer server) {
        this.server = server;
    }

    /**
     * Listens on a TCP port.
     *
     * @throws IOException when the address cannot be had
     */
    public static HttpServers onTcp(HostPort address, EventLoop loop, List<Consumer<HttpServerRoutes>> routes)
            throws IOException {
        try {
            return new HttpServers(server(loop, routes)
                    .host(address.host())
                    .port(address.port())
                    .bindNow(PATIENCE));
        } catch (ChannelBindException e) {
            throw new IOException(
                    "cannot listen on " + address + " (" + reason(e)
                            + "); stop what listens there, or choose another port with --http",
                    e);
        }
    }

    /**
     * Listens on a Unix socket. A socket left behind by a dead server is replaced.
     *
     * @param owner who may connect besides this user
     * @throws IOException when a living server has the socket, or it cannot be made
     */
    public static HttpServers onUnixSocket(
            Path socket, UserPrincipal owner, EventLoop loop, List<Consumer<HttpServerRoutes>> routes)
            throws IOException {
        UnixSocket.removeStale(socket);
        try {
            DisposableServer server = server(loop, routes)
                    .bindAddress(() -> new DomainSocketAddress(socket.toFile()))
                    .bindNow(PATIENCE);
            UnixSocket.openTo(owner, socket);
            return new HttpServers(server);
        } catch (ChannelBindException e) {
            throw new IOException("cannot make the socket " + socket + " (" + reason(e) + ")", e);
        }
    }

    private static HttpServer server(EventLoop loop, List<Consumer<HttpServerRoutes>> routes) {
        return HttpServer.create().runOn(loop.resources()).route(all -> routes.forEach(some -> some.accept(all)));
    }

    private static String reason(ChannelBindException e) {
        Throwable cause = e.getCause();
        return String.valueOf((cause == null ? e : cause).getMessage());
    }

    /** The port, for a server on TCP; useful when the system chose it. */
    public int port() {
        return server.address() instanceof InetSocketAddress address ? address.getPort() : -1;
    }

    /** Takes no new connection, waits a little for running answers. Blocks. */
    @Override
    public void close() {
        server.disposeNow(PATIENCE);
        if (server.address() instanceof DomainSocketAddress socket) {
            try {
                Files.deleteIfExists(Path.of(socket.path()));
            } catch (IOException leftBehind) {
                // The next server replaces it.
                return;
            }
        }
    }
}
