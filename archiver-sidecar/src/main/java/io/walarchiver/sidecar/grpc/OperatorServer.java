package io.walarchiver.sidecar.grpc;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleGrpc;
import io.walarchiver.bridge.operator.ClusterReconciler;
import io.walarchiver.bridge.operator.LifecycleHook;
import io.walarchiver.bridge.operator.OperatorIdentity;
import io.walarchiver.bridge.operator.StoreSource;
import io.walarchiver.sidecar.health.Health;
import io.walarchiver.sidecar.net.EventLoop;
import io.walarchiver.sidecar.request.HookObserver;
import io.walarchiver.sidecar.settings.HostPort;
import io.walarchiver.sidecar.tls.TlsReload;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The operator half of the plugin, listening on TCP for callers that prove who they are. */
public final class OperatorServer implements AutoCloseable {

    /**
     * A request carries the Cluster and another object; the API stores objects of at most 1.5 MiB. Their trees take many times
     * as much memory, so that more is not let in.
     */
    private static final int MAX_REQUEST_BYTES = 8 << 20;

    private static final int MAX_CALLS_OF_A_CONNECTION = 50;
    private static final Duration HANDSHAKE_PATIENCE = Duration.ofSeconds(10);

    /**
     * What is offered.
     *
     * @param identity   who we are
     * @param lifecycle  what is changed in Pods and Jobs
     * @param stores     finds the stores that {@code lifecycle} asks for
     * @param reconciler what is done before a Cluster or Backup is reconciled
     * @param liveness   the answer to a health question without a name
     * @param readiness  the answer to a health question about the lifecycle service
     * @param observer   told of every answer
     */
    public record Hooks(
            OperatorIdentity identity,
            LifecycleHook lifecycle,
            StoreSource stores,
            ClusterReconciler reconciler,
            Health liveness,
            Health readiness,
            HookObserver observer) {}

    private final Server server;

    private OperatorServer(Server server) {
        this.server = server;
    }

    /**
     * Listens. Until there is material, connections are closed at once.
     *
     * @param material  looked up for each new connection
     * @param refused   runs for each caller whose certificate is turned away
     * @param executor  where documents are read and certificates checked: both take a while
     * @throws IOException when the address cannot be had
     */
    public static OperatorServer start(
            HostPort address, EventLoop loop, Executor executor, TlsReload material, Runnable refused, Hooks hooks)
            throws IOException {
        OperatorCalls calls = new OperatorCalls(hooks.observer());
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(address.host(), address.port()))
                .channelType(EpollServerSocketChannel.class)
                .bossEventLoopGroup(loop.group())
                .workerEventLoopGroup(loop.group())
                .executor(executor)
                .sslContext(new ReloadingSslContext(material, refused))
                .handshakeTimeout(HANDSHAKE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .maxInboundMessageSize(MAX_REQUEST_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_OF_A_CONNECTION)
                .intercept(new ThrowableInterceptor())
                .addService(new OperatorIdentityService(hooks.identity()))
                .addService(new LifecycleService(hooks.lifecycle(), hooks.stores(), calls))
                .addService(new ReconcilerService(hooks.reconciler(), calls))
                .addService(new HealthService(hooks.liveness(), hooks.readiness(), OperatorLifecycleGrpc.SERVICE_NAME))
                .build();
        return new OperatorServer(server.start());
    }

    /** The port, useful when the system chose it. */
    public int port() {
        return server.getPort();
    }

    /** True while new connections are accepted. */
    public boolean isOpen() {
        return !server.isShutdown();
    }

    /** Takes no new call, waits for the running ones for at most {@code patience}, then breaks them off. Blocks. */
    public void close(Duration patience) {
        GrpcServer.close(server, patience);
    }

    @Override
    public void close() {
        close(Duration.ZERO);
    }
}
