package io.walarchiver.sidecar.net;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/**
 * The one event loop of the process, on Linux's epoll, because only that knows Unix sockets. It carries gRPC, HTTP and
 * nothing that takes time.
 */
public final class EventLoop implements AutoCloseable {

    private static final int THREADS = 1;

    private final EventLoopGroup group;

    /** @throws IllegalStateException when the native library does not load here */
    public EventLoop() {
        if (!Epoll.isAvailable()) {
            throw new IllegalStateException(
                    "the native transport does not load; it needs Linux, and an executable temporary directory (-Djava.io.tmpdir)",
                    Epoll.unavailabilityCause());
        }
        group = new MultiThreadIoEventLoopGroup(
                THREADS, new DefaultThreadFactory("event-loop", true), EpollIoHandler.newFactory());
    }

    /** For gRPC. */
    public EventLoopGroup group() {
        return group;
    }

    /** For Reactor Netty; disposing it does nothing, the loop belongs to this object. */
    public LoopResources resources() {
        return new LoopResources() {
            @Override
            public EventLoopGroup onServer(boolean useNative) {
                return group;
            }

            @Override
            public EventLoopGroup onClient(boolean useNative) {
                return group;
            }

            @Override
            public boolean daemon() {
                return true;
            }

            @Override
            public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
                return Mono.empty();
            }
        };
    }

    /** Waits up to two seconds for the loop to end. */
    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
