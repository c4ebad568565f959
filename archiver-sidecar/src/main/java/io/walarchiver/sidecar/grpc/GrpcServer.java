package io.walarchiver.sidecar.grpc;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.net.UnixSocket;
import io.walarchiver.sidecar.request.ArchivedRange;
import io.walarchiver.sidecar.request.WalRequests;
import io.walarchiver.sidecar.settings.PluginName;
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
     * What the services need.
     *
     * @param name      the plugin's name
     * @param version   of this program
     * @param requests  where Archive and Restore go
     * @param range     what Status tells
     * @param liveness  the answer to a health question without a name
     * @param readiness the answer to a health question about the WAL service
     */
    public record Services(
            PluginName name,
            String version,
            WalRequests requests,
            ArchivedRange range,
            Health liveness,
            Health readiness) {}

    /**
     * Listens. A socket left behind by a dead server is replaced.
     *
     * @param owner who may connect besides this user: the owner of the data directory
     * @throws IOException when a living server has the socket, or it cannot be made
     */
    public static GrpcServer start(Path socket, UserPrincipal owner, EventLoop loop, Services services)
            throws IOException {
        UnixSocket.removeStale(socket);
        Server server = NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop.group())
                .workerEventLoopGroup(loop.group())
                // Handlers only subscribe; the work is on its own schedulers.
                .directExecutor()
                .maxInboundMessageSize(MAX_REQUEST_BYTES)
                .intercept(new ThrowableInterceptor())
                .addService(new IdentityService(services.name, services.version))
                .addService(new WalService(services.requests, services.range))
                .addService(new HealthService(services.liveness, services.readiness))
                .build()
                .start();
        UnixSocket.openTo(owner, socket);
        return new GrpcServer(server);
    }

    /** True while new connections are accepted. */
    public boolean isOpen() {
        return !server.isShutdown();
    }

    /** Takes no new call, waits for the running ones for at most {@code patience}, then breaks them off. Blocks. */
    public void close(Duration patience) {
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
