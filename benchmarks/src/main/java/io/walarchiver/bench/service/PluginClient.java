package io.walarchiver.bench.service;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveResult;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesRequest;
import io.walarchiver.bridge.cnpgi.wal.WALCapabilitiesResult;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Calls the service as CloudNativePG does: gRPC over a Unix socket, one call after the other. */
public final class PluginClient implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel channel;
    private final WALGrpc.WALBlockingStub wal;

    public PluginClient(Path socket) {
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .eventLoopGroup(loop)
                .channelType(EpollDomainSocketChannel.class)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        wal = WALGrpc.newBlockingStub(channel);
    }

    /** The cheapest call; waits for a server that is still starting. */
    public void askCapabilities() {
        WALCapabilitiesResult unused = wal.withWaitForReady()
                .withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .getCapabilities(WALCapabilitiesRequest.getDefaultInstance());
    }

    /** Returns when the file is archived. */
    public void archive(Path file) {
        WALArchiveResult unused = wal.withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .archive(WALArchiveRequest.newBuilder()
                        .setSourceFileName(file.toString())
                        .build());
    }

    /** Returns when the file stands at its destination. */
    public void restore(String name, Path destination) {
        WALRestoreResult unused = wal.withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .restore(WALRestoreRequest.newBuilder()
                        .setSourceWalName(name)
                        .setDestinationFileName(destination.toString())
                        .setMode(WALRestoreRequest.Mode.MODE_RECOVERY)
                        .build());
    }

    @Override
    public void close() {
        channel.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
