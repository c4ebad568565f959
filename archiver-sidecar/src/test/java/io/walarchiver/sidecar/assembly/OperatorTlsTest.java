package io.walarchiver.sidecar.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.bridge.cnpgi.identity.IdentityGrpc;
import io.walarchiver.bridge.cnpgi.identity.ProbeRequest;
import io.walarchiver.sidecar.grpc.TlsClient;
import io.walarchiver.sidecar.tls.TestAuthority;
import io.walarchiver.sidecar.tls.TestAuthority.Issued;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may ask the operator process, and how that changes while it runs. */
@Timeout(120)
class OperatorTlsTest {

    @TempDir
    private Path directory;

    private RunningOperator operator;

    @BeforeEach
    void start() throws IOException {
        operator = RunningOperator.started(directory);
    }

    @AfterEach
    void stop() throws InterruptedException {
        operator.close();
    }

    @Test
    void callerWhomATrustedAuthorityVouchesForIsAnswered() {
        ask(operator.channel());
    }

    @Test
    void callerWithoutACertificateIsRefused() {
        assertRefused(operator.keep(
                TlsClient.anonymous(operator.port(), operator.authority.self().certificate())));
    }

    @Test
    void callerOfAnotherAuthorityIsRefusedAndCounted() {
        // Of the same name, which is all that a caller can copy.
        assertRefused(operator.channel(new TestAuthority("authority").client("operator")));
        await().untilAsserted(() ->
                assertThat(operator.metrics()).contains("wal_archiver_operator_refused_callers_total 1.0"));
    }

    @Test
    void expiredCallerIsRefused() {
        assertRefused(operator.channel(operator.authority.expiredClient("operator")));
    }

    @Test
    void certificateOfAServerIsNoneOfACaller() {
        assertRefused(operator.channel(operator.authority.server("operator")));
    }

    @Test
    void callerWithOldTlsIsRefused() {
        assertRefused(operator.keep(TlsClient.create(
                operator.port(),
                operator.authority.self().certificate(),
                Optional.of(operator.authority.client("operator")),
                "TLSv1.2")));
    }

    @Test
    void callerThatTrustsSomebodyElseIsNotAnswered() {
        X509Certificate other = new TestAuthority("authority").self().certificate();
        assertRefused(operator.keep(TlsClient.showing(operator.port(), other, operator.authority.client("operator"))));
    }

    /** A Secret that holds the caller's certificate and not who issued it. */
    @Test
    void trustedCertificateItselfIsEnough() {
        Issued trusted = operator.authority.client("operator");
        Issued sibling = operator.authority.client("operator");
        trust(trusted.certificatePem());

        await().untilAsserted(() -> assertRefused(operator.channel(sibling)));
        ask(operator.channel(trusted));
    }

    @Test
    void selfSignedCertificateIsTrustedLikeAnyOther() {
        Issued trusted = TestAuthority.selfSignedClient("operator");
        trust(operator.authority.self().certificatePem() + trusted.certificatePem());

        await().untilAsserted(() -> ask(operator.channel(trusted)));
        ask(operator.channel());
        assertRefused(operator.channel(TestAuthority.selfSignedClient("operator")));
    }

    @Test
    void trustedCertificateItselfIsRefusedOnceItHasEnded() {
        Issued ended = operator.authority.expiredClient("operator");
        trust(ended.certificatePem());
        await().untilAsserted(() -> assertRefused(operator.channel()));
        assertRefused(operator.channel(ended));
    }

    /** The client of the operator trusts exactly what is in the Secret of the server. */
    @Test
    void serverIsKnownByItsCertificateItself() {
        ask(operator.keep(TlsClient.showing(
                operator.port(), operator.certificate.certificate(), operator.authority.client("operator"))));
    }

    @Test
    void otherCertificatesAreUsedForNewConnectionsAndOldOnesGoOn() {
        ManagedChannel old = operator.channel();
        ask(old);
        TestAuthority next = new TestAuthority("next authority");
        operator.secrets.server(next.server(TlsClient.SERVICE));
        operator.secrets.trust(next.self().certificatePem());

        await().untilAsserted(() -> ask(
                operator.keep(TlsClient.showing(operator.port(), next.self().certificate(), next.client("operator")))));
        ask(old);
        assertRefused(operator.channel());
        assertRefused(operator.keep(
                TlsClient.showing(operator.port(), next.self().certificate(), operator.authority.client("operator"))));
    }

