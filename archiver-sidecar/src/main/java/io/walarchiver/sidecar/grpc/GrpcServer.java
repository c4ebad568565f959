package io.walarchiver.sidecar.grpc;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.net.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The instance half of the plugin, listening on a Unix socket. */
public final class GrpcServer implements AutoCloseable {

    // Requests carry the whole Cluster as JSON; gRPC's own 4 MiB fits most of them, not all.
    private static final int MAX_REQUEST_BYTES = 16 << 20;

    private final Server server;

    private GrpcServer(Server server) {
        this.server = server;
    }

    /**
     * Listens. A socket left behind by a dead server is replaced.
     *
     * @param owner who may connect besides this user: the owner of the data directory
     * @throws IOException when a living server has the socket, or it cannot be made
     */
    public static GrpcServer start(Path socket, UserPrincipal owner, EventLoop loop, GrpcServices services)
            throws IOException {
        UnixSocket.removeStale(socket);
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop.group())
                .workerEventLoopGroup(loop.group())
                // Handlers only subscribe; the work is on its own schedulers.
                .directExecutor()
                .maxInboundMessageSize(MAX_REQUEST_BYTES)
                .intercept(new ThrowableInterceptor());
        services.list().forEach(builder::addService);
        Server server = builder.build().start();
        UnixSocket.openTo(owner, socket);
        return new GrpcServer(server);
    }

    /** True while new connections are accepted. */
    public boolean isOpen() {
        return !server.isShutdown();
    }

    /** Takes no new call, waits for the running ones for at most {@code patience}, then breaks them off. Blocks. */
    public void close(Duration patience) {
        close(server, patience);
    }

    static void close(Server server, Duration patience) {
        server.shutdown();
        try {
            if (!server.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                server.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        close(Duration.ZERO);
    }
}
