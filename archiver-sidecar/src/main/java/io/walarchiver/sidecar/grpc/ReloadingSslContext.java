package io.walarchiver.sidecar.grpc;

import io.grpc.netty.GrpcSslContexts;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.walarchiver.sidecar.tls.CallerTrust;
import io.walarchiver.sidecar.tls.TlsMaterial;
import io.walarchiver.sidecar.tls.TlsReload;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;

/**
 * Gives each new connection the material of that moment. Other material makes another context within, with tickets of its
 * own: who was let in by a certificate that is no longer trusted cannot come back by resuming a session.
 *
 * <p>TLS 1.3 with HTTP/2 by ALPN, and a certificate of the caller, or nothing (CNPG-I contract, "TLS").
 */
final class ReloadingSslContext extends SslContext {

    private record Made(TlsMaterial material, SslContext context) {}

    private final TlsReload material;
    private final Runnable refused;
    private final SslContext bare;
    private @Nullable Made made;

    /** @param refused runs for each caller whose certificate is turned away */
    ReloadingSslContext(TlsReload material, Runnable refused) throws SSLException {
        this.material = material;
        this.refused = refused;
        // Knows the protocols, which are the same whatever the material.
        this.bare = GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                .build();
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
        return current().newEngine(allocator);
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
        return current().newEngine(allocator, peerHost, peerPort);
    }

    @Override
    public boolean isClient() {
        return false;
    }

    @Override
    public List<String> cipherSuites() {
        return bare.cipherSuites();
    }

    @Override
    public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
        return bare.applicationProtocolNegotiator();
    }

    @Override
    public SSLSessionContext sessionContext() {
        return current().sessionContext();
    }

    private synchronized SslContext current() {
        Optional<TlsMaterial> now = material.current();
        if (now.isEmpty()) {
            throw new IllegalStateException(
                    "no certificates yet: " + material.trouble().orElse(""));
        }
        Made known = made;
        if (known == null || known.material() != now.orElseThrow()) {
            known = new Made(now.orElseThrow(), context(now.orElseThrow()));
            made = known;
        }
        return known.context();
    }

    private SslContext context(TlsMaterial from) {
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(
                            from.key(), from.chain().toArray(new X509Certificate[0]))
                    .trustManager(CallerTrust.in(from.trusted(), refused))
                    .clientAuth(ClientAuth.REQUIRE)
                    .protocols("TLSv1.3");
            return GrpcSslContexts.configure(builder, SslProvider.JDK).build();
        } catch (SSLException e) {
            throw new IllegalStateException("the certificates do not work with this Java runtime", e);
        }
    }
}
