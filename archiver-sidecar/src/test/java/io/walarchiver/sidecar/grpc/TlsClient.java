package io.walarchiver.sidecar.grpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.walarchiver.sidecar.tls.TestAuthority.Issued;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** A gRPC client as CloudNativePG's operator is one: TLS, trusting the certificates of a Secret, verifying a short name. */
public final class TlsClient implements AutoCloseable {

    /** The name of the Service. */
    public static final String SERVICE = "wal-archiver";

    private final ManagedChannel channel;

    private TlsClient(ManagedChannel channel) {
        this.channel = channel;
    }

    /** Shows a certificate. */
    public static TlsClient showing(int port, X509Certificate trusted, Issued own) {
        return create(port, trusted, Optional.of(own), "TLSv1.3");
    }

    /** Shows nothing. */
    public static TlsClient anonymous(int port, X509Certificate trusted) {
        return create(port, trusted, Optional.empty(), "TLSv1.3");
    }

    /** Speaks one version of TLS only. */
    public static TlsClient create(int port, X509Certificate trusted, Optional<Issued> own, String protocol) {
        try {
            SslContextBuilder builder =
                    SslContextBuilder.forClient().trustManager(trusted).protocols(protocol);
            own.ifPresent(issued -> builder.keyManager(issued.key(), issued.certificate()));
            return new TlsClient(NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .sslContext(
                            GrpcSslContexts.configure(builder, SslProvider.JDK).build())
                    .overrideAuthority(SERVICE)
                    .build());
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    public ManagedChannel channel() {
        return channel;
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
}