    @Test
    void bothAuthoritiesAreTrustedWhileBothAreThere() {
        TestAuthority next = new TestAuthority("next authority");
        trust(operator.authority.self().certificatePem() + next.self().certificatePem());

        await().untilAsserted(() -> ask(operator.channel(next.client("operator"))));
        ask(operator.channel());
    }

    @Test
    void brokenCertificatesLeaveThoseBefore() throws Exception {
        operator.secrets.server("nonsense", "nonsense");
        await().untilAsserted(() -> assertThat(operator.metrics())
                .contains("wal_archiver_operator_certificate_loads_total{outcome=\"refused\"} 1.0"));

        ask(operator.channel());
        await().until(operator::isReady);
        assertThat(operator.get("/readyz").body()).contains("those loaded before are in use", "holds no certificate");
        assertThat(operator.metrics())
                .contains("wal_archiver_operator_certificate_expiry_timestamp_seconds{kind=\"server\"} "
                        + gauge(operator.certificate.certificate()));
    }

    /** Tickets of sessions from before must not outlive the trust they were given on. */
    @Test
    void nobodyComesBackByASessionFromBefore() throws Exception {
        Issued caller = operator.authority.client("operator");
        SSLContext context = context(caller);
        assertThat(handshake(context, "h2")).isTrue();
        trust(new TestAuthority("next authority").self().certificatePem());
        await().untilAsserted(() -> assertRefused(operator.channel()));

        assertThat(handshake(context, "h2")).isFalse();
    }

    @Test
    void protocolOtherThanHttp2IsRefused() throws Exception {
        SSLContext context = context(operator.authority.client("operator"));
        assertThat(handshake(context, "h2")).isTrue();
        assertThat(handshake(context, "http/1.1")).isFalse();
        assertThat(handshake(context)).isFalse();
    }

    @Test
    void withoutCertificatesNobodyIsAnsweredUntilTheyCome(@TempDir Path other) throws Exception {
        try (RunningOperator waiting = RunningOperator.prepared(other)) {
            waiting.start(Map.of());
            assertThat(waiting.get("/healthz").statusCode()).isEqualTo(200);
            HttpResponse<String> refusal = waiting.get("/readyz");
            assertThat(refusal.statusCode()).isEqualTo(503);
            assertThat(refusal.body()).contains("server/tls.crt does not exist");
            assertRefused(waiting.channel());

            waiting.secrets.server(waiting.certificate);
            waiting.secrets.trust(waiting.authority.self().certificatePem());

            await().until(waiting::isReady);
            ask(waiting.channel());
        }
    }

    private void trust(String certificates) {
        operator.secrets.trust(certificates);
    }

    private static void ask(ManagedChannel channel) {
        assertThat(IdentityGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(20, TimeUnit.SECONDS)
                        .probe(ProbeRequest.getDefaultInstance())
                        .getReady())
                .isTrue();
    }

    private static void assertRefused(ManagedChannel channel) {
        assertThatThrownBy(() -> ask(channel))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        failure -> assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    /** Whether a connection stays and speaks: HTTP/2 begins with the settings of the server. */
    @CanIgnoreReturnValue
    private boolean handshake(SSLContext context, String... protocols) throws IOException {
        try (SSLSocket socket = (SSLSocket)
                context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), operator.port())) {
            socket.setSoTimeout(20_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(protocols);
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
            InputStream in = socket.getInputStream();
            byte[] head = in.readNBytes(9);
            return head.length == 9 && head[3] == 4;
        } catch (SSLException | SocketException refused) {
            return false;
        }
    }

    private SSLContext context(Issued own) throws GeneralSecurityException, IOException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("own", own.key(), new char[0], new X509Certificate[] {own.certificate()});
        keys.setCertificateEntry("trusted", operator.authority.self().certificate());
        KeyManagerFactory mine = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        mine.init(keys, new char[0]);
        TrustManagerFactory theirs = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        theirs.init(keys);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(mine.getKeyManagers(), theirs.getTrustManagers(), null);
        return context;
    }

    private static String gauge(X509Certificate certificate) {
        double seconds = certificate.getNotAfter().toInstant().getEpochSecond();
        return Double.toString(seconds);
    }
}
